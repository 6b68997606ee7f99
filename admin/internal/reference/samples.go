package reference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/loambase/loam/core/schema"
)

const (
	sampleID   = "RECORD_ID"
	sampleTime = "2026-01-31 10:00:00.000Z"
)

// shown reports whether the API returns the field to its clients.
func shown(in *schema.Collection, f *schema.Field) bool {
	return !f.Hidden && !f.IsPassword() && !(in.IsAuth() && f.Name == "tokenKey")
}

// sample returns a sample value of the field as JSON.
func sample(f *schema.Field) string {
	one := sampleOne(f)
	if f.Multiple() {
		return "[" + one + "]"
	}
	return one
}

func sampleOne(f *schema.Field) string {
	switch kind := f.Kind.(type) {
	case *schema.Select:
		if len(kind.Values) > 0 {
			return quoted(kind.Values[0])
		}
	case *schema.Relation:
		return quoted(sampleID)
	case *schema.File:
		return `"file.png"`
	}
	if f.IsID() {
		return quoted(sampleID)
	}
	switch f.Type() {
	case "number":
		return "123"
	case "bool":
		return "true"
	case "email":
		return `"test@example.com"`
	case "url":
		return `"https://example.com"`
	case "date", "autodate":
		return quoted(sampleTime)
	case "editor":
		return `"<p>Text</p>"`
	case "json":
		return `{"key": "value"}`
	case "geoPoint":
		return `{"lon": 12.5, "lat": 41.9}`
	}
	return `"text"`
}

// sampleRecord returns a sample record of the collection as JSON.
func sampleRecord(in *schema.Collection) string {
	lines := []string{`  "collectionId": ` + quoted(in.ID), `  "collectionName": ` + quoted(in.Name)}
	for _, f := range in.Fields {
		if shown(in, f) {
			lines = append(lines, "  "+quoted(f.Name)+": "+sample(f))
		}
	}
	return "{\n" + strings.Join(lines, ",\n") + "\n}"
}

// sampleBody returns a sample body of a create or an update.
func sampleBody(in *schema.Collection, create bool) string {
	var lines []string
	for _, f := range in.Fields {
		if !shown(in, f) || f.IsID() || f.Type() == "autodate" || f.Type() == "file" || in.IsAuth() && f.Name == "verified" || in.IsAuth() && f.Name == "email" && !create {
			continue
		}
		lines = append(lines, "  "+quoted(f.Name)+": "+sample(f))
	}
	if create && in.IsAuth() {
		lines = append(lines, `  "password": "1234567890"`, `  "passwordConfirm": "1234567890"`)
	}
	if len(lines) == 0 {
		return "{}"
	}
	return "{\n" + strings.Join(lines, ",\n") + "\n}"
}

// page returns a page of a list with one record.
func page(record string) string {
	return "{\n  \"page\": 1,\n  \"perPage\": 30,\n  \"totalItems\": 1,\n  \"totalPages\": 1,\n  \"items\": [\n    " + indented(record, "    ") + "\n  ]\n}"
}

// failed returns the body of an error response.
func failed(status int) string {
	message := map[int]string{400: "Something went wrong while processing your request.", 401: "The request requires valid record authorization token.",
		403: "Only superusers can perform this action.", 404: "The requested resource wasn't found.", 429: "Too Many Requests."}[status]
	return fmt.Sprintf("{\n  \"status\": %d,\n  \"message\": %q,\n  \"data\": {}\n}", status, message)
}

// fieldFailed returns the body of an error response about a field.
func fieldFailed(in *schema.Collection) string {
	for _, f := range in.Fields {
		if shown(in, f) && !f.IsID() && f.Type() != "autodate" {
			return "{\n  \"status\": 400,\n  \"message\": \"Failed to create record.\",\n  \"data\": {\n    " + quoted(f.Name) + ": {\"code\": \"validation_required\", \"message\": \"Cannot be blank.\"}\n  }\n}"
		}
	}
	return failed(400)
}

func firstRelation(in *schema.Collection) string {
	for _, f := range in.Fields {
		if _, ok := f.Kind.(*schema.Relation); ok && shown(in, f) {
			return f.Name
		}
	}
	return ""
}

// sampleFilter returns a filter with a field of the collection.
func sampleFilter(in *schema.Collection) string {
	for _, f := range in.Fields {
		if !shown(in, f) || f.IsID() || f.Multiple() {
			continue
		}
		switch f.Type() {
		case "text", "select", "email":
			return f.Name + " != ''"
		case "number":
			return f.Name + " > 0"
		case "bool":
			return f.Name + " = true"
		}
	}
	return "id != ''"
}

func sampleSort(in *schema.Collection) string {
	for _, f := range in.Fields {
		if f.Type() == "autodate" && shown(in, f) {
			return "-" + f.Name
		}
	}
	return "-id"
}

// graphQLFields returns some field names of the collection for a GraphQL selection.
func graphQLFields(in *schema.Collection) (list []string) {
	for _, f := range in.Fields {
		if !plain(in, f) {
			continue
		}
		list = append(list, f.Name)
	}
	return list
}

// plain reports whether the field is a scalar with the same name in GraphQL.
func plain(in *schema.Collection, f *schema.Field) bool {
	if !shown(in, f) || strings.HasPrefix(f.Name, "_") || f.Name[0] >= '0' && f.Name[0] <= '9' {
		return false
	}
	switch f.Type() {
	case "relation", "file", "geoPoint":
		return false
	}
	return true
}

// graphQLSample returns the fields of graphQLFields with sample values.
func graphQLSample(in *schema.Collection) (list []string) {
	for _, f := range in.Fields {
		if plain(in, f) {
			list = append(list, quoted(f.Name)+": "+sample(f))
		}
	}
	return list
}

// graphQLInput returns a GraphQL input object with sample values of the text, number and bool
// fields and, for an auth collection, of the password.
func graphQLInput(in *schema.Collection) string {
	var list []string
	for _, f := range in.Fields {
		if !plain(in, f) || f.IsID() || in.IsAuth() && f.Name == "verified" {
			continue
		}
		switch f.Type() {
		case "text", "number", "bool", "email", "url", "editor":
			list = append(list, f.Name+": "+sample(f))
		}
	}
	if in.IsAuth() {
		list = append(list, `password: "1234567890"`, `passwordConfirm: "1234567890"`)
	}
	return "{" + strings.Join(list, ", ") + "}"
}

// quoted returns a text as a JSON string.
func quoted(text string) string {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.Encode(text) //nolint:errcheck // a string can always be encoded
	return strings.TrimSpace(out.String())
}

// indented prefixes all lines of a text except the first with spaces.
func indented(text, spaces string) string { return strings.ReplaceAll(text, "\n", "\n"+spaces) }
