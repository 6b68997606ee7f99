package openapi

import (
	"maps"
	"slices"

	"github.com/loambase/loam/api/internal/shape"
	"github.com/loambase/loam/core/schema"
)

// The suffixes of the names of schemas of a record. The names begin with a type name. Type names
// have no dot, so these names are not those of collections.
const (
	newSuffix     = ".Create"
	changesSuffix = ".Update"
	listSuffix    = ".List"
	authSuffix    = ".Auth"
)

// recordSchemas returns the schemas of the records of a collection, by their names.
func recordSchemas(r *shape.Record) map[string]*Schema {
	all := map[string]*Schema{r.Name: recordSchema(r)}
	if r.List {
		all[r.Name+listSuffix] = pageOf(ref(r.Name))
	}
	if r.Create {
		all[r.Name+newSuffix] = inputSchema(r, r.New)
	}
	if r.Update {
		all[r.Name+changesSuffix] = inputSchema(r, r.Changes)
	}
	if r.Collection.IsAuth() {
		signedIn := object(map[string]*Schema{"record": ref(r.Name), "token": typed("string")})
		signedIn.Properties["meta"] = ref("api.OAuth2Account")
		all[r.Name+authSuffix] = signedIn
	}
	return all
}

// recordSchema describes a record that was read.
func recordSchema(r *shape.Record) *Schema {
	s := &Schema{Type: "object", Properties: map[string]*Schema{}, Additional: false,
		Description: "A record of the collection " + r.Collection.Name + "."}
	example := map[string]any{}
	for _, m := range r.Members {
		property := valueSchema(m.Type)
		if m.Field != nil && m.Field.Help != "" {
			property = described(property, m.Field.Help)
		}
		s.Properties[m.Name] = property
		if !m.Optional {
			s.Required = append(s.Required, m.Name)
		}
		example[m.Name] = exampleOf(m.Type)
	}
	if len(r.Expand) > 0 {
		expand := &Schema{Type: "object", Properties: map[string]*Schema{}, Additional: false}
		for _, e := range r.Expand {
			expand.Properties[e.Name] = ref(e.Target.Name)
			if e.List {
				expand.Properties[e.Name] = listOf(ref(e.Target.Name))
			}
		}
		s.Properties["expand"] = expand
		if _, field := s.Properties["expandTruncated"]; !field {
			s.Properties["expandTruncated"] = listOf(typed("string"))
		}
	}
	s.Examples = []any{example}
	return s
}

// described adds a description, beside a reference too.
func described(s *Schema, text string) *Schema {
	own := *s
	own.Description = text
	return &own
}

// valueSchema describes a value of a record that was read. Options that limit new values do not
// hold for values that were stored before, except those of a select: they are its type.
func valueSchema(t shape.Type) *Schema {
	s := singleSchema(t)
	if t.List {
		return listOf(s)
	}
	return s
}

func singleSchema(t shape.Type) *Schema {
	switch t.Base {
	case shape.Moment:
		return ref("api.Moment")
	case shape.Number:
		return typed("number")
	case shape.Integer:
		return typed("integer")
	case shape.Bool:
		return typed("boolean")
	case shape.JSON:
		return &Schema{}
	case shape.Point:
		return ref("api.Point")
	case shape.Choice:
		s := &Schema{Type: "string", Enum: slices.Clone(t.Values)}
		if t.Empty && !slices.Contains(t.Values, "") {
			s.Enum = append(s.Enum, "")
		}
		return s
	case shape.Literal:
		return &Schema{Type: "string", Const: t.Values[0]}
	case shape.Password:
		return &Schema{Type: "string", Const: ""}
	}
	return typed("string")
}

// inputSchema describes the body of a create or an update. Other keys are ignored, but rules may
// read them.
func inputSchema(r *shape.Record, inputs []shape.Input) *Schema {
	s := &Schema{Type: "object", Properties: map[string]*Schema{}, Description: "What to write into a record of the collection " + r.Collection.Name + "."}
	for _, in := range inputs {
		property := writtenSchema(in)
		if in.Field != nil && in.Field.Help != "" && in.Modifier == "" {
			property = described(property, in.Field.Help)
		}
		s.Properties[in.Name] = property
		if in.Required {
			s.Required = append(s.Required, in.Name)
		}
	}
	return s
}

// writtenSchema returns the JSON Schema of an input property. Options of the field, such as a
// minimum length, are keywords of the schema.
func writtenSchema(in shape.Input) *Schema {
	t := in.Type
	single := singleSchema(t)
	if t.Base == shape.Password {
		single = typed("string")
	}
	if in.Modifier != "" {
		if !t.List {
			return single
		}
		return &Schema{AnyOf: []*Schema{single, listOf(single)}}
	}
	if in.Field != nil {
		limit(single, in.Field)
	}
	if !t.List {
		return single
	}
	list := listOf(single)
	switch k := in.Field.Kind.(type) {
	case *schema.Select:
		list.MaxItems = k.MaxSelect
	case *schema.Relation:
		list.MaxItems = k.MaxSelect
		if in.Field.Required {
			list.MinItems = max(k.MinSelect, 1)
		}
	case *schema.File:
		list.MaxItems = k.MaxSelect
	}
	return list
}

// limit adds the options of a field to a schema. An empty value satisfies every option, so options
// that it would not satisfy are added only to required fields.
func limit(s *Schema, f *schema.Field) {
	switch k := f.Kind.(type) {
	case *schema.Text:
		s.MaxLength = k.Limit()
		if f.Required {
			s.MinLength = max(k.Min, 1)
		}
	case *schema.Number:
		if f.Required {
			s.Minimum, s.Maximum = k.Min, k.Max
		}
	case *schema.Email:
		if f.Required {
			s.Format = "email"
		}
	case *schema.URL:
		if f.Required {
			s.Format = "uri"
		}
	case *schema.Password:
		if f.Required {
			s.MinLength = k.Min
		}
	}
}

// pageOf describes a page of a list.
func pageOf(items *Schema) *Schema {
	page := object(map[string]*Schema{
		"items": listOf(items), "page": typed("integer"), "perPage": typed("integer"),
		"totalItems": typed("integer"), "totalPages": typed("integer"),
	})
	page.Properties["cursor"] = &Schema{Type: "string", Description: `Where the next page begins, "" at the end. There if the request has the parameter "cursor".`}
	return page
}

// exampleOf returns a value of the type.
func exampleOf(t shape.Type) any {
	one := map[shape.Base]any{
		shape.Text: "text", shape.Email: "ann@example.com", shape.URL: "https://example.com", shape.Moment: "2026-01-31 12:00:00.000Z",
		shape.Number: 1.5, shape.Integer: 1, shape.Bool: true, shape.JSON: map[string]any{"any": "thing"}, shape.File: "photo_k1x9s2d4fg.png",
		shape.Reference: "a1b2c3d4e5f6g7h", shape.Point: map[string]any{"lon": 13.4, "lat": 52.5}, shape.Password: "",
	}[t.Base]
	if len(t.Values) > 0 {
		one = t.Values[0]
	}
	if t.List {
		return []any{one}
	}
	return one
}

// fileForm returns the schema of a body as a form with files.
func fileForm(s *Schema, inputs []shape.Input) *Schema {
	f := *s
	f.Properties = maps.Clone(s.Properties)
	for _, in := range inputs {
		if in.Type.Base != shape.File || in.Modifier == "-" {
			continue
		}
		file := &Schema{Type: "string", Format: "binary"}
		f.Properties[in.Name] = file
		if in.Type.List {
			f.Properties[in.Name] = listOf(file)
		}
	}
	return &f
}

// hasFiles reports whether a body with these inputs may contain files.
func hasFiles(inputs []shape.Input) bool {
	return slices.ContainsFunc(inputs, func(in shape.Input) bool { return in.Type.Base == shape.File })
}
