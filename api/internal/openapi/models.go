package openapi

import (
	"reflect"
	"slices"

	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

// The names of the schemas that are the same for every installation.
const (
	collectionSchema     = "api.Collection"
	fieldSchema          = "api.Field"
	collectionFormSchema = "api.CollectionForm"
	fieldFormSchema      = "api.FieldForm"
)

// models returns the schemas that are the same for every installation, by their names. superuser
// adds the schemas of routes for superusers.
func models(superuser bool) map[string]*Schema {
	oauth2 := &Schema{Type: "object", Description: "What the other service tells of the account. It has a member isNew: the record was made by this."}
	all := map[string]*Schema{
		"api.Error":         errorSchema(),
		"api.Failures":      failuresSchema(),
		"api.Moment":        {Type: "string", Pattern: `^(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{3}Z)?$`, Description: "A moment in UTC, or empty."},
		"api.Point":         object(map[string]*Schema{"lon": typed("number"), "lat": typed("number")}),
		"api.Groups":        object(map[string]*Schema{"groups": listOf(typed("object")), "truncated": typed("boolean")}),
		"api.OAuth2Account": oauth2,
		"api.GraphQL": {Type: "object", Properties: map[string]*Schema{
			"data": {Type: []string{"object", "null"}}, "errors": listOf(typed("object")), "extensions": typed("object"),
		}},
	}
	if superuser {
		all[collectionSchema] = collectionModel()
		all[fieldSchema] = fieldModel()
		all[collectionFormSchema] = collectionFormModel()
		all[fieldFormSchema] = fieldFormModel()
		all["api.Settings"] = answer(settings.Settings{})
	}
	return all
}

func errorSchema() *Schema {
	s := object(map[string]*Schema{"data": ref("api.Failures"), "message": typed("string"), "status": typed("integer")})
	s.Properties["reason"] = &Schema{Type: "string", Description: "More about the cause, for superusers."}
	return s
}

// failuresSchema describes failures by the name of the field: a failure of the field, or the
// failures of the fields below it.
func failuresSchema() *Schema {
	one := object(map[string]*Schema{"code": typed("string"), "message": typed("string")})
	one.Properties["params"] = typed("object")
	one.Properties["response"] = ref("api.Error")
	return &Schema{Type: "object", Additional: &Schema{AnyOf: []*Schema{one, ref("api.Failures")}}}
}

// collectionModel describes a collection.
func collectionModel() *Schema {
	rule := func() *Schema { return nullable(typed("string")) }
	s := object(map[string]*Schema{
		"id": typed("string"), "name": typed("string"), "system": typed("boolean"),
		"type":     {Type: "string", Enum: []string{schema.Base, schema.Auth, schema.View}},
		"listRule": rule(), "viewRule": rule(), "createRule": rule(), "updateRule": rule(), "deleteRule": rule(),
		"fields": listOf(ref(fieldSchema)), "indexes": listOf(typed("string")),
		"created": ref("api.Moment"), "updated": ref("api.Moment"),
	})
	required := s.Required
	for _, options := range []any{schema.AuthOptions{}, schema.ViewOptions{}} {
		s.addFields(reflect.TypeOf(options), nil)
	}
	s.Required = required // only one type of collection has the options, so they are not required
	s.Properties["graphql"] = answer(schema.GraphQLOptions{})
	s.Properties["warnings"] = listOf(typed("string"))
	return s
}

// collectionFormModel describes a collection in a body. All properties are optional. Properties
// that only the server sets are left out; the server ignores them if they are sent.
func collectionFormModel() *Schema {
	s := collectionModel().open()
	s.Properties["fields"] = listOf(ref(fieldFormSchema))
	for _, name := range []string{"created", "updated", "warnings"} {
		delete(s.Properties, name)
	}
	return s
}

// fieldFormModel describes a field in a body. The name and the type are required; the id names an
// existing field.
func fieldFormModel() *Schema {
	s := fieldModel()
	for _, kind := range s.OneOf {
		kind.open().Required = []string{"name", "type"}
	}
	return s
}

// fieldModel describes a field of any kind.
func fieldModel() *Schema {
	s := &Schema{}
	for _, k := range schema.Kinds() {
		kind := object(map[string]*Schema{
			"id": typed("string"), "name": typed("string"), "system": typed("boolean"), "hidden": typed("boolean"),
			"presentable": typed("boolean"), "type": {Type: "string", Const: k.Type()},
		})
		if _, auto := k.(*schema.Autodate); !auto {
			kind.Properties["required"], kind.Properties["help"] = typed("boolean"), typed("string")
			kind.Required = append(kind.Required, "required", "help")
		}
		kind.addFields(reflect.TypeOf(k).Elem(), nil)
		slices.Sort(kind.Required)
		s.OneOf = append(s.OneOf, kind)
	}
	return s
}
