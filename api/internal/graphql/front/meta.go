// The parts of the introspection types that the library lacks.

package front

import (
	"text/scanner"

	"github.com/graph-gophers/graphql-go/ast"
)

// completeIntrospection adds the fields that the library's introspection types lack, so that its
// validator accepts them.
func completeIntrospection(s *ast.Schema) {
	object := func(name string) *ast.ObjectTypeDefinition {
		t, _ := s.Types[name].(*ast.ObjectTypeDefinition)
		return t
	}
	add := func(t *ast.ObjectTypeDefinition, name string, of ast.Type) {
		if t.Fields.Get(name) == nil {
			t.Fields = append(t.Fields, &ast.FieldDefinition{Name: name, Type: of})
		}
	}
	boolean := s.Types["Boolean"]
	add(object("__Schema"), "description", s.Types["String"])
	add(object("__Directive"), "isRepeatable", &ast.NonNull{OfType: boolean})
	add(object("__Type"), "isOneOf", boolean)
	for _, f := range []*ast.FieldDefinition{
		object("__Field").Fields.Get("args"), object("__Directive").Fields.Get("args"), object("__Type").Fields.Get("inputFields"),
		object("__Type").Fields.Get("fields"), object("__Type").Fields.Get("enumValues"),
	} {
		f.Arguments = ast.ArgumentsDefinition{{
			Name: ast.Ident{Name: "includeDeprecated"}, Type: boolean,
			Default: &ast.PrimitiveValue{Type: scanner.Ident, Text: "false"},
		}}
	}
}

// introspectionField returns __schema or __type, which the type of queries has besides its own
// fields; nil for any other name.
func introspectionField(s *ast.Schema, name string) *ast.FieldDefinition {
	switch name {
	case "__schema":
		return &ast.FieldDefinition{Name: name, Type: &ast.NonNull{OfType: s.Types["__Schema"]}}
	case "__type":
		return &ast.FieldDefinition{Name: name, Type: s.Types["__Type"], Arguments: ast.ArgumentsDefinition{{
			Name: ast.Ident{Name: "name"}, Type: &ast.NonNull{OfType: s.Types["String"]},
		}}}
	}
	return nil
}

// IntrospectionField returns the definition of __schema or __type.
func (f *Front) IntrospectionField(name string) *ast.FieldDefinition {
	return introspectionField(f.tree, name)
}
