package wire

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strings"
)

// structured returns a form as the JSON of a structure: nested properties have dotted names,
// repeated fields fill lists (docs/wire/records.md §1.3). The types of the properties are those of
// like, a struct or a pointer to a struct; the types of other properties are inferred from their
// texts.
func structured(form url.Values, like any) ([]byte, error) {
	object := map[string]any{}
	for name, values := range form {
		if name != payloadKey {
			path := strings.Split(name, ".")
			put(object, path, typed(values, property(reflect.TypeOf(like), path)))
		}
	}
	if err := mergePayloads(object, form); err != nil {
		return nil, err
	}
	return json.Marshal(object)
}

// put sets a nested value in the object. If a property is both a value and an object, only one of
// the two is kept, since such a form is meaningless.
func put(object map[string]any, path []string, value any) {
	for _, name := range path[:len(path)-1] {
		next, ok := object[name].(map[string]any)
		if !ok {
			next = map[string]any{}
			object[name] = next
		}
		object = next
	}
	object[path[len(path)-1]] = value
}

// property returns the type at a path of JSON names, nil if there is none.
func property(t reflect.Type, path []string) reflect.Type {
	t = value(t)
	if len(path) == 0 || t == nil {
		return t
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == path[0] {
			return property(f.Type, path[1:])
		}
		if f.Anonymous && tag == "" {
			if found := property(f.Type, path); found != nil {
				return found
			}
		}
	}
	return nil
}

// value returns the type that t points to, or t itself.
func value(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

func typed(values []string, t reflect.Type) any {
	if t == nil {
		return inferAll(values)
	}
	switch t.Kind() {
	case reflect.Slice:
		list := make([]any, len(values))
		for i, v := range values {
			list[i] = typed([]string{v}, value(t.Elem()))
		}
		return list
	case reflect.String:
		return values[0]
	}
	return infer(values[0])
}
