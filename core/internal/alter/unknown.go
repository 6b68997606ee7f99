// Warnings about unknown keys (misspelled options) in the body of a collection.

package alter

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// UnknownKeys returns a sentence for each key of a body that a collection of the draft's type, or
// a field of its kind, does not have. Such keys are ignored, and most often misspelled. A key in
// another letter case is used, but listed as well. The draft must have been decoded from the
// body.
func UnknownKeys(draft *schema.Collection, body []byte) []string {
	var sent map[string]json.RawMessage
	if decodeFirst(body, &sent) != nil {
		return nil
	}
	// The JSON of an empty collection of the type has all the keys that can be decoded.
	model := &schema.Collection{Type: draft.Type, GraphQL: schema.GraphQLOptions{TypeName: "T"}}
	switch draft.Type {
	case schema.Auth:
		model.Auth = &schema.AuthOptions{}
	case schema.View:
		model.View = &schema.ViewOptions{}
	}
	list := unknownIn(sent, keysOf(model), "")
	for key, raw := range sent {
		if !strings.EqualFold(key, "fields") {
			continue
		}
		var fields []json.RawMessage
		_ = json.Unmarshal(raw, &fields) // it was decoded before
		for i, field := range fields {
			list = append(list, unknownInField(field, "fields."+fault.Index(i)+".")...)
		}
	}
	slices.Sort(list)
	return list
}

// unknownInField returns the sentences for the unknown keys of one field.
func unknownInField(raw json.RawMessage, path string) []string {
	var f schema.Field
	var sent map[string]json.RawMessage
	if json.Unmarshal(raw, &f) != nil || json.Unmarshal(raw, &sent) != nil {
		return nil
	}
	known := keysOf(&f)
	for _, common := range []string{"required", "help"} { // autodates do not have them, but clients send them
		known[common] = nil
	}
	return unknownIn(sent, known, path)
}

// keysOf returns the keys of the JSON of v, which are the known keys.
func keysOf(v any) map[string]json.RawMessage {
	known := map[string]json.RawMessage{}
	raw, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(raw, &known)
	}
	if err != nil {
		panic(err) // an empty model can be encoded and is an object
	}
	return known
}

// unknownIn compares the keys of an object, and of objects inside it, with the known ones.
func unknownIn(sent, known map[string]json.RawMessage, path string) (list []string) {
	for key, raw := range sent {
		model, ok := known[key]
		switch {
		case ok:
			var inner, innerKnown map[string]json.RawMessage
			if json.Unmarshal(raw, &inner) == nil && json.Unmarshal(model, &innerKnown) == nil && len(innerKnown) > 0 {
				innerKnown["secret"] = nil // it is never in the JSON
				list = append(list, unknownIn(inner, innerKnown, path+key+".")...)
			}
		// Responses have warnings, and clients send responses back.
		case path == "" && (key == "warnings" || (key == "options" || key == "schema") && empty(raw)):
		default:
			list = append(list, path+key+unknownKey(key, known))
		}
	}
	return list
}

// empty reports whether ignoring the value loses nothing. Exports of PocketBase before 0.23
// have such empty options.
func empty(raw json.RawMessage) bool {
	return slices.Contains([]string{"null", "{}", "[]"}, string(raw))
}

// unknownKey returns the effect of an unknown key.
func unknownKey(key string, known map[string]json.RawMessage) string {
	for name := range known {
		if strings.EqualFold(name, key) {
			return ": is read as " + name
		}
	}
	return ": unknown key, ignored"
}
