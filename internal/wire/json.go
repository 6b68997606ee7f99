package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// maxDepth is the maximum nesting of values in a JSON body. Stored JSON must stay readable for both
// databases, which fail at a nesting of about 1000.
const maxDepth = 500

// A value of two bytes takes more than a hundred bytes when it is decoded, so the length of a body
// does not bound its memory.
const (
	objectWeight = 8         // an object with one member takes as much as so many numbers in a list
	memberWeight = 3         // a further member takes as much as so many numbers
	maxWeight    = 2_000_000 // about 130 MiB
)

// yieldEvery is the number of bytes that are weighed, in a part of a millisecond, before other
// goroutines may run.
const yieldEvery = 64 << 10

// maxKeys is the maximum number of keys of an object in a body. No client needs more; decoding and
// sorting a million keys takes seconds.
const maxKeys = 10_000

var (
	errTooDeep   = errors.New("wire: JSON is nested too deeply")
	errTooHeavy  = errors.New("wire: JSON has too many values")
	errNotObject = errors.New("wire: JSON is not an object")
)

// firstValue returns the first JSON value in the text, and ignores the rest.
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

// examine returns the weight of a JSON text, and an error for objects with a repeated key or too
// many keys.
func examine(text []byte) (weight int, err error) {
	if weight, err = weigh(text); err != nil {
		return 0, err
	}
	err = schema.CheckKeys(text, maxKeys)
	if errors.Is(err, schema.ErrManyKeys) {
		return 0, fault.Wrap(fault.Invalid, fmt.Sprintf("An object of the body has more than %d keys.", maxKeys), err)
	}
	return weight, err
}

// weigh returns the weight of the values in a JSON text: a value counts 1, and in addition a member
// of an object counts memberWeight and an object objectWeight. It reads only brackets, commas and
// colons outside of strings.
func weigh(text []byte) (weight int, err error) {
	depth, inString, next := 0, false, yieldEvery
	for i := 0; i < len(text); i++ {
		if i >= next {
			runtime.Gosched()
			next = i + yieldEvery
		}
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == ',':
			weight++
		case c == ':':
			weight += memberWeight
		case c == '{' || c == '[':
			if weight++; c == '{' {
				weight += objectWeight
			}
			if depth++; depth > maxDepth {
				return 0, errTooDeep
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	if weight > maxWeight {
		return 0, fault.Wrap(fault.TooLarge, "", errTooHeavy)
	}
	return weight, nil
}

// decodeObject decodes an object; it returns nil for null.
func decodeObject(text []byte) (map[string]any, error) {
	if object, ok := flatObject(text); ok {
		return object, nil
	}
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
