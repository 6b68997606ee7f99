package openapi

import (
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/loambase/loam/core/schema"
)

// Schema is a JSON Schema, of the dialect of OpenAPI 3.1.
type Schema struct {
	Ref         string `json:"$ref,omitempty"`
	Description string `json:"description,omitempty"`
	Type        any    `json:"type,omitempty"` // a string or a []string
	Format      string `json:"format,omitempty"`
	Pattern     string `json:"pattern,omitempty"`
	Const       any    `json:"const,omitempty"`

	Enum      []string `json:"enum,omitempty"`
	Minimum   *float64 `json:"minimum,omitempty"`
	Maximum   *float64 `json:"maximum,omitempty"`
	MinLength int      `json:"minLength,omitempty"`
	MaxLength int      `json:"maxLength,omitempty"`
	MinItems  int      `json:"minItems,omitempty"`
	MaxItems  int      `json:"maxItems,omitempty"`

	Items      *Schema            `json:"items,omitempty"`
	Properties map[string]*Schema `json:"properties,omitempty"`
	Required   []string           `json:"required,omitempty"`
	Additional any                `json:"additionalProperties,omitempty"` // false or a *Schema
	AnyOf      []*Schema          `json:"anyOf,omitempty"`
	OneOf      []*Schema          `json:"oneOf,omitempty"`
	Examples   []any              `json:"examples,omitempty"`
}

func typed(name string) *Schema { return &Schema{Type: name} }

// ref refers to a schema of the components.
func ref(name string) *Schema { return &Schema{Ref: "#/components/schemas/" + name} }

func listOf(items *Schema) *Schema { return &Schema{Type: "array", Items: items} }

// object describes an object with exactly these properties, all of them required.
func object(properties map[string]*Schema) *Schema {
	s := &Schema{Type: "object", Properties: properties, Additional: false}
	for name := range properties {
		s.Required = append(s.Required, name)
	}
	slices.Sort(s.Required)
	return s
}

// form describes a body of the type of v, in which the given properties are required. The server
// ignores unknown properties.
func form(v any, required ...string) *Schema {
	s := of(reflect.TypeOf(v))
	s.Required, s.Additional = required, nil
	return s
}

// answer describes the JSON that a value of the type of v is encoded as.
func answer(v any) *Schema { return of(reflect.TypeOf(v)) }

// of describes the JSON of a Go type by the rules of encoding/json.
func of(t reflect.Type) *Schema { return describeType(t, nil) }

// describeType describes a type that is nested in the types around. A recursive type is described
// as any JSON at its second occurrence, since the document would be infinite otherwise.
func describeType(t reflect.Type, around []reflect.Type) *Schema {
	switch t {
	case reflect.TypeFor[schema.Collection]():
		return ref(collectionSchema)
	case reflect.TypeFor[schema.Field]():
		return ref(fieldSchema)
	case reflect.TypeFor[time.Time]():
		return &Schema{Type: "string", Format: "date-time"}
	case reflect.TypeFor[json.RawMessage]():
		return &Schema{}
	}
	if slices.Contains(around, t) {
		return &Schema{}
	}
	around = append(slices.Clip(around), t)
	switch t.Kind() {
	case reflect.String:
		return typed("string")
	case reflect.Bool:
		return typed("boolean")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return typed("integer")
	case reflect.Float32, reflect.Float64:
		return typed("number")
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return &Schema{Type: "string", Description: "Bytes in base64."}
		}
		return listOf(describeType(t.Elem(), around))
	case reflect.Array:
		return listOf(describeType(t.Elem(), around))
	case reflect.Map:
		return &Schema{Type: "object", Additional: describeType(t.Elem(), around)}
	case reflect.Pointer:
		if s := describeType(t.Elem(), around); s.Ref != "" || t.Elem().Kind() == reflect.Struct {
			return s
		}
		return nullable(describeType(t.Elem(), around))
	case reflect.Struct:
		s := &Schema{Type: "object", Properties: map[string]*Schema{}, Additional: false}
		s.addFields(t, around)
		slices.Sort(s.Required)
		return s
	}
	return &Schema{}
}

// nullable allows null in addition to a plain type.
func nullable(s *Schema) *Schema {
	if name, ok := s.Type.(string); ok {
		s.Type = []string{name, "null"}
	}
	return s
}

// addFields adds the fields of a struct, including those of embedded structs. For around see
// describeType.
func (s *Schema) addFields(t reflect.Type, around []reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			inner := f.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			if inner.Kind() == reflect.Struct && !slices.Contains(around, inner) {
				s.addFields(inner, append(slices.Clip(around), inner))
				continue
			}
		case !f.IsExported() || name == "-":
			continue
		}
		name = cmp.Or(name, f.Name)
		s.Properties[name] = describeType(f.Type, around)
		if f.Tag.Get("schema") == "nullable" {
			nullable(s.Properties[name])
		}
		if !strings.Contains(options, "omitempty") {
			s.Required = append(s.Required, name)
		}
	}
}
