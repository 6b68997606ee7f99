// Conversion of the types of a model to those of the library.

package front

import (
	"fmt"
	"strconv"
	"strings"
	"text/scanner"

	"github.com/graph-gophers/graphql-go/ast"

	"github.com/loambase/loam/api/internal/graphql/model"
)

// addTypes adds the types of a model to a schema. Parsing them from the schema language would take
// several times longer.
func addTypes(s *ast.Schema, m *model.Model) error {
	t := &typist{schema: s, references: map[string]ast.Type{}, inputs: map[model.Argument]*ast.InputValueDefinition{},
		plain: map[model.Argument]*ast.FieldDefinition{}, arguments: map[*model.Argument]ast.ArgumentsDefinition{}}
	var definitions []*model.Definition
	for d := range m.Types() {
		definitions = append(definitions, d)
		s.Types[d.Name] = blank(d)
	}
	for _, d := range definitions {
		t.fill(d)
	}
	s.RootOperationTypes = map[string]ast.NamedType{}
	for kind, name := range map[string]string{"query": "Query", "mutation": "Mutation", "subscription": "Subscription"} {
		if root, ok := s.Types[name]; ok {
			s.RootOperationTypes[kind] = root
		}
	}
	return t.err
}

// blank returns a type without its members, whose types may not exist yet.
func blank(d *model.Definition) ast.NamedType {
	switch d.Kind {
	case model.InterfaceType:
		return &ast.InterfaceTypeDefinition{Name: d.Name, Desc: d.Description}
	case model.UnionType:
		return &ast.Union{Name: d.Name, Desc: d.Description}
	case model.InputType:
		return &ast.InputObject{Name: d.Name, Desc: d.Description}
	case model.EnumType:
		return &ast.EnumTypeDefinition{Name: d.Name, Desc: d.Description}
	case model.ScalarType:
		return &ast.ScalarTypeDefinition{Name: d.Name, Desc: d.Description}
	}
	return &ast.ObjectTypeDefinition{Name: d.Name, Desc: d.Description}
}

// typist adds the members of types. A part that several types share is made once.
type typist struct {
	schema     *ast.Schema
	references map[string]ast.Type // by their texts in documents
	inputs     map[model.Argument]*ast.InputValueDefinition
	plain      map[model.Argument]*ast.FieldDefinition     // fields without arguments and description
	arguments  map[*model.Argument]ast.ArgumentsDefinition // by the first argument of the list
	err        error
}

// fill adds the members.
func (t *typist) fill(d *model.Definition) {
	switch of := t.schema.Types[d.Name].(type) {
	case *ast.ObjectTypeDefinition:
		of.Fields = t.fields(d)
		if i, ok := t.schema.Types[d.Interface].(*ast.InterfaceTypeDefinition); ok {
			of.Interfaces, of.InterfaceNames = []*ast.InterfaceTypeDefinition{i}, []string{i.Name}
			i.PossibleTypes = append(i.PossibleTypes, of)
		}
	case *ast.InterfaceTypeDefinition:
		of.Fields = t.fields(d)
	case *ast.Union:
		of.TypeNames = d.Types
		for _, name := range d.Types {
			if member, ok := t.schema.Types[name].(*ast.ObjectTypeDefinition); ok {
				of.UnionMemberTypes = append(of.UnionMemberTypes, member)
			}
		}
	case *ast.InputObject:
		of.Values = make(ast.ArgumentsDefinition, len(d.Members))
		for i, m := range d.Members {
			of.Values[i] = t.input(model.Argument{Name: m.Name, Type: m.Type})
		}
	case *ast.EnumTypeDefinition:
		for _, m := range d.Members {
			of.EnumValuesDefinition = append(of.EnumValuesDefinition, &ast.EnumValueDefinition{EnumValue: m.Name, Desc: m.Description})
		}
	case *ast.ScalarTypeDefinition:
		url := &ast.PrimitiveValue{Type: scanner.String, Text: strconv.Quote(d.URL)}
		of.Directives = ast.DirectiveList{{Name: ast.Ident{Name: "specifiedBy"}, Arguments: ast.ArgumentList{{Name: ast.Ident{Name: "url"}, Value: url}}}}
	}
}

// fields returns the fields of an object or interface type.
func (t *typist) fields(d *model.Definition) ast.FieldsDefinition {
	list := make(ast.FieldsDefinition, len(d.Members))
	for i, m := range d.Members {
		if len(m.Arguments) > 0 || m.Description != "" {
			list[i] = &ast.FieldDefinition{Name: m.Name, Type: t.reference(m.Type), Desc: m.Description, Arguments: t.argumentsOf(m)}
			continue
		}
		key := model.Argument{Name: m.Name, Type: m.Type}
		f, ok := t.plain[key]
		if !ok {
			f = &ast.FieldDefinition{Name: m.Name, Type: t.reference(m.Type)}
			t.plain[key] = f
		}
		list[i] = f
	}
	return list
}

// argumentsOf returns the arguments of a field.
func (t *typist) argumentsOf(m model.Member) ast.ArgumentsDefinition {
	if len(m.Arguments) == 0 {
		return nil
	}
	list, ok := t.arguments[&m.Arguments[0]]
	if !ok {
		for _, a := range m.Arguments {
			list = append(list, t.input(a))
		}
		t.arguments[&m.Arguments[0]] = list
	}
	return list
}

// input returns an argument, or a key of an input type.
func (t *typist) input(a model.Argument) *ast.InputValueDefinition {
	v, ok := t.inputs[a]
	if !ok {
		v = &ast.InputValueDefinition{Name: ast.Ident{Name: a.Name}, Type: t.reference(a.Type)}
		t.inputs[a] = v
	}
	return v
}

// reference returns the type of a text such as [Post!]!.
func (t *typist) reference(text string) ast.Type {
	if known, ok := t.references[text]; ok {
		return known
	}
	var of ast.Type
	if inner, ok := strings.CutSuffix(text, "!"); ok {
		of = &ast.NonNull{OfType: t.reference(inner)}
	} else if inner, ok := strings.CutPrefix(text, "["); ok {
		of = &ast.List{OfType: t.reference(strings.TrimSuffix(inner, "]"))}
	} else if named, ok := t.schema.Types[text]; ok {
		of = named
	} else {
		t.err = fmt.Errorf("there is no type %q", text)
	}
	t.references[text] = of
	return of
}
