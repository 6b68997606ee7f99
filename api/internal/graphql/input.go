// Inputs of records: input objects are converted to bodies in the form of REST.

package graphql

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/api/internal/graphql/model"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// input holds the parts of an input object.
type input struct {
	record.Input
	before, after []nested // creates for relations to one record, and for back relations
}

// nested is a record that is created for a relation.
type nested struct {
	key    *model.Key
	object map[string]any
	within []string
}

// input splits an input object into its parts. within is its path, if the object is nested.
func (w *writer) input(keys *model.Input, object map[string]any, within []string) (in input, err *front.Error) {
	in.Body = make(map[string]any, len(object))
	given := map[string]model.KeyKind{} // fields, with the kind of the key that changes them
	for _, name := range slices.Sorted(maps.Keys(object)) {
		k, v := keys.Key(name), object[name]
		if k.Kind != model.KeyFrom && k.Field != nil || k.Kind == model.KeyTo {
			if kind, twice := given[fieldOf(k)]; twice && !(kind == model.KeyModify && k.Kind == model.KeyModify) {
				return in, front.Bad(nil, "%s is given in two ways.", name)
			}
			given[fieldOf(k)] = k.Kind
		}
		switch k.Kind {
		case model.KeyTo, model.KeyFrom:
			err = in.nest(k, v, within)
		default:
			err = in.set(k, v)
		}
		if err != nil {
			return in, err
		}
	}
	return in, nil
}

// fieldOf returns the stored field that a key changes.
func fieldOf(k *model.Key) string {
	if k.Field != nil {
		return k.Field.Stored.Name
	}
	return k.Body
}

// nest adds the records that a key creates. Only one level may be nested.
func (in *input) nest(k *model.Key, v any, within []string) *front.Error {
	if len(within) > 0 {
		return front.Bad(nil, "%s is nested too deep: what is created for a relation creates nothing itself.", k.Name)
	}
	switch v := v.(type) {
	case map[string]any:
		n := nested{k, v, []string{k.Name}}
		if k.Kind == model.KeyTo {
			in.before = append(in.before, n)
		} else {
			in.after = append(in.after, n)
		}
	case []any:
		for i, item := range v {
			object, _ := item.(map[string]any)
			in.after = append(in.after, nested{k, object, []string{k.Name, strconv.Itoa(i)}})
		}
	default:
		return front.Bad(nil, "%s is null: leave it out to create nothing.", k.Name)
	}
	return nil
}

// set adds a value to the body, and uploads to the files.
func (in *input) set(k *model.Key, v any) *front.Error {
	if k.Kind == model.KeyModify && v == nil {
		return front.Bad(nil, "%s is null: leave it out to change nothing.", k.Name)
	}
	if k.Field == nil {
		in.Body[k.Body] = v
		return nil
	}
	value, err := in.value(k, v)
	if err == nil {
		in.Body[k.Body] = value
	}
	return err
}

// value returns the value of a field in the form of a body. null clears the field.
func (in *input) value(k *model.Key, v any) (any, *front.Error) {
	switch e := k.Field.Enum; k.Field.Kind {
	case model.Enum:
		if name, ok := v.(string); ok {
			return e.Option(name), nil
		}
	case model.Enums:
		return mapped(v, func(item any) any { name, _ := item.(string); return e.Option(name) }), nil
	case model.Date:
		if text, ok := v.(string); ok && text != "" {
			if _, ok := schema.ParseTime(text); !ok {
				return nil, front.Bad(nil, "%s is no date: %q.", k.Name, text)
			}
		}
	case model.JSON:
		// A string stays a string, even if it looks like JSON.
		text, err := schema.Marshal(v)
		if err != nil {
			return nil, front.Bad(nil, "%s is no JSON.", k.Name)
		}
		return json.RawMessage(text), nil
	case model.File, model.Files:
		return in.files(k, v), nil
	}
	return v, nil
}

// mapped applies change to each item of a list. A value that is not a list is returned unchanged.
func mapped(v any, change func(any) any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	out := make([]any, len(list))
	for i, item := range list {
		out[i] = change(item)
	}
	return out
}

// files returns the names of the files to keep. Uploads are added to the files of the input.
func (in *input) files(k *model.Key, v any) any {
	list, many := v.([]any)
	if !many {
		list = []any{v}
	}
	var names []any
	for _, item := range list {
		switch item := item.(type) {
		case *blob.Upload:
			if in.Files == nil {
				in.Files = map[string][]*blob.Upload{}
			}
			in.Files[k.Body] = append(in.Files[k.Body], item)
		case string:
			names = append(names, item)
		}
	}
	if !many && len(names) == 1 {
		return names[0]
	}
	return names
}
