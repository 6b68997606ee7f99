// Coercion of literals and arguments.

package front

import (
	"fmt"

	"github.com/graph-gophers/graphql-go/ast"
	gqlerrors "github.com/graph-gophers/graphql-go/errors"

	"github.com/loambase/loam/api/graphql/document"
)

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
		value, err := c.literal(d.Type, literal)
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

// unset says whether the literal is a variable that is not set.
func (c *coercer) unset(literal ast.Value) bool {
	v, ok := literal.(*ast.Variable)
	if !ok {
		return false
	}
	_, set := c.vars[v.Name]
	return !set
}

// literal coerces a literal. Variables in it were coerced before.
func (c *coercer) literal(of ast.Type, literal ast.Value) (any, error) {
	t := c.resolved(of)
	if v, ok := literal.(*ast.Variable); ok {
		return c.variable(t, v)
	}
	if required, ok := t.(*ast.NonNull); ok {
		if _, null := literal.(*ast.NullValue); null {
			return nil, fmt.Errorf("expected value of type %q, found null", typeText(t))
		}
		return c.literal(required.OfType, literal)
	}
	if _, null := literal.(*ast.NullValue); null {
		return nil, nil
	}
	switch t := t.(type) {
	case *ast.List:
		return c.listLiteral(t, literal)
	case *ast.InputObject:
		return c.objectLiteral(t, literal)
	case *ast.EnumTypeDefinition:
		if name, ok := document.Word(literal); ok && hasValue(t, name) {
			return name, nil
		}
		return nil, fmt.Errorf("value %s does not exist in %q enum", literal, t.Name)
	case *ast.ScalarTypeDefinition:
		return c.scalarLiteral(t, literal)
	}
	return nil, fmt.Errorf("unknown type %q", typeText(of))
}

// variable is the value of a variable; one that is required and null is no value.
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

func (c *coercer) listLiteral(t *ast.List, literal ast.Value) (any, error) {
	list, ok := literal.(*ast.ListValue)
	if !ok {
		item, err := c.literal(t.OfType, literal)
		return []any{item}, err
	}
	out := make([]any, len(list.Values))
	for i, item := range list.Values {
		var err error
		if out[i], err = c.literal(t.OfType, item); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// objectLiteral coerces an input object. A field whose variable is not set counts as left
// out.
func (c *coercer) objectLiteral(t *ast.InputObject, literal ast.Value) (any, error) {
	object, ok := literal.(*ast.ObjectValue)
	if !ok {
		return nil, fmt.Errorf("expected value of type %q, found %s", t.Name, literal)
	}
	out := make(map[string]any, len(object.Fields))
	seen := make(map[string]bool, len(object.Fields))
	for _, f := range object.Fields {
		name := f.Name.Name
		d := t.Values.Get(name)
		switch {
		case d == nil:
			return nil, fmt.Errorf("field %q is not defined by type %q", name, t.Name)
		case seen[name]:
			return nil, fmt.Errorf("there can be only one input field named %q", name)
		}
		seen[name] = true
		if c.unset(f.Value) {
			continue
		}
		value, err := c.literal(d.Type, f.Value)
		if err != nil {
			return nil, err
		}
		out[name] = value
	}
	return out, nil
}

// scalarLiteral coerces a literal to a scalar type. The scalar JSON accepts every literal,
// also lists and objects that contain variables.
func (c *coercer) scalarLiteral(t *ast.ScalarTypeDefinition, literal ast.Value) (any, error) {
	switch v := literal.(type) {
	case *document.Text:
		return scalar(t.Name, v.Value)
	case *document.Number:
		if v.Int || t.Name != "Int" && t.Name != "BigInt" && t.Name != "ID" {
			return scalar(t.Name, v.Digits)
		}
	case *ast.PrimitiveValue:
		if word := v.Text; word == "true" || word == "false" {
			return scalar(t.Name, word == "true")
		}
	case *ast.ListValue, *ast.ObjectValue:
		if t.Name == "JSON" {
			return c.anyLiteral(literal), nil
		}
	}
	return nil, fmt.Errorf("%s cannot represent value: %s", t.Name, literal)
}

// anyLiteral returns the JSON value of a literal.
func (c *coercer) anyLiteral(literal ast.Value) any {
	switch v := literal.(type) {
	case *ast.Variable:
		return c.vars[v.Name]
	case *ast.ListValue:
		out := make([]any, len(v.Values))
		for i, item := range v.Values {
			out[i] = c.anyLiteral(item)
		}
		return out
	case *ast.ObjectValue:
		out := make(map[string]any, len(v.Fields))
		for _, f := range v.Fields {
			out[f.Name.Name] = c.anyLiteral(f.Value)
		}
		return out
	case *ast.PrimitiveValue:
		if v.Text == "true" || v.Text == "false" {
			return v.Text == "true"
		}
		return v.Text
	}
	return literal.Deserialize(nil)
}
