package wire

import (
	"encoding/json"
	"maps"
	"net/url"
	"strconv"
)

// payloadKey is the field of a form with a JSON object that is merged over the other fields.
const payloadKey = "@jsonPayload"

// formObject returns a form as a free-form object (docs/wire/records.md §1.3): a field that occurs
// once is a scalar, a repeated field is a list.
func formObject(form url.Values) (map[string]any, error) {
	object := make(map[string]any, len(form))
	for name, values := range form {
		if name == payloadKey {
			continue
		}
		object[name] = inferAll(values)
	}
	if err := mergePayloads(object, form); err != nil {
		return nil, err
	}
	return object, nil
}

// mergePayloads merges the JSON objects of the form over the object.
func mergePayloads(object map[string]any, form url.Values) error {
	for _, text := range form[payloadKey] {
		payload, err := decodeObject([]byte(text))
		if err != nil {
			return err
		}
		maps.Copy(object, payload)
	}
	return nil
}

func inferAll(values []string) any {
	if len(values) == 1 {
		return infer(values[0])
	}
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = infer(v)
	}
	return list
}

// infer returns the typed value of a text in a form: true and false, numbers in their canonical
// form, else the text itself.
func infer(text string) any {
	switch text {
	case "":
		return ""
	case "true":
		return true
	case "false":
		return false
	}
	if isNumber(text) {
		return json.Number(text)
	}
	return text
}

func isNumber(text string) bool {
	if c := text[0]; c != '-' && (c < '0' || c > '9') {
		return false
	}
	for i := 0; i < len(text); i++ {
		if c := text[i]; c != '-' && c != '.' && (c < '0' || c > '9') {
			return false
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	return err == nil && strconv.FormatFloat(f, 'f', -1, 64) == text
}
