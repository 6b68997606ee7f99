// The values of fields as Go types of a program's own.

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

// codec moves values between a Record, where each kind has one Go type (schema.Kind), and a
// field of a struct. scan is load of what a row holds.
type codec interface {
	load(to reflect.Value, value any) error
	store(from reflect.Value) (any, error)
	scan(to reflect.Value, c *cell) error
}

// cell is a value of a row that becomes a field of a struct.
type cell struct {
	rows  store.Rows
	col   int
	field *schema.Field
	class schema.Class
	texts rowTexts
}

// load is the value as a Record holds it.
func (c *cell) load() any { return c.field.Load(c.rows, c.col) }

// rowTexts gathers the texts of a row, so that they share one allocation.
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

// set puts the texts of the row into their fields.
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

// scan copies the usual form of a text; any other is loaded.
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

// setNumber refuses a number that the type would change: a fraction, or one out of its range.
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

// store refuses an integer that a number field, which is a float64, would change.
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
