package schema

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestCast(t *testing.T) {
	type named string
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	list := func(s ...string) []string { return append([]string{}, s...) }
	one, many := &Select{MaxSelect: 1}, &Select{MaxSelect: 3}
	for _, c := range []struct {
		kind Kind
		in   any
		want any
	}{
		{&Text{}, nil, ""},
		{&Text{}, "  as is ", "  as is "},
		{&Text{}, true, "true"},
		{&Text{}, 1.5, "1.5"},
		{&Text{}, 1e21, "1000000000000000000000"},
		{&Text{}, 1e-7, "0.0000001"},
		{&Text{}, json.Number("1e3"), "1000"},
		{&Text{}, json.Number("9007199254740993"), "9007199254740993"},
		{&Text{}, json.Number("1.50"), "1.5"},
		{&Text{}, json.Number("1e999"), ""},
		{&Text{}, 7, "7"},
		{&Text{}, named("n"), "n"},
		{&Text{}, map[string]any{"a": 1}, ""},
		{&Text{}, []any{"a"}, ""},
		{&Text{}, raw(`"x"`), "x"},

		{&Number{}, nil, 0.0},
		{&Number{}, "1e3", 1000.0},
		{&Number{}, "-2", -2.0},
		{&Number{}, "1_000", 1000.0},
		{&Number{}, " 1", 1.0},
		{&Number{}, "0x10", 0.0},
		{&Number{}, "0x1p4", 0.0},
		{&Number{}, "1,5", 0.0},
		{&Number{}, "abc", 0.0},
		{&Number{}, "", 0.0},
		{&Number{}, "Inf", math.Inf(1)},
		{&Number{}, "1e999", 0.0},
		{&Number{}, json.Number("1e999"), math.Inf(1)},
		{&Number{}, json.Number("12.5"), 12.5},
		{&Number{}, true, 1.0},
		{&Number{}, int64(3), 3.0},
		{&Number{}, uint8(3), 3.0},
		{&Number{}, []any{1.0}, 0.0},
		{&Number{}, map[string]any{}, 0.0},

		{&Bool{}, nil, false},
		{&Bool{}, "1", true}, {&Bool{}, "t", true}, {&Bool{}, "T", true},
		{&Bool{}, "TRUE", true}, {&Bool{}, "true", true}, {&Bool{}, "True", true},
		{&Bool{}, "yes", false}, {&Bool{}, "on", false}, {&Bool{}, "", false},
		{&Bool{}, 2.0, true}, {&Bool{}, 0.0, false}, {&Bool{}, json.Number("-1"), true},
		{&Bool{}, []any{true}, false},

		{many, nil, list()},
		{many, "", list()},
		{many, "a", list("a")},
		{many, `["a","b","a",""]`, list("a", "b")},
		{many, `[1,2]`, list("[1,2]")},
		{many, `a[`, list("a[")},
		{many, []any{"a", nil, 1.0, true, "a", []any{}}, list("a", "1", "true")},
		{many, []string{"b", "a", "b"}, list("b", "a")},
		{many, []named{"x", "x"}, list("x")},
		{many, map[string]any{"a": 1}, list()},
		{many, 5.0, list("5")},
		{many, raw(`["q"]`), list("q")},
		{one, []any{"a", "b"}, "b"},
		{one, `["a","b"]`, "b"},
		{one, "a", "a"},
		{one, nil, ""},
		{one, []any{}, ""},
		{&Relation{MaxSelect: 0}, []any{"x", "y"}, "y"},
		{&File{MaxSelect: 2}, "f.txt", list("f.txt")},

		{&Date{}, "2024-01-02 03:04:05.678Z", "2024-01-02 03:04:05.678Z"},
		{&Date{}, "2024-01-02T03:04:05.6789Z", "2024-01-02 03:04:05.678Z"},
		{&Date{}, "2024-01-02T03:04:05+02:00", "2024-01-02 01:04:05.000Z"},
		{&Date{}, "2024-01-02 03:04:05+02:00", "2024-01-02 01:04:05.000Z"},
		{&Date{}, "2024-01-02", "2024-01-02 00:00:00.000Z"},
		{&Date{}, "2024-01-02 03:04:05", "2024-01-02 03:04:05.000Z"},
		{&Date{}, "2024-01-02 03:04:05.12", "2024-01-02 03:04:05.120Z"},
		{&Date{}, "2024-01-02T03:04:05", "2024-01-02 03:04:05.000Z"},
		{&Date{}, "Tue, 02 Jan 2024 03:04:05 GMT", "2024-01-02 03:04:05.000Z"},
		{&Date{}, "Tue, 02 Jan 2024 03:04:05 +0100", "2024-01-02 02:04:05.000Z"},
		{&Date{}, "02 Jan 24 03:04 UTC", "2024-01-02 03:04:00.000Z"},
		{&Date{}, "02 Jan 2024", "2024-01-02 00:00:00.000Z"},
		{&Date{}, "2024-02-29 00:00:00.000Z", "2024-02-29 00:00:00.000Z"},
		{&Date{}, "2023-02-29 00:00:00.000Z", ""},
		{&Date{}, "2024-04-31", ""},
		{&Date{}, "2024-13-01 00:00:00.000Z", ""},
		{&Date{}, "2024-01-02 03:04", "2024-01-02 03:04:00.000Z"},
		{&Date{}, "20240102", ""},
		{&Date{}, "1704164645", ""},
		{&Date{}, 1704164645.0, ""},
		{&Date{}, json.Number("1704164645"), ""},
		{&Date{}, "0001-01-01 00:00:00.000Z", ""},
		{&Date{}, "9999-12-31T23:59:59-01:00", ""},
		{&Date{}, "0000-01-01 00:00:00.000Z", ""},
		{&Date{}, time.Date(2024, 1, 2, 3, 4, 5, 678999999, time.FixedZone("", 3600)), "2024-01-02 02:04:05.678Z"},
		{&Date{}, time.Time{}, ""},
		{&Date{}, "2024-01-02 03:04:60.000Z", ""},

		{&JSON{}, nil, raw("")},
		{&JSON{}, "", raw(`""`)},
		{&JSON{}, "null", raw("")},
		{&JSON{}, "true", raw("true")},
		{&JSON{}, "True", raw(`"True"`)},
		{&JSON{}, "12", raw("12")},
		{&JSON{}, "1.0", raw("1")},
		{&JSON{}, "[1.0]", raw("[1.0]")},
		{&JSON{}, `"\ud800"`, raw(`"\ufffd"`)},
		{&JSON{}, `["\uDC00\ud800","\ud83d\ude00","\ud800\ud83d\ude00x\\ud800"]`, raw(`["\ufffd\ufffd","\ud83d\ude00","\ufffd\ud83d\ude00x\\ud800"]`)},
		{&JSON{}, raw(`{"\udbffa":1}`), raw(`{"\ufffda":1}`)},
		{&JSON{}, raw(`"\`), raw(`"\`)}, {&JSON{}, raw(`"\ud8`), raw(`"\ud8`)},
		{&JSON{}, "-0", raw("0")},
		{&JSON{}, json.Number("1e999"), raw("1e999")},
		{&JSON{}, " 12", raw(`" 12"`)},
		{&JSON{}, "12 apples", raw(`"12 apples"`)},
		{&JSON{}, `{ "b": 1, "a": 2 }`, raw(`{ "b": 1, "a": 2 }`)},
		{&JSON{}, `["\ud800", "\ud83d\udca5", "\\ud800", "\uDC00\ud800"]`, raw(`["\ufffd", "\ud83d\udca5", "\\ud800", "\ufffd\ufffd"]`)},
		{&JSON{}, `{broken`, raw(`"{broken"`)},
		{&JSON{}, map[string]any{"b": json.Number("1.0"), "a": []any{nil, true, "x"}}, raw(`{"a":[null,true,"x"],"b":1}`)},
		{&JSON{}, json.Number("9007199254740993"), raw("9007199254740993")},
		{&JSON{}, json.Number("-123456789012345678901234567890"), raw("-1.2345678901234568e+29")},
		{&JSON{}, json.Number("0.10"), raw("0.1")},
		{&JSON{}, json.Number("1E2"), raw("100")},
		{&JSON{}, json.Number("1e400"), raw("1e400")},
		{&JSON{}, raw("null"), raw("")},
		{&JSON{}, raw(`[1, 2]`), raw(`[1, 2]`)},
		{&JSON{}, struct{ A int }{1}, raw(`{"A":1}`)},
		{&JSON{}, make(chan int), raw("")},

		{&GeoPoint{}, nil, Point{}},
		{&GeoPoint{}, map[string]any{"lon": 1.5, "lat": json.Number("2"), "x": 3}, Point{1.5, 2}},
		{&GeoPoint{}, map[string]any{"lon": "1.5", "lat": 2}, Point{0, 2}},
		{&GeoPoint{}, map[string]any{"lat": 2.0}, Point{0, 2}},
		{&GeoPoint{}, `{"lon":1,"lat":2}`, Point{1, 2}},
		{&GeoPoint{}, `{"lon":null,"lat":2}`, Point{0, 2}},
		{&GeoPoint{}, `[1,2]`, Point{}},
		{&GeoPoint{}, "1,2", Point{}},
		{&GeoPoint{}, []any{1.0, 2.0}, Point{}},
		{&GeoPoint{}, Point{3, 4}, Point{3, 4}},
	} {
		got := c.kind.Cast(c.in)
		if g, ok := got.(json.RawMessage); ok {
			if string(g) != string(c.want.(json.RawMessage)) {
				t.Errorf("%s: Cast(%#v) = %s, want %s", c.kind.Type(), c.in, g, c.want)
			}
			continue
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: Cast(%#v) = %#v, want %#v", c.kind.Type(), c.in, got, c.want)
		}
	}
}

func TestCastDropsRepetitionsOfLongLists(t *testing.T) {
	in := make([]any, 0, 3000)
	for i := range 3000 {
		in = append(in, strings.Repeat("x", 1+i%1500))
	}
	if got := (&Select{MaxSelect: 2}).Cast(in).([]string); len(got) != 1500 || got[0] != "x" {
		t.Errorf("Cast of a list of 3000 with 1500 different = %d items, want 1500", len(got))
	}
}

func TestZeroIsWhatCastMakesOfNothing(t *testing.T) {
	for _, k := range allKinds() {
		zero := k.Zero()
		if got := k.Cast(nil); !reflect.DeepEqual(got, zero) {
			t.Errorf("%s: Cast(nil) = %#v, want Zero() = %#v", k.Type(), got, zero)
		}
		if reflect.TypeOf(k.Cast("x")) != reflect.TypeOf(zero) {
			t.Errorf("%s: Cast(x) is a %T, want a %T", k.Type(), k.Cast("x"), zero)
		}
		if fail := k.Validate(&Field{Name: "f", Kind: k}, zero); fail != nil {
			t.Errorf("%s: Validate(zero) = %v, want nil", k.Type(), fail)
		}
		if k.Type() == "autodate" {
			continue
		}
		if fail := k.Validate(&Field{Name: "f", Kind: k, Required: true}, zero); fail == nil || fail.Code != "validation_required" {
			t.Errorf("%s: Validate(zero) of a required field = %v, want validation_required", k.Type(), fail)
		}
	}
}

func allKinds() []Kind {
	return []Kind{&Text{}, &Editor{}, &Number{}, &Bool{}, &Email{}, &URL{}, &Date{}, &Autodate{},
		&Select{Values: []string{"a"}}, &Select{Values: []string{"a", "b"}, MaxSelect: 2}, &JSON{}, &File{}, &File{MaxSelect: 2},
		&Relation{}, &Relation{MaxSelect: 2}, &Password{}, &GeoPoint{}}
}

func FuzzCast(f *testing.F) {
	for _, s := range []string{"", "null", `{"a":[1,"x"]}`, `["a","a"]`, "1e400", "2024-01-02 03:04:05.678Z", `{"lon":1}`, "\x00\xff", "[", `"\u0000"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		inputs := []any{s, json.RawMessage(s), []any{s, s}, map[string]any{s: s, "lon": s}}
		d := json.NewDecoder(strings.NewReader(s))
		d.UseNumber()
		var v any
		if d.Decode(&v) == nil {
			inputs = append(inputs, v)
		}
		for _, k := range allKinds() {
			field := &Field{Name: "f", Kind: k, Required: true}
			for _, in := range inputs {
				got := k.Cast(in)
				field.Value(got)
				if out := AppendValue(nil, field, got); !json.Valid(out) {
					t.Errorf("%s: Cast(%#v) is written as %q, which is not JSON", k.Type(), in, out)
				}
				if k.Validate(field, got) != nil || strings.Contains(s, "[") { // a list inside a text is decoded only once
					continue
				}
				if again := k.Cast(got); !reflect.DeepEqual(again, got) {
					t.Errorf("%s: Cast(%#v) = %#v, and cast again %#v", k.Type(), in, got, again)
				}
			}
		}
	})
}

func BenchmarkCastBody(b *testing.B) {
	body := map[string]any{"title": "A short plain title", "views": json.Number("42"), "public": true,
		"tags": []any{"a", "b"}, "published": "2024-01-02 03:04:05.678Z", "author": "abcdefghij12345"}
	fields := map[string]Kind{"title": &Text{}, "views": &Number{}, "public": &Bool{},
		"tags": &Select{MaxSelect: 3}, "published": &Date{}, "author": &Relation{MaxSelect: 1}}
	b.ReportAllocs()
	for b.Loop() {
		for name, v := range body {
			fields[name].Cast(v)
		}
	}
}

// A column of numbers has no -0, so a response must not have it either.
func TestCastNegativeZero(t *testing.T) {
	for _, v := range []any{math.Copysign(0, -1), json.Number("-0.0"), "-0"} {
		if got := (&Number{}).Cast(v).(float64); got != 0 || math.Signbit(got) {
			t.Errorf("Cast(%v) = %v, want 0", v, got)
		}
	}
}
