package wire

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strings"
)

// structured is a form as the JSON of a structure: nested properties have dotted
// names, repeated fields fill lists (docs/wire/records.md §1.3). The types of the
// properties are those of like, a struct or a pointer to one; what it does not
// know is typed by its looks.
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

// put sets a value deep in the object. A property that is a value and an object
// at once is one of them: nothing sensible can be meant.
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

// property is the type at a path of JSON names, nil if there is none.
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

// value is what t points to.
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
