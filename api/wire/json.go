package wire

import (
	"bytes"
	"encoding/json"
	"errors"
)

// maxDepth is how deep the values of a JSON body may be nested. What is stored as
// JSON must stay readable for both databases, which give up at about 1000.
const maxDepth = 500

var (
	errTooDeep   = errors.New("wire: JSON is nested too deeply")
	errNotObject = errors.New("wire: JSON is not an object")
)

// firstValue is the first JSON value in the text. What follows it is ignored.
func firstValue(text []byte) ([]byte, error) {
	if json.Valid(text) {
		return text, nil
	}
	var first json.RawMessage
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&first); err != nil {
		return nil, err
	}
	return first, nil
}

// checkDepth counts brackets outside of strings.
func checkDepth(text []byte) error {
	depth, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return errTooDeep
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// decodeObject decodes an object; null is none.
func decodeObject(text []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if v == nil {
		return nil, nil
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, errNotObject
	}
	return object, nil
}
