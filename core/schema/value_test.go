package schema

import (
	"encoding/json"
	"reflect"
	"strconv"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

// row is a row of stored values.
type row []store.Value

func (r row) Next() bool                   { return false }
func (r row) Err() error                   { return nil }
func (r row) Close() error                 { return nil }
func (r row) Kind(col int) store.ValueKind { return r[col].Kind() }
func (r row) Bytes(col int) []byte         { return []byte(r.Text(col)) }
func (r row) Bool(col int) bool            { return r.Float(col) != 0 }
func (r row) Int(col int) int64            { return int64(r.Float(col)) }

func (r row) Text(col int) string {
	switch v := r[col]; v.Kind() {
	case store.KindInt:
		return strconv.FormatInt(v.AsInt(), 10)
	case store.KindFloat:
		return strconv.FormatFloat(v.AsFloat(), 'g', -1, 64)
	default:
		return v.AsText()
	}
}

func (r row) Float(col int) float64 {
	if v := r[col]; v.Kind() == store.KindFloat {
		return v.AsFloat()
	}
	return float64(r[col].AsInt())
}

func TestLoad(t *testing.T) {
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	one, many := &Select{}, &Select{MaxSelect: 3}
	for _, c := range []struct {
		kind   Kind
		stored store.Value
		want   any
	}{
		{&Text{}, store.Null, ""},
		{&Text{}, store.Text("x"), "x"},
		{&Text{}, store.Int(5), "5"},
		{&Password{}, store.Text("$2a$"), "$2a$"},
		{&Number{}, store.Int(5), 5.0},
		{&Number{}, store.Float(1.5), 1.5},
		{&Number{}, store.Text("1e3"), 1000.0},
		{&Number{}, store.Text("x"), 0.0},
		{&Number{}, store.Null, 0.0},
		{&Bool{}, store.Int(1), true},
		{&Bool{}, store.Text("true"), true},
		{&Bool{}, store.Null, false},
		{&Date{}, store.Text("2024-01-02 03:04:05.678Z"), "2024-01-02 03:04:05.678Z"},
		{&Autodate{}, store.Text("2024-01-02 03:04:05"), "2024-01-02 03:04:05.000Z"},
		{&Date{}, store.Text("nonsense"), ""},
		{&JSON{}, store.Null, json.RawMessage(nil)},
		{&JSON{}, store.Text("null"), json.RawMessage(nil)},
		{&JSON{}, store.Text(`{"a": 1}`), raw(`{"a": 1}`)},
		{&JSON{}, store.Int(7), raw("7")},
		{&JSON{}, store.Text("not json"), raw(`"not json"`)},
		{many, store.Null, []string{}},
		{many, store.Text(""), []string{}},
		{many, store.Text("[]"), []string{}},
		{many, store.Text(`["a"]`), []string{"a"}},
		{many, store.Text(`["a","b"]`), []string{"a", "b"}},
		{many, store.Text(`["a", "b"]`), []string{"a", "b"}},
		{many, store.Text(`["a","a",""]`), []string{"a"}},
		{many, store.Text(`["q\"","b"]`), []string{`q"`, "b"}},
		{many, store.Text("bare"), []string{"bare"}},
		{one, store.Text("a"), "a"},
		{one, store.Text(`["a","b"]`), "b"},
		{one, store.Null, ""},
		{&GeoPoint{}, store.Text(`{"lon":1.5,"lat":2}`), Point{1.5, 2}},
		{&GeoPoint{}, store.Text("x"), Point{}},
	} {
		f := &Field{Name: "f", Kind: c.kind}
		if got := f.Load(row{c.stored}, 0); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: Load(%v) = %#v, want %#v", f.Type(), c.stored, got, c.want)
		}
	}
}

func TestValue(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		v    any
		want store.Value
	}{
		{&Text{}, "x", store.Text("x")},
		{&Text{}, []string{"a"}, store.Text("")},
		{&Number{}, 5.0, store.Float(5)},
		{&Number{}, "5", store.Float(5)},
		{&Bool{}, true, store.Bool(true)},
		{&Select{MaxSelect: 2}, []string{"a", `b"`}, store.Text(`["a","b\""]`)},
		{&Select{MaxSelect: 2}, []string{}, store.Text("[]")},
		{&Select{MaxSelect: 2}, "a", store.Text(`["a"]`)},
		{&Select{}, "a", store.Text("a")},
		{&JSON{}, json.RawMessage(nil), store.Null},
		{&JSON{}, nil, store.Null},
		{&JSON{}, json.RawMessage("[1]"), store.Text("[1]")},
		{&JSON{}, json.RawMessage("{ \"b\" : \"a b\",\n\"a\": 1.50 }"), store.Text(`{"b":"a b","a":1.50}`)},
		{&JSON{}, "text", store.Text(`"text"`)},
		{&GeoPoint{}, Point{1, 2}, store.Text(`{"lon":1,"lat":2}`)},
		{&Date{}, "2024-01-02", store.Text("2024-01-02")},
		{&Date{}, nil, store.Text("")},
	} {
		f := &Field{Name: "f", Kind: c.kind}
		if got := f.Value(c.v); got != c.want {
			t.Errorf("%s: Value(%#v) = %+v, want %+v", f.Type(), c.v, got, c.want)
		}
	}
}
