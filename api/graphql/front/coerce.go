// Coercion of values from JSON, and of variables.

package front

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/graph-gophers/graphql-go/ast"
	gqlerrors "github.com/graph-gophers/graphql-go/errors"
)

// coercer brings values into the form of their types: Int and BigInt to int64, Float to
// float64, String, ID, enums and DateTime to string, Boolean to bool, lists to []any, input
// objects to map[string]any; JSON stays as it is.
type coercer struct {
	front *Front
	vars  map[string]any

	// checking means that variables have no values yet: they pass.
	checking bool
}

// resolved returns the type behind a name.
func (c *coercer) resolved(t ast.Type) ast.Type {
	if name, ok := t.(*ast.TypeName); ok {
		return c.front.tree.Types[name.Name]
	}
	return t
}

// typeText writes a type as documents do.
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
			out[name], err = c.literal(v.Type, v.Default)
		case required:
			err = fmt.Errorf("variable \"$%s\" of required type %q was not provided", name, typeText(v.Type))
		}
		if err != nil {
			errs = append(errs, Bad([]gqlerrors.Location{v.Loc}, "%s", sentence(err)))
		}
	}
	return out, errs
}

// value coerces a value from JSON.
func (c *coercer) value(of ast.Type, v any) (any, error) {
	t := c.resolved(of)
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
		if s, ok := v.(string); ok && hasValue(t, s) {
			return s, nil
		}
		return nil, fmt.Errorf("value %s does not exist in %q enum", shown(v), t.Name)
	case *ast.ScalarTypeDefinition:
		return scalar(t.Name, v)
	}
	return nil, fmt.Errorf("unknown type %q", typeText(of))
}

// list coerces a list; what is none is the only item of one.
func (c *coercer) list(t *ast.List, v any) (any, error) {
	items, ok := v.([]any)
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

// object coerces an input object.
func (c *coercer) object(t *ast.InputObject, v any) (any, error) {
	given, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("expected type %q to be an object", t.Name)
	}
	for key := range given {
		if t.Values.Get(key) == nil {
			return nil, fmt.Errorf("field %q is not defined by type %q", key, t.Name)
		}
	}
	out := make(map[string]any, len(given))
	for key, value := range given {
		coerced, err := c.value(t.Values.Get(key).Type, value)
		if err != nil {
			return nil, within(key, err)
		}
		out[key] = coerced
	}
	return out, nil
}

// within adds the place in a value to an error.
func within(key string, err error) error { return fmt.Errorf("%s: %w", key, err) }

func hasValue(t *ast.EnumTypeDefinition, name string) bool {
	return slices.ContainsFunc(t.EnumValuesDefinition, func(v *ast.EnumValueDefinition) bool { return v.EnumValue == name })
}
