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

// maxDepth is how deep the values of a JSON body may be nested. What is stored as
// JSON must stay readable for both databases, which give up at about 1000.
const maxDepth = 500

// A value of two bytes takes a hundred and more when it is decoded: what bounds
// the memory that a body costs is not its length.
const (
	objectWeight = 8         // an object with one member takes as much as so many numbers in a list
	memberWeight = 3         // and each member more than a number
	maxWeight    = 2_000_000 // some 130 MiB
)

// yieldEvery is how many bytes are weighed, which takes part of a millisecond, before others
// get the processor.
const yieldEvery = 64 << 10

// maxKeys is how many keys an object of a body may have. No client needs more; to
// decode and sort a million of them takes seconds.
const maxKeys = 10_000

var (
	errTooDeep   = errors.New("wire: JSON is nested too deeply")
	errTooHeavy  = errors.New("wire: JSON has too many values")
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

// examine weighs a JSON text, and refuses objects with a key twice or too many keys.
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

// weigh is how heavy the values in a JSON text are: a value counts 1, a member of an
// object memberWeight and an object objectWeight more. It looks at brackets, commas and
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

// decodeObject decodes an object; null is none.
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
