package lang

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// Bind parses a text of Go code whose placeholders {:name} stand for params[name],
// which is bound as it is and never quoted into the text. A parameter without value,
// or of a type that a Value cannot have, is an *Error, as is a text that does not
// parse. Parameters that the text does not name are left out.
func Bind(text string, params map[string]any) (Expr, error) {
	e, err := parse(text, true)
	if err != nil {
		return nil, err
	}
	b := binder{params}
	return b.expr(e)
}

type binder struct{ params map[string]any }

// expr is a copy of a parsed expression with its placeholders replaced.
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

// checkValue refuses what a Value cannot be.
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

// Float is a number of any Go type as the language has it.
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

// placeholder takes {:name}.
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

const nameChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
