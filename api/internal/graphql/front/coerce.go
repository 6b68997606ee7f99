// Coercion of variables and arguments, from JSON values and from literals.

package front

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/graph-gophers/graphql-go/ast"
	gqlerrors "github.com/graph-gophers/graphql-go/errors"

	"github.com/loambase/loam/api/internal/graphql/document"
)

// coercer converts values to the Go types of their GraphQL types: Int and BigInt to int64, Float to
// float64, String, ID, enums and DateTime to string, Boolean to bool, lists to []any, input objects
// to map[string]any; JSON is not changed.
type coercer struct {
	front *Front
	vars  map[string]any

	// checking is set if variables have no values yet: then they pass every check.
	checking bool
}

// resolved returns the type with that name.
func (c *coercer) resolved(t ast.Type) ast.Type {
	if name, ok := t.(*ast.TypeName); ok {
		return c.front.tree.Types[name.Name]
	}
	return t
}

// typeText returns a type in the syntax of documents.
func typeText(t ast.Type) string {
	switch t := t.(type) {
	case *ast.TypeName:
		return t.Name
	case *ast.List:
		return "[" + typeText(t.OfType) + "]"
	case *ast.NonNull:
		return typeText(t.OfType) + "!"
	}
	return t.String()
}

// variables coerces the variables of an operation.
func (c *coercer) variables(op *ast.OperationDefinition, given map[string]any) (map[string]any, []*Error) {
	out := make(map[string]any, len(op.Vars))
	var errs []*Error
	for _, v := range op.Vars {
		name := v.Name.Name
		value, ok := given[name]
		var err error
		_, required := v.Type.(*ast.NonNull)
		switch {
		case ok:
			if out[name], err = c.value(v.Type, value); err != nil {
				err = fmt.Errorf("variable \"$%s\" got invalid value: %w", name, err)
			}
		case v.Default != nil:
			out[name], err = c.value(v.Type, v.Default)
		case required:
			err = fmt.Errorf("variable \"$%s\" of required type %q was not provided", name, typeText(v.Type))
		}
		if err != nil {
			errs = append(errs, Bad([]gqlerrors.Location{v.Loc}, "%s", sentence(err)))
		}
	}
	return out, errs
}

// arguments coerces the arguments of a field or directive.
func (c *coercer) arguments(defined ast.ArgumentsDefinition, given ast.ArgumentList) (map[string]any, *Error) {
	var out map[string]any
	for _, d := range defined {
		literal, ok := given.Get(d.Name.Name)
		if ok && c.unset(literal) {
			ok = false
		}
		if !ok && d.Default != nil {
			literal, ok = d.Default, true
		}
		if !ok {
			if _, required := d.Type.(*ast.NonNull); required && !c.checking {
				return nil, Bad(nil, "Argument %q of required type %q was not provided.", d.Name.Name, typeText(d.Type))
			}
			continue
		}
		value, err := c.value(d.Type, literal)
		if err != nil {
			return nil, Bad([]gqlerrors.Location{literal.Location()}, "Argument %q has invalid value: %s", d.Name.Name, err)
		}
		if out == nil {
			out = make(map[string]any, len(given))
		}
		out[d.Name.Name] = value
	}
	return out, nil
}

// unset reports whether the value is a variable that is not set.
func (c *coercer) unset(value any) bool {
	v, ok := value.(*ast.Variable)
	if !ok {
		return false
	}
	_, set := c.vars[v.Name]
	return !set
}

// value coerces a JSON value, or a literal whose variables are coerced already.
func (c *coercer) value(of ast.Type, v any) (any, error) {
	t := c.resolved(of)
	if variable, ok := v.(*ast.Variable); ok {
		return c.variable(t, variable)
	}
	if _, null := v.(*ast.NullValue); null {
		v = nil
	}
	if required, ok := t.(*ast.NonNull); ok {
		if v == nil {
			return nil, fmt.Errorf("expected non-nullable type %q not to be null", typeText(t))
		}
		return c.value(required.OfType, v)
	}
	if v == nil {
		return nil, nil
	}
	switch t := t.(type) {
	case *ast.List:
		return c.list(t, v)
	case *ast.InputObject:
		return c.object(t, v)
	case *ast.EnumTypeDefinition:
		name, ok := v.(string)
		if literal, is := v.(ast.Value); is {
			name, ok = document.Word(literal)
		}
		if ok && hasValue(t, name) {
			return name, nil
		}
		return nil, fmt.Errorf("value %s does not exist in %q enum", shown(v), t.Name)
	case *ast.ScalarTypeDefinition:
		if value, ok := c.leaf(t.Name, v); ok {
			return scalar(t.Name, value)
		}
		return nil, fmt.Errorf("%s cannot represent value: %s", t.Name, shown(v))
	}
	return nil, fmt.Errorf("unknown type %q", typeText(of))
}

// variable returns the value of a variable. A null for a required variable is an error.
func (c *coercer) variable(t ast.Type, v *ast.Variable) (any, error) {
	value, set := c.vars[v.Name]
	if _, required := t.(*ast.NonNull); required && value == nil && !c.checking {
		return nil, fmt.Errorf("expected variable \"$%s\" of type %q not to be null", v.Name, typeText(t))
	}
	if !set {
		return nil, nil
	}
	return value, nil
}

// list coerces a list; a value that is not a list becomes the only item of one.
func (c *coercer) list(t *ast.List, v any) (any, error) {
	items, ok := itemsOf(v)
	if !ok {
		item, err := c.value(t.OfType, v)
		return []any{item}, err
	}
	out := make([]any, len(items))
	for i, item := range items {
		var err error
		if out[i], err = c.value(t.OfType, item); err != nil {
			return nil, within(strconv.Itoa(i), err)
		}
	}
	return out, nil
}

// object coerces an input object. A key whose variable is not set counts as left out.
func (c *coercer) object(t *ast.InputObject, v any) (any, error) {
	given, ok := membersOf(v)
	if !ok {
		return nil, fmt.Errorf("expected type %q to be an object", t.Name)
	}
	out, seen := make(map[string]any, len(given)), make(map[string]bool, len(given))
	for _, m := range given {
		d := t.Values.Get(m.key)
		switch {
		case d == nil:
			return nil, fmt.Errorf("field %q is not defined by type %q", m.key, t.Name)
		case seen[m.key]:
			return nil, fmt.Errorf("there can be only one input field named %q", m.key)
		}
		seen[m.key] = true
		if c.unset(m.value) {
			continue
		}
		coerced, err := c.value(d.Type, m.value)
		if err != nil {
			return nil, within(m.key, err)
		}
		out[m.key] = coerced
	}
	for _, d := range t.Values {
		_, required := d.Type.(*ast.NonNull)
		if _, set := out[d.Name.Name]; required && !set && !(c.checking && seen[d.Name.Name]) {
			return nil, fmt.Errorf("field %q of required type %q was not provided", d.Name.Name, typeText(d.Type))
		}
	}
	return out, nil
}

// within adds a key or position to an error.
func within(key string, err error) error { return fmt.Errorf("%s: %w", key, err) }

func hasValue(t *ast.EnumTypeDefinition, name string) bool {
	return slices.ContainsFunc(t.EnumValuesDefinition, func(v *ast.EnumValueDefinition) bool { return v.EnumValue == name })
}
