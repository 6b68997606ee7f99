// Codecs: conversion between the values of a Record and the fields of a program's structs.

package record

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// codec converts between the value of a field in a Record, whose Go type depends on the kind of
// the field (schema.Kind), and the value of a field of a struct: load and scan set the struct's
// field, from a value of a Record and from a cell of a row; store returns the value for a Record.
type codec interface {
	load(to reflect.Value, value any) error
	store(from reflect.Value) (any, error)
	scan(to reflect.Value, c *cell) error
}

// cell is the source of codec.scan: one column of the current row.
type cell struct {
	rows  store.Rows
	col   int
	field *schema.Field
	class schema.Class
	texts rowTexts
}

// load returns the value in the form of a Record.
func (c *cell) load() any { return c.field.Load(c.rows, c.col) }

// rowTexts collects the strings of a row, so that they share one allocation.
type rowTexts struct {
	buf    []byte
	places []textPlace
}

type textPlace struct {
	to         reflect.Value
	start, end int
}

func (t *rowTexts) add(to reflect.Value, text []byte) {
	start := len(t.buf)
	t.buf = append(t.buf, text...)
	t.places = append(t.places, textPlace{to, start, len(t.buf)})
}

// set assigns the collected strings to their fields, and empties the collection.
func (t *rowTexts) set() {
	all := string(t.buf)
	for _, p := range t.places {
		p.to.SetString(all[p.start:p.end])
	}
	t.buf, t.places = t.buf[:0], t.places[:0]
}

var (
	timeType  = reflect.TypeFor[time.Time]()
	pointType = reflect.TypeFor[schema.Point]()
)

// codecOf returns the codec between a field and a Go type, nil if the type cannot hold it.
func codecOf(f *schema.Field, t reflect.Type) codec {
	class := f.Kind.Class()
	switch {
	case f.Multiple():
		if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.String {
			return listCodec{}
		}
	case class == schema.ClassDate && t == timeType:
		return timeCodec{}
	case class == schema.ClassNumber:
		if isNumber(t.Kind()) {
			return numberCodec{}
		}
	case class == schema.ClassBool:
		if t.Kind() == reflect.Bool {
			return boolCodec{}
		}
	case class == schema.ClassJSON:
		return jsonCodec{}
	case class == schema.ClassPoint:
		if t.ConvertibleTo(pointType) {
			return pointCodec{}
		}
	default: // text, date, password, a single choice
		if t.Kind() == reflect.String {
			return textCodec{}
		}
	}
	return nil
}

func isNumber(k reflect.Kind) bool {
	return k >= reflect.Int && k <= reflect.Float64 && k != reflect.Uintptr
}

type textCodec struct{}

func (textCodec) load(to reflect.Value, value any) error {
	s, _ := value.(string)
	to.SetString(s)
	return nil
}

func (textCodec) store(from reflect.Value) (any, error) { return from.String(), nil }

// scan copies the bytes of the row if they are in the usual stored form of the class. Values in
// any other form take the slower path through load.
func (k textCodec) scan(to reflect.Value, c *cell) error {
	b := c.rows.Bytes(c.col)
	switch c.class {
	case schema.ClassText:
	case schema.ClassDate:
		if !plainTime(b) {
			return k.load(to, c.load())
		}
	case schema.ClassChoice:
		if !plainChoice(b) {
			return k.load(to, c.load())
		}
	default:
		return k.load(to, c.load())
	}
	c.texts.add(to, b)
	return nil
}

type boolCodec struct{}

func (boolCodec) load(to reflect.Value, value any) error {
	b, _ := value.(bool)
	to.SetBool(b)
	return nil
}

func (k boolCodec) scan(to reflect.Value, c *cell) error {
	if kind := c.rows.Kind(c.col); kind == store.KindInt || kind == store.KindBool {
		to.SetBool(c.rows.Bool(c.col))
		return nil
	}
	return k.load(to, c.load())
}

func (boolCodec) store(from reflect.Value) (any, error) { return from.Bool(), nil }

type timeCodec struct{}

func (timeCodec) load(to reflect.Value, value any) error {
	s, _ := value.(string)
	t, _ := time.Parse(schema.TimeLayout, s) // "" is the zero time
	to.Set(reflect.ValueOf(t))
	return nil
}

func (k timeCodec) scan(to reflect.Value, c *cell) error { return k.load(to, c.load()) }

func (timeCodec) store(from reflect.Value) (any, error) {
	t := from.Interface().(time.Time)
	if t.IsZero() {
		return "", nil
	}
	return schema.FormatTime(t), nil
}

type numberCodec struct{}

func (numberCodec) load(to reflect.Value, value any) error {
	n, _ := value.(float64)
	return setNumber(to, n)
}

func (k numberCodec) scan(to reflect.Value, c *cell) error {
	switch c.rows.Kind(c.col) {
	case store.KindInt, store.KindFloat:
		return setNumber(to, c.rows.Float(c.col))
	}
	return k.load(to, c.load())
}

// setNumber sets a numeric field of a struct. A number that the field's type cannot hold exactly,
// a fraction in an integer or a number out of range, is an error.
func setNumber(to reflect.Value, n float64) error {
	switch {
	case to.CanFloat():
		to.SetFloat(n)
		return nil
	case n != math.Trunc(n):
	case to.CanInt() && n >= -1<<63 && n < 1<<63 && !to.OverflowInt(int64(n)):
		to.SetInt(int64(n))
		return nil
	case to.CanUint() && n >= 0 && n < 1<<64 && !to.OverflowUint(uint64(n)):
		to.SetUint(uint64(n))
		return nil
	}
	return fmt.Errorf("%v is no %s", n, to.Type())
}

// store converts to float64. An integer beyond 2⁵³ is an error, since float64 would round it.
func (numberCodec) store(from reflect.Value) (any, error) {
	const exact = 1 << 53
	switch {
	case from.CanFloat():
		return from.Float(), nil
	case from.CanInt():
		if n := from.Int(); n >= -exact && n <= exact {
			return float64(n), nil
		}
	default:
		if n := from.Uint(); n <= exact {
			return float64(n), nil
		}
	}
	return nil, fmt.Errorf("%v is beyond 2⁵³, up to which numbers are exact", from.Interface())
}

type listCodec struct{}

func (listCodec) load(to reflect.Value, value any) error {
	list := choices(value)
	out := reflect.MakeSlice(to.Type(), len(list), len(list))
	for i, s := range list {
		out.Index(i).SetString(s)
	}
	to.Set(out)
	return nil
}

func (k listCodec) scan(to reflect.Value, c *cell) error { return k.load(to, c.load()) }

func (listCodec) store(from reflect.Value) (any, error) {
	list := make([]string, from.Len())
	for i := range list {
		list[i] = from.Index(i).String()
	}
	return list, nil
}

type jsonCodec struct{}

func (jsonCodec) load(to reflect.Value, value any) error {
	raw, _ := value.(json.RawMessage)
	if len(raw) == 0 {
		to.SetZero()
		return nil
	}
	return json.Unmarshal(raw, to.Addr().Interface())
}

func (k jsonCodec) scan(to reflect.Value, c *cell) error { return k.load(to, c.load()) }

func (jsonCodec) store(from reflect.Value) (any, error) {
	raw, err := json.Marshal(from.Interface())
	return json.RawMessage(raw), err
}

type pointCodec struct{}

func (pointCodec) load(to reflect.Value, value any) error {
	p, _ := value.(schema.Point)
	to.Set(reflect.ValueOf(p).Convert(to.Type()))
	return nil
}

func (k pointCodec) scan(to reflect.Value, c *cell) error { return k.load(to, c.load()) }

func (pointCodec) store(from reflect.Value) (any, error) {
	return from.Convert(pointType).Interface(), nil
}
