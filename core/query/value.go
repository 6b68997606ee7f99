package query

import (
	"math"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/store"
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
	switch v.kind {
	case valueNumber:
		return store.Float(v.num)
	case valueText:
		return store.Text(v.text)
	}
	return store.Null
}

// asText is the value as SQLite prints it.
func (v value) asText() string {
	switch {
	case v.kind == valueText:
		return v.text
	case v.kind == valueNull:
		return ""
	case v.whole:
		return strconv.FormatFloat(v.num, 'f', -1, 64)
	}
	return realText(v.num)
}

// pattern is the value as the right side of ~ takes it: numbers are printed as a
// client would write them.
func (v value) pattern() string {
	if v.kind == valueNumber {
		return strconv.FormatFloat(v.num, 'f', -1, 64)
	}
	return v.text
}

// realText prints a double as SQLite does when a text column is compared with it:
// 15 digits, 17 where these are not enough, and always a point.
func realText(f float64) string {
	if math.IsInf(f, 0) {
		return strings.TrimPrefix(strconv.FormatFloat(f, 'g', -1, 64), "+")
	}
	if f == 0 {
		return "0.0"
	}
	digits := strconv.FormatFloat(f, 'e', 14, 64)
	if back, _ := strconv.ParseFloat(digits, 64); back != f {
		digits = strconv.FormatFloat(f, 'e', 16, 64)
	}
	mantissa, exp, _ := strings.Cut(digits, "e")
	e, _ := strconv.Atoi(exp)
	mantissa = strings.TrimRight(mantissa, "0")
	if e >= -4 && e < 17 {
		return positional(strings.Replace(mantissa, ".", "", 1), e)
	}
	if strings.HasSuffix(mantissa, ".") {
		mantissa += "0"
	}
	return mantissa + "e" + exp
}

// positional writes digits (with a sign) whose first stands for 10^e.
func positional(digits string, e int) string {
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	if e < 0 {
		return sign + "0." + strings.Repeat("0", -e-1) + digits
	}
	if n := e + 1 - len(digits); n > 0 {
		digits += strings.Repeat("0", n)
	}
	rest := digits[e+1:]
	if rest == "" {
		rest = "0"
	}
	return sign + digits[:e+1] + "." + rest
}

// numeric is the number that a text looks like: blanks around it, a sign, digits
// with or without a point, an exponent.
func numeric(s string) (float64, bool) {
	s = strings.Trim(s, " \t\n\v\f\r")
	digits := false
	for i := range len(s) {
		switch c := s[i]; {
		case isDigit(c):
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
