// Package cast converts values from a JSON body, a form or Go code to texts, lists, numbers and
// booleans (docs/wire/records.md §3.1). A value that cannot be converted becomes the zero value.
package cast

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Text converts a value to a text, empty for null, lists and objects.
func Text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return Decimal(v)
	case json.Number:
		return numberText(v)
	case []byte:
		return string(v)
	case json.RawMessage:
		return Text(Decode(v))
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.String:
		return r.String()
	case reflect.Bool:
		return strconv.FormatBool(r.Bool())
	}
	if f, ok := numeric(r); ok {
		return Decimal(f)
	}
	return ""
}

// Decimal returns the shortest decimal notation of f, without an exponent.
func Decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// numberText converts a JSON number; an integer of any length keeps its digits.
func numberText(n json.Number) string {
	if IsInteger(string(n)) {
		return string(n)
	}
	f, err := n.Float64()
	if err != nil {
		return ""
	}
	return Decimal(f)
}

// IsInteger reports whether a JSON number has neither fraction nor exponent.
func IsInteger(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

// List converts a value to its unique, non-empty texts in order. A text with a JSON list of
// texts, as forms send it, becomes that list. The result is never nil; the argument is not
// changed.
func List(v any) []string {
	switch v := v.(type) {
	case nil:
		return []string{}
	case string:
		return textList(v)
	case []string:
		return Unique(slices.Clone(v))
	case []any:
		list := make([]string, len(v))
		for i, item := range v {
			list[i] = Text(item)
		}
		return Unique(list)
	case json.RawMessage:
		return List(Decode(v))
	}
	if s := Text(v); s != "" {
		return []string{s}
	}
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Slice && r.Kind() != reflect.Array {
		return []string{}
	}
	list := make([]string, r.Len())
	for i := range list {
		list[i] = Text(r.Index(i).Interface())
	}
	return Unique(list)
}

// textList is List for a text.
func textList(s string) []string {
	if s == "" {
		return []string{}
	}
	// A search for the bracket saves the parser for nearly all texts.
	if strings.IndexByte(s, '[') >= 0 {
		var list []string
		if json.Unmarshal([]byte(s), &list) == nil {
			return Unique(list)
		}
	}
	return []string{s}
}

// Unique removes empty and repeated items in place, and keeps the first of each. The result is
// never nil.
func Unique(list []string) []string {
	if len(list) > 16 { // the quadratic search below would be slow
		return uniqueLong(list)
	}
	kept := list[:0]
	for _, s := range list {
		if s != "" && !slices.Contains(kept, s) {
			kept = append(kept, s)
		}
	}
	if kept == nil {
		return []string{}
	}
	return kept
}

// uniqueLong is Unique for long lists, with a set.
func uniqueLong(list []string) []string {
	seen := make(map[string]bool, len(list))
	kept := list[:0]
	for _, s := range list {
		if s != "" && !seen[s] {
			seen[s] = true
			kept = append(kept, s)
		}
	}
	return kept
}

// last returns the item of a list that a single-value field keeps.
func last(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1]
}

// Choice converts a value for a field with one text (a string) or with several (a []string).
func Choice(v any, multiple bool) any {
	if multiple {
		return List(v)
	}
	if s, ok := v.(string); ok && strings.IndexByte(s, '[') < 0 {
		return s
	}
	return last(List(v))
}

// Number converts a value to a number, 0 if that is not possible. Numbers out of range become
// infinite, which validation refuses.
func Number(v any) float64 {
	switch v := v.(type) {
	case nil:
		return 0
	case float64:
		return v
	case json.Number:
		f, _ := v.Float64() // out of range: infinite, which Validate refuses
		return f
	case bool:
		if v {
			return 1
		}
		return 0
	case string:
		return parseFloat(v)
	case json.RawMessage:
		return Number(Decode(v))
	}
	r := reflect.ValueOf(v)
	if f, ok := numeric(r); ok {
		return f
	}
	switch r.Kind() {
	case reflect.String:
		return parseFloat(r.String())
	case reflect.Bool:
		return Number(r.Bool())
	}
	return 0
}

// parseFloat parses a decimal number, infinity or NaN, with spaces around it. All other texts,
// including hexadecimal numbers, are 0.
func parseFloat(s string) float64 {
	if strings.ContainsAny(s, "xX") {
		return 0
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil {
		return 0
	}
	return f
}

// Exact reports whether Number keeps all digits of an integer.
func Exact(v any) bool {
	switch v := v.(type) {
	case json.Number:
		return exactText(string(v))
	case string:
		return exactText(strings.TrimSpace(v))
	case json.RawMessage:
		return Exact(Decode(v))
	case int64:
		return exactInt(v)
	case int:
		return exactInt(int64(v))
	// Numbers of 1<<63 and above are no int64; a double holds few of them exactly, and no column
	// does.
	case uint64:
		return v <= 1<<53 || v < 1<<63 && exactInt(int64(v))
	}
	return true
}

// exactInt reports whether a float64 holds the integer exactly.
func exactInt(n int64) bool {
	f := float64(n)
	return f < 1<<63 && int64(f) == n
}

// exactText is exactInt for digits. Up to 15 digits always fit.
func exactText(s string) bool {
	if len(s) < 16 || !IsInteger(s) {
		return true
	}
	f, err := strconv.ParseFloat(s, 64)
	return err == nil && strconv.FormatFloat(f, 'f', 0, 64) == s
}

// numeric converts a number of any Go type.
func numeric(r reflect.Value) (float64, bool) {
	switch {
	case r.CanInt():
		return float64(r.Int()), true
	case r.CanUint():
		return float64(r.Uint()), true
	case r.CanFloat():
		return r.Float(), true
	}
	return 0, false
}

// Bool converts a value to a boolean, false if that is not possible.
func Bool(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		b, _ := strconv.ParseBool(v)
		return b
	case json.RawMessage:
		return Bool(Decode(v))
	}
	if r := reflect.ValueOf(v); r.Kind() == reflect.Bool {
		return r.Bool()
	}
	f := Number(v)
	return f != 0 && !math.IsNaN(f)
}

// Decode decodes a JSON text, with numbers as json.Number; nil if it is not valid.
func Decode(raw json.RawMessage) any {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}
