// Introspection of fields, arguments, enum values and directives.

package introspect

import "github.com/graph-gophers/graphql-go/ast"

func field(f *ast.FieldDefinition, name string, args arguments) any {
	switch name {
	case "name":
		return f.Name
	case "description":
		return text(f.Desc)
	case "args":
		return inputs(f.Arguments, args)
	case "type":
		return typeObject(f.Type)
	}
	return deprecationField(f.Directives, name)
}

func input(v *ast.InputValueDefinition, name string) any {
	switch name {
	case "name":
		return v.Name.Name
	case "description":
		return text(v.Desc)
	case "type":
		return typeObject(v.Type)
	case "defaultValue":
		if v.Default == nil {
			return nil
		}
		return v.Default.String()
	}
	return deprecationField(v.Directives, name)
}

func inputs(defined ast.ArgumentsDefinition, args arguments) any {
	list := []any{}
	for _, v := range defined {
		if deprecated, _ := deprecation(v.Directives); !deprecated || args.deprecated() {
			list = append(list, object{"__InputValue", v})
		}
	}
	return list
}

func enumValue(v *ast.EnumValueDefinition, name string) any {
	switch name {
	case "name":
		return v.EnumValue
	case "description":
		return text(v.Desc)
	}
	return deprecationField(v.Directives, name)
}

func directive(d *ast.DirectiveDefinition, name string, args arguments) any {
	switch name {
	case "name":
		return d.Name
	case "description":
		return text(d.Desc)
	case "isRepeatable":
		return d.Repeatable
	case "locations":
		list := []any{}
		for _, place := range d.Locations {
			list = append(list, place)
		}
		return list
	case "args":
		return inputs(d.Arguments, args)
	}
	return nil
}

// deprecationField returns isDeprecated or deprecationReason.
func deprecationField(directives ast.DirectiveList, name string) any {
	deprecated, reason := deprecation(directives)
	switch name {
	case "isDeprecated":
		return deprecated
	case "deprecationReason":
		return reason
	}
	return nil
}

// deprecation reads @deprecated. The reason is nil for a member that is not deprecated.
func deprecation(directives ast.DirectiveList) (deprecated bool, reason any) {
	d := directives.Get("deprecated")
	if d == nil {
		return false, nil
	}
	if v, ok := d.Arguments.Get("reason"); ok {
		return true, v.Deserialize(nil)
	}
	return true, "No longer supported"
}
