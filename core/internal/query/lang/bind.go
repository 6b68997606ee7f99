// Placeholders {:name}: filters in Go code take their values as parameters, never as text.

package lang

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// Bind parses a filter of Go code and replaces its placeholders {:name} by params[name]. Values
// are bound unchanged and never quoted into text, so they cannot change the expression. A
// placeholder without a parameter, a value of a type that a Value cannot have, and a text that
// cannot be parsed are an *Error. Parameters that do not occur in the text are ignored.
func Bind(text string, params map[string]any) (Expr, error) {
	e, err := parse(text, true)
	if err != nil {
		return nil, err
	}
	b := binder{params}
	return b.expr(e)
}

// binder replaces placeholders in a copy of a tree.
type binder struct{ params map[string]any }

// expr returns a copy of a parsed expression with its placeholders replaced.
func (b *binder) expr(e Expr) (Expr, error) {
	switch e := e.(type) {
	case *And:
		list, err := b.list(e.List)
		return &And{list}, err
	case *Or:
		list, err := b.list(e.List)
		return &Or{list}, err
	case *Compare:
		bound := *e
		var err error
		if bound.Left, err = b.operand(e.Left); err != nil {
			return nil, err
		}
		if bound.Right, err = b.operand(e.Right); err != nil {
			return nil, err
		}
		return &bound, nil
	}
	return e, nil // the parser makes no others
}

// list is expr for each part of a list.
func (b *binder) list(list []Expr) ([]Expr, error) {
	bound := make([]Expr, len(list))
	for i, part := range list {
		var err error
		if bound[i], err = b.expr(part); err != nil {
			return nil, err
		}
	}
	return bound, nil
}

// operand returns an operand with placeholders replaced, arguments of functions included.
func (b *binder) operand(o Operand) (Operand, error) {
	switch o := o.(type) {
	case Param:
		v, ok := b.params[o.Name]
		if !ok {
			return nil, &Error{Message: "missing parameter " + quoted(o.Name), Pos: o.Pos}
		}
		if err := checkValue(v); err != nil {
			return nil, &Error{Message: "parameter " + quoted(o.Name) + ": " + err.Error(), Pos: o.Pos}
		}
		pos, end := o.Position()
		return Value{V: v, Pos: pos, End: end}, nil
	case *Call:
		bound := *o
		bound.Args = make([]Operand, len(o.Args))
		for i, arg := range o.Args {
			var err error
			if bound.Args[i], err = b.operand(arg); err != nil {
				return nil, err
			}
		}
		return &bound, nil
	}
	return o, nil
}

// checkValue returns an error for a Go value that cannot be a Value: another type, NaN, or a text
// that not every engine can store.
func checkValue(v any) error {
	switch v := v.(type) {
	case string:
		return Storable(v)
	case nil, bool, time.Time:
		return nil
	}
	if f, ok := Float(v); !ok || math.IsNaN(f) {
		return &Error{Message: fmt.Sprintf("a value of type %T cannot be used", v)}
	}
	return nil
}

// Float converts a number of any Go type to the language's only number type. ok is false
// for other types.
func Float(v any) (f float64, ok bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case float32:
		return float64(v), true
	case int:
		return float64(v), true
	case int8:
		return float64(v), true
	case int16:
		return float64(v), true
	case int32:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint:
		return float64(v), true
	case uint8:
		return float64(v), true
	case uint16:
		return float64(v), true
	case uint32:
		return float64(v), true
	case uint64:
		return float64(v), true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	}
	return 0, false
}

// placeholder reads {:name}. It is a syntax error in texts of clients, which have no
// parameters.
func (l *lexer) placeholder() (token, error) {
	start := l.pos
	if !l.params || !strings.HasPrefix(l.src[start:], "{:") {
		return token{}, syntax(start, "unexpected character")
	}
	end := strings.IndexByte(l.src[start:], '}')
	if end < 0 {
		return token{}, syntax(start, "placeholder without end")
	}
	name := l.src[start+2 : start+end]
	if name == "" || strings.Trim(name, nameChars) != "" {
		return token{}, syntax(start, "invalid placeholder "+quoted(name))
	}
	l.pos = start + end + 1
	return token{tokenParam, name, start}, nil
}

// nameChars are the characters of a placeholder's name.
const nameChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
