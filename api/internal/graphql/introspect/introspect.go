// Package introspect answers introspection queries, __schema and __type, from the syntax tree of
// the schema.
package introspect

import (
	"maps"
	"slices"

	"github.com/graph-gophers/graphql-go/ast"

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/core/schema"
)

// Append appends the answer to __schema or __type as JSON. args are the arguments of the field.
func Append(dst []byte, op *front.Operation, tree *ast.Schema, asked *front.Selected, args map[string]any) ([]byte, *front.Error) {
	w := &writer{operation: op, tree: tree, out: dst}
	var what any
	if asked.Name == "__schema" {
		what = object{"__Schema", tree}
	} else if name, _ := args["name"].(string); tree.Types[name] != nil {
		what = object{"__Type", tree.Types[name]}
	}
	err := w.value(what, asked.Selections)
	return w.out, err
}

// object is a part of the schema, with the name of its introspection type.
type object struct {
	typeName string
	of       any
}

// arguments are the arguments of a field.
type arguments map[string]any

// deprecated reports whether deprecated members are included.
func (a arguments) deprecated() bool { return a["includeDeprecated"] == true }

// writer writes the selected fields of objects.
type writer struct {
	operation *front.Operation
	tree      *ast.Schema
	out       []byte
}

// value writes nil, a bool, a string, an object, or a list of these.
func (w *writer) value(v any, sets []ast.SelectionSet) *front.Error {
	switch v := v.(type) {
	case object:
		return w.object(v, sets)
	case []any:
		w.out = append(w.out, '[')
		for i, item := range v {
			if i > 0 {
				w.out = append(w.out, ',')
			}
			if err := w.value(item, sets); err != nil {
				return err
			}
		}
		w.out = append(w.out, ']')
		return nil
	case string:
		w.out = schema.AppendString(w.out, v)
	case bool:
		if v {
			w.out = append(w.out, "true"...)
		} else {
			w.out = append(w.out, "false"...)
		}
	default:
		w.out = append(w.out, "null"...)
	}
	return nil
}

func (w *writer) object(o object, sets []ast.SelectionSet) *front.Error {
	selected, err := w.operation.Collect(sets, func(name string) bool { return name == o.typeName })
	if err != nil {
		return err
	}
	w.out = append(w.out, '{')
	for i, s := range selected {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		w.out = append(schema.AppendString(w.out, s.Key), ':')
		if s.Name == "__typename" {
			w.out = schema.AppendString(w.out, o.typeName)
			continue
		}
		definition := w.operation.FieldOf(o.typeName, s.Name)
		args, err := w.operation.Arguments(definition.Arguments, s.Field.Arguments)
		if err != nil {
			return err
		}
		if err := w.value(w.field(o, s.Name, args), s.Selections); err != nil {
			return err
		}
	}
	w.out = append(w.out, '}')
	return nil
}

// field returns the value of a field of an introspection type.
func (w *writer) field(o object, name string, args arguments) any {
	switch of := o.of.(type) {
	case *ast.Schema:
		return w.schema(name)
	case *ast.DirectiveDefinition:
		return directive(of, name, args)
	case *ast.FieldDefinition:
		return field(of, name, args)
	case *ast.InputValueDefinition:
		return input(of, name)
	case *ast.EnumValueDefinition:
		return enumValue(of, name)
	case ast.Type:
		return typeField(of, name, args)
	}
	return nil
}

func (w *writer) schema(name string) any {
	root := func(kind string) any {
		if t, ok := w.tree.RootOperationTypes[kind]; ok {
			return typeObject(t)
		}
		return nil
	}
	switch name {
	case "description":
		return text(w.tree.Desc)
	case "queryType":
		return root("query")
	case "mutationType":
		return root("mutation")
	case "subscriptionType":
		return root("subscription")
	case "types":
		var list []any
		for _, name := range slices.Sorted(maps.Keys(w.tree.Types)) {
			list = append(list, typeObject(w.tree.Types[name]))
		}
		return list
	case "directives":
		var list []any
		for _, name := range slices.Sorted(maps.Keys(w.tree.Directives)) {
			list = append(list, object{"__Directive", w.tree.Directives[name]})
		}
		return list
	}
	return nil
}

func typeObject(t ast.Type) any { return object{"__Type", t} }

// text returns a description, nil if there is none.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}
