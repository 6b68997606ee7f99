package query

import (
	"math"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/query/lang"

	"github.com/loambase/loam/core/internal/store"
)

// value is a constant: NULL, a number or a text. True and false are the whole
// numbers 1 and 0.
type value struct {
	kind  valueKind
	whole bool // a number that the language has as an integer: prints as 5, not 5.0
	num   float64
	text  string
}

type valueKind uint8

const (
	valueNull valueKind = iota
	valueNumber
	valueText
)

var null = value{}

func number(f float64) value { return value{kind: valueNumber, num: f} }
func whole(n int) value      { return value{kind: valueNumber, num: float64(n), whole: true} }
func text(s string) value    { return value{kind: valueText, text: s} }

func truth(b bool) value {
	if b {
		return whole(1)
	}
	return whole(0)
}

// empty says whether the value is NULL or ”, which = and != take for the same.
func (v value) empty() bool {
	return v.kind == valueNull || v.kind == valueText && v.text == ""
}

// param is the value as a bound parameter.
func (v value) param() store.Value {
	switch {
	case v.kind == valueNumber && v.whole:
		return store.Int(int64(v.num))
	case v.kind == valueNumber:
		return store.Float(v.num)
	case v.kind == valueText:
		return store.Text(v.text)
	}
	return store.Null
}

// prints says whether every engine prints the value alike, so that asText tells
// what it is as text.
func (v value) prints() bool {
	return v.kind != valueNumber || v.whole || v.num == math.Trunc(v.num) && math.Abs(v.num) < 1e15
}

// asText is the value as text, as SQLite has it: a number that is not whole in kind
// has a point. But it has as few digits as tell it from all others; SQLite prints up
// to 17, and not always the nearest ones.
func (v value) asText() string {
	switch {
	case v.kind != valueNumber:
		return v.text
	case v.whole:
		return strconv.FormatFloat(v.num, 'f', -1, 64)
	case v.num == math.Trunc(v.num) && math.Abs(v.num) < 1e17:
		return strconv.FormatFloat(v.num+0, 'f', 1, 64) // + 0: there is no -0
	case math.Abs(v.num) >= 1e-4 && math.Abs(v.num) < 1e17:
		return strconv.FormatFloat(v.num, 'f', -1, 64)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v.num, 'e', -1, 64), "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	return mantissa + "e" + exponent
}

// pattern is the value as the right side of ~ takes it: numbers are printed as a
// client would write them.
func (v value) pattern() string {
	if v.kind == valueNumber {
		return strconv.FormatFloat(v.num, 'f', -1, 64)
	}
	return v.text
}

// numeric is the number that a text looks like: blanks around it, a sign, digits
// with or without a point, an exponent.
func numeric(s string) (float64, bool) {
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
	if err != nil && !math.IsInf(f, 0) { // too large is infinite
		return 0, false
	}
	return f, true
}
