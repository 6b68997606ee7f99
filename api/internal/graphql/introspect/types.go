// Introspection of types.

package introspect

import "github.com/graph-gophers/graphql-go/ast"

// typeField returns a field of __Type.
func typeField(t ast.Type, name string, args arguments) any {
	named, isNamed := t.(ast.NamedType)
	switch name {
	case "kind":
		return t.Kind()
	case "name":
		if isNamed {
			return named.TypeName()
		}
	case "description":
		if isNamed {
			return text(named.Description())
		}
	case "specifiedByURL":
		return specifiedBy(t)
	case "isOneOf":
		if in, ok := t.(*ast.InputObject); ok {
			return in.Directives.Get("oneOf") != nil
		}
	case "fields":
		return fields(t, args)
	case "interfaces":
		return interfaces(t)
	case "possibleTypes":
		return possible(t)
	case "enumValues":
		return enumValues(t, args)
	case "inputFields":
		if in, ok := t.(*ast.InputObject); ok {
			return inputs(in.Values, args)
		}
	case "ofType":
		switch t := t.(type) {
		case *ast.List:
			return typeObject(t.OfType)
		case *ast.NonNull:
			return typeObject(t.OfType)
		}
	}
	return nil
}

func specifiedBy(t ast.Type) any {
	scalar, ok := t.(*ast.ScalarTypeDefinition)
	if !ok {
		return nil
	}
	if d := scalar.Directives.Get("specifiedBy"); d != nil {
		return d.Arguments.MustGet("url").Deserialize(nil)
	}
	return nil
}

func fields(t ast.Type, args arguments) any {
	var defined ast.FieldsDefinition
	switch t := t.(type) {
	case *ast.ObjectTypeDefinition:
		defined = t.Fields
	case *ast.InterfaceTypeDefinition:
		defined = t.Fields
	default:
		return nil
	}
	list := []any{}
	for _, f := range defined {
		if deprecated, _ := deprecation(f.Directives); !deprecated || args.deprecated() {
			list = append(list, object{"__Field", f})
		}
	}
	return list
}

func interfaces(t ast.Type) any {
	var of []*ast.InterfaceTypeDefinition
	switch t := t.(type) {
	case *ast.ObjectTypeDefinition:
		of = t.Interfaces
	case *ast.InterfaceTypeDefinition:
		of = t.Interfaces
	default:
		return nil
	}
	list := []any{}
	for _, i := range of {
		list = append(list, typeObject(i))
	}
	return list
}

func possible(t ast.Type) any {
	var of []*ast.ObjectTypeDefinition
	switch t := t.(type) {
	case *ast.InterfaceTypeDefinition:
		of = t.PossibleTypes
	case *ast.Union:
		of = t.UnionMemberTypes
	default:
		return nil
	}
	list := []any{}
	for _, o := range of {
		list = append(list, typeObject(o))
	}
	return list
}

func enumValues(t ast.Type, args arguments) any {
	enum, ok := t.(*ast.EnumTypeDefinition)
	if !ok {
		return nil
	}
	list := []any{}
	for _, v := range enum.EnumValuesDefinition {
		if deprecated, _ := deprecation(v.Directives); !deprecated || args.deprecated() {
			list = append(list, object{"__EnumValue", v})
		}
	}
	return list
}
