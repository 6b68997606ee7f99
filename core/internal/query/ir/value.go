// Constants: NULL, numbers and texts, with SQLite's conversions between them.

package ir

import (
	"math"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/query/lang"

	"github.com/loambase/loam/core/internal/store"
)

// Value is a constant of an expression: NULL, a number or a text. true and false are the integers 1
// and 0.
type Value struct {
	Kind  valueKind
	whole bool  // an integer of the language: it prints as 5, not 5.0
	long  int64 // the exact value of an integer beyond 2^53, otherwise 0
	Num   float64
	Text  string
}

type valueKind uint8

// The kinds of constants.
const (
	ValueNull valueKind = iota
	ValueNumber
	ValueText
)

// Null is NULL.
var Null = Value{}

// Number returns the constant of a number of a literal or a document.
func Number(f float64) Value { return Value{Kind: ValueNumber, Num: f} }

// Whole returns the constant of an integer.
func Whole(n int) Value { return Value{Kind: ValueNumber, Num: float64(n), whole: true} }

// Long returns the constant of an integer that a float64 may not hold.
func Long(n int64) Value { return Value{Kind: ValueNumber, Num: float64(n), long: n} }

// Text returns the constant of a text.
func Text(s string) Value { return Value{Kind: ValueText, Text: s} }

// TruthOf returns the constant 1 or 0.
func TruthOf(b bool) Value {
	if b {
		return Whole(1)
	}
	return Whole(0)
}

// Exact reports whether the value is an integer that a float64 may not hold.
func (v Value) Exact() bool { return v.long != 0 }

// empty reports whether the value is NULL or an empty text, which are equal for = and !=.
func (v Value) empty() bool {
	return v.Kind == ValueNull || v.Kind == ValueText && v.Text == ""
}

// Param returns the value as a bound parameter.
func (v Value) Param() store.Value {
	switch {
	case v.long != 0:
		return store.Int(v.long)
	case v.Kind == ValueNumber && v.whole:
		return store.Int(int64(v.Num))
	case v.Kind == ValueNumber:
		return store.Float(v.Num)
	case v.Kind == ValueText:
		return store.Text(v.Text)
	}
	return store.Null
}

// prints reports whether every engine prints the value in the same way, so that AsText returns
// its text.
func (v Value) prints() bool {
	return v.Kind != ValueNumber || v.whole || v.Num == math.Trunc(v.Num) && math.Abs(v.Num) < 1e15
}

// AsText returns the value as text like SQLite: a number that is not an integer has a point.
// Unlike SQLite, which prints up to 17 digits, and not always the nearest ones, it has the fewest
// digits that identify the number.
func (v Value) AsText() string {
	switch {
	case v.Kind != ValueNumber:
		return v.Text
	case v.whole:
		return strconv.FormatFloat(v.Num, 'f', -1, 64)
	case v.Num == math.Trunc(v.Num) && math.Abs(v.Num) < 1e17:
		return strconv.FormatFloat(v.Num+0, 'f', 1, 64) // + 0 converts -0 to 0
	case math.Abs(v.Num) >= 1e-4 && math.Abs(v.Num) < 1e17:
		return strconv.FormatFloat(v.Num, 'f', -1, 64)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v.Num, 'e', -1, 64), "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	return mantissa + "e" + exponent
}

// Pattern returns the value as the right side of ~: numbers are printed as a client would write
// them.
func (v Value) Pattern() string {
	if v.Kind == ValueNumber {
		return strconv.FormatFloat(v.Num, 'f', -1, 64)
	}
	return v.Text
}

// Numeric returns the number of a text that has the form of a number: spaces around it, a sign,
// digits with or without a point, an exponent.
func Numeric(s string) (float64, bool) {
	s = strings.Trim(s, " \t\n\v\f\r")
	digits := false
	for i := range len(s) {
		switch c := s[i]; {
		case lang.IsDigit(c):
			digits = true
		case c == '.' || c == '+' || c == '-':
		case (c == 'e' || c == 'E') && digits:
		default:
			return 0, false
		}
	}
	if !digits {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) { // a number that is too large becomes infinite
		return 0, false
	}
	return f, true
}

// Bound returns a bound value as a constant.
func Bound(v store.Value) Value {
	switch v.Kind() {
	case store.KindText:
		return Text(v.AsText())
	case store.KindFloat:
		f := v.AsFloat() // a number column stores whole numbers as integers
		return Value{Kind: ValueNumber, Num: f, whole: f == math.Trunc(f) && math.Abs(f) < 1<<53}
	case store.KindInt, store.KindBool:
		return Whole(int(v.AsInt()))
	}
	return Null
}

// AsNumber returns a number unchanged, the number that a text has the form of, or NULL.
func (v Value) AsNumber() Value {
	if v.Kind != ValueText {
		return v
	}
	if f, ok := Numeric(v.Text); ok {
		return Number(f)
	}
	return Null
}
