// Conversion of literals to values.

package front

import (
	"github.com/graph-gophers/graphql-go/ast"

	"github.com/loambase/loam/api/internal/graphql/document"
)

// itemsOf returns the items of a list.
func itemsOf(v any) (items []any, ok bool) {
	switch v := v.(type) {
	case []any:
		return v, true
	case *ast.ListValue:
		items = make([]any, len(v.Values))
		for i, item := range v.Values {
			items[i] = item
		}
		return items, true
	}
	return nil, false
}

// member is a key of an object with its value.
type member struct {
	key   string
	value any
}

// membersOf returns the members of an object; a literal may have two members with the same key.
func membersOf(v any) (list []member, ok bool) {
	switch v := v.(type) {
	case map[string]any:
		list = make([]member, 0, len(v))
		for key, value := range v {
			list = append(list, member{key, value})
		}
		return list, true
	case *ast.ObjectValue:
		list = make([]member, len(v.Fields))
		for i, f := range v.Fields {
			list[i] = member{f.Name.Name, f.Value}
		}
		return list, true
	}
	return nil, false
}

// leaf returns the value of a literal in the form of JSON, and other values unchanged. ok is false
// for a literal whose form the scalar does not allow: an Int has no decimal point, and only JSON
// allows names, lists and objects.
func (c *coercer) leaf(scalar string, v any) (value any, ok bool) {
	literal, is := v.(ast.Value)
	if !is {
		return v, true
	}
	switch v := literal.(type) {
	case *document.Text:
		return v.Value, true
	case *document.Number:
		return v.Digits, v.Int || scalar != "Int" && scalar != "BigInt" && scalar != "ID"
	}
	word, isWord := document.Word(literal)
	if word == "true" || word == "false" {
		return word == "true", true
	}
	if scalar != "JSON" {
		return nil, false
	}
	if isWord {
		return word, true
	}
	return c.json(literal), true
}

// json returns the JSON value of a literal.
func (c *coercer) json(literal any) any {
	switch v := literal.(type) {
	case *ast.Variable:
		return c.vars[v.Name]
	case *ast.NullValue:
		return nil
	}
	if items, ok := itemsOf(literal); ok {
		for i, item := range items {
			items[i] = c.json(item)
		}
		return items
	}
	if members, ok := membersOf(literal); ok {
		out := make(map[string]any, len(members))
		for _, m := range members {
			out[m.key] = c.json(m.value)
		}
		return out
	}
	value, _ := c.leaf("JSON", literal)
	return value
}
