// Values: the parameters of statements.

package store

// ValueKind is the storage class of a value.
type ValueKind uint8

// The storage classes.
const (
	KindNull ValueKind = iota
	KindInt
	KindFloat
	KindText
	KindBool
)

// Value is a bound parameter: one scalar. It needs no separate heap allocation. The zero Value is
// NULL.
type Value struct {
	kind ValueKind
	n    int64
	f    float64
	s    string
}

// Null is the SQL NULL.
var Null = Value{}

// Text binds a string.
func Text(s string) Value { return Value{kind: KindText, s: s} }

// Int binds an integer.
func Int(n int64) Value { return Value{kind: KindInt, n: n} }

// Float binds a double.
func Float(f float64) Value { return Value{kind: KindFloat, f: f} }

// Bool binds a boolean.
func Bool(b bool) Value {
	v := Value{kind: KindBool}
	if b {
		v.n = 1
	}
	return v
}

// Kind returns the storage class of the value.
func (v Value) Kind() ValueKind { return v.kind }

// AsText returns the string of a KindText value.
func (v Value) AsText() string { return v.s }

// AsInt returns the integer of a KindInt value, 0 or 1 of a KindBool value.
func (v Value) AsInt() int64 { return v.n }

// AsFloat returns the number of a KindFloat value.
func (v Value) AsFloat() float64 { return v.f }

// AsBool returns the boolean of a KindBool value.
func (v Value) AsBool() bool { return v.n != 0 }
