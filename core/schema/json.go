// The field kind json, with its compact encoding.

package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/cast"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/address"
	"github.com/loambase/loam/internal/check"
)

const (
	defaultJSONSize = 1 << 20
	maxJSONDepth    = 1000 // the engines refuse to read documents that are nested more deeply
)

// JSON is a field with any JSON value.
type JSON struct {
	MaxSize int64 `json:"maxSize"` // bytes; 0: 1 MiB
}

// Type returns "json".
func (*JSON) Type() string { return "json" }

// Multiple returns false.
func (*JSON) Multiple() bool { return false }

// Class returns ClassJSON.
func (*JSON) Class() Class { return ClassJSON }

// Column returns store.ColumnJSON.
func (*JSON) Column() store.ColumnKind { return store.ColumnJSON }

// Zero returns null.
func (*JSON) Zero() any { return json.RawMessage(nil) }

// Cast converts v to JSON text. Decoded values are written compactly with sorted keys; a text
// that is valid JSON is kept unchanged; any other text becomes a JSON string. A json.RawMessage
// is kept unchanged. A number that is the whole value gets the form in which a column returns it,
// and half a surrogate pair becomes U+FFFD, as a decoder reads it: PostgreSQL cannot evaluate
// paths in a document with half a pair.
func (*JSON) Cast(v any) any {
	switch v := v.(type) {
	case json.RawMessage:
		return rawJSON(v)
	case []byte:
		return rawJSON(v)
	case string:
		return textJSON(v)
	}
	return rawJSON(appendDecoded(nil, v))
}

// rawJSON normalizes null and a number that is the whole value, and replaces halves of surrogate
// pairs.
func rawJSON(raw []byte) json.RawMessage {
	t := bytes.TrimSpace(raw)
	switch {
	case len(t) == 0 || string(t) == "null":
		return nil
	case isLoneNumber(t):
		return loneNumber(t)
	}
	return wholeCharacters(raw)
}

func isLoneNumber(t []byte) bool { return address.IsDigit(t[0]) || t[0] == '-' }

// loneNumber returns the number as the engines store it: exact up to 64 bits, otherwise a double.
// A number out of the range of doubles is returned unchanged, and Validate refuses it.
func loneNumber(t []byte) json.RawMessage {
	if n, err := strconv.ParseInt(string(t), 10, 64); err == nil {
		return strconv.AppendInt(nil, n, 10)
	}
	if f, err := strconv.ParseFloat(string(t), 64); err == nil {
		return AppendNumber(nil, f)
	}
	return t
}

// textJSON is Cast of a text: the JSON value that the text contains, otherwise a JSON string of
// the text.
func textJSON(s string) json.RawMessage {
	switch s {
	case "null":
		return nil
	case "true", "false":
		return json.RawMessage(s)
	case "":
		return json.RawMessage(`""`)
	}
	// Forms send JSON as a text. A text that cannot begin a JSON value is a string, and need not
	// be parsed.
	if c := s[0]; address.IsDigit(c) || strings.IndexByte(`-"[{`, c) >= 0 {
		if raw := []byte(s); json.Valid(raw) {
			return rawJSON(raw)
		}
	}
	return AppendString(nil, s)
}

// appendDecoded appends a value of a JSON decoder, or of Go code.
func appendDecoded(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, v)
	case string:
		return AppendString(dst, v)
	case float64:
		return AppendNumber(dst, v)
	case json.Number:
		return appendDecodedNumber(dst, v)
	case []any:
		dst = append(dst, '[')
		for i, item := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendDecoded(dst, item)
		}
		return append(dst, ']')
	case map[string]any:
		dst = append(dst, '{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendString(dst, key)
			dst = append(dst, ':')
			dst = appendDecoded(dst, v[key])
		}
		return append(dst, '}')
	}
	// A value that cannot be encoded, such as a channel, becomes null instead of an error: casts
	// never fail.
	raw, err := Marshal(v) // a Go value of the embedding program
	if err != nil {
		return append(dst, "null"...)
	}
	return append(dst, raw...)
}

// appendDecodedNumber writes a number like a float64, but keeps integers exact that a float64
// cannot hold.
func appendDecodedNumber(dst []byte, n json.Number) []byte {
	f, err := n.Float64()
	if cast.IsInteger(string(n)) && (f > check.MaxSafe || f < -check.MaxSafe) || err != nil {
		return append(dst, n...)
	}
	return AppendNumber(dst, f)
}

// Limit returns the maximum size in bytes.
func (j *JSON) Limit() int64 {
	if j.MaxSize > 0 {
		return j.MaxSize
	}
	return defaultJSONSize
}

// Validate checks that the text is valid JSON, can be stored, and has an allowed size.
func (j *JSON) Validate(f *Field, v any) *fault.Field {
	raw, _ := v.(json.RawMessage)
	if raw == nil {
		return required(f, true)
	}
	if !json.Valid(raw) || isLoneNumber(raw) && !isFinite(raw) {
		return fault.Leaf("validation_invalid_json", "Must be a valid json value")
	}
	if isBlankJSON(raw) && f.Required {
		return check.Blank()
	}
	if int64(len(raw)) > j.Limit() {
		return fault.Leaf("validation_json_size_limit",
			fmt.Sprintf("The maximum allowed JSON size is %d bytes", j.Limit()), "maxSize", j.Limit())
	}
	return storableJSON(raw)
}

// ValidateKeys refuses a text in which an object has a key twice. It is not a part of Validate,
// since such texts may have been stored by older versions.
func (*JSON) ValidateKeys(v any) *fault.Field {
	raw, _ := v.(json.RawMessage)
	if CheckKeys(raw, 0) != nil {
		return fault.Leaf("validation_invalid_json", "Must be a valid json value")
	}
	return nil
}

// isFinite reports whether a double can hold the number.
func isFinite(number []byte) bool {
	_, err := strconv.ParseFloat(string(number), 64)
	return err == nil
}

func isBlankJSON(raw []byte) bool {
	switch string(bytes.TrimSpace(raw)) {
	case `""`, "[]", "{}", "null":
		return true
	}
	return false
}

// storableJSON refuses valid JSON that an engine cannot hold: U+0000, also as an escape, and too
// deep nesting.
func storableJSON(raw []byte) *fault.Field {
	if fail := check.Storable(string(raw)); fail != nil {
		return fail
	}
	depth, inString := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '\\':
			if bytes.HasPrefix(raw[i:], []byte(`\u0000`)) {
				return fault.Leaf("validation_invalid_value", "Invalid value")
			}
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '[' || c == '{':
			if depth++; depth > maxJSONDepth {
				return fault.Leaf("validation_invalid_json", "Must be a valid json value")
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return nil
}

// Check validates the options of the field.
func (j *JSON) Check(*Field) fault.Fields {
	fails := fault.Fields{}
	fails.Set(check.Between(j.MaxSize, 0, check.MaxSafe), "maxSize")
	return fails
}

func (j *JSON) clone() Kind { return clonePointer(j) }

// load returns the stored document. Invalid JSON, as in old databases, becomes a string, so that
// every response can be parsed.
func (*JSON) load(rows store.Rows, col int) any {
	if rows.Kind(col) == store.KindFloat { // a single number, which SQLite stores as a number
		return json.RawMessage(AppendNumber(nil, rows.Float(col)))
	}
	stored := rows.Bytes(col)
	switch string(stored) {
	case "", "null":
		return json.RawMessage(nil)
	}
	if !json.Valid(stored) {
		return json.RawMessage(AppendString(nil, stored))
	}
	return json.RawMessage(bytes.Clone(stored))
}

func (j *JSON) bodySize() int64 { return j.Limit() }
