package schema

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

// standardString returns s as encoding/json writes it without its escapes for HTML and
// JavaScript. Bytes that are not UTF-8 become the escape \ufffd in some versions of Go and the
// character itself in others: we write the escape. ok is false for a text that also has the
// character, which both keep.
func standardString(s string) (text string, ok bool) {
	raw, _ := Marshal(s)
	if utf8.ValidString(s) {
		return string(raw), true
	}
	return strings.ReplaceAll(string(raw), "\ufffd", `\ufffd`), !strings.Contains(s, "\ufffd")
}

func TestMarshal(t *testing.T) {
	for _, c := range []struct {
		v    any
		want string
	}{
		{"<b> & \u2028\u2029", "\"<b> & \u2028\u2029\""},
		{"\\u2028 \\", `"\\u2028 \\"`},
		{"\\\u2028\\", "\"\\\\\u2028\\\\\""},
		{map[string]any{"<": json.RawMessage(`"\u003c"`), "\u2029": []any{nil, 1}}, "{\"<\":\"\\u003c\",\"\u2029\":[null,1]}"},
	} {
		if got, err := Marshal(c.v); err != nil || string(got) != c.want {
			t.Errorf("Marshal(%q) = %s, %v, want %s", c.v, got, err, c.want)
		}
	}
	if got, err := Marshal(math.Inf(1)); err == nil {
		t.Errorf("Marshal(infinity) = %s", got)
	}
}

func TestAppendStringIsWhatTheStandardEncoderWrites(t *testing.T) {
	for _, s := range []string{
		"", "a", "plain ascii of more than eight bytes", `quo"te`, `back\slash`, "<b>&</b>", "tab\tnew\nret\r\b\f\x01\x1f\x7f",
		"Zürich", "日本語テキスト", "line\u2028sep\u2029end", "bad\xffutf8", "\xe2\x80", "trail\xe2", "\ufffd", "😀",
		strings.Repeat("x", 100) + `"`, "1234567<", "12345678<", "\x00",
	} {
		want, _ := standardString(s)
		if got := AppendString(nil, s); string(got) != want {
			t.Errorf("AppendString(%q) = %s, want %s", s, got, want)
		}
		if got := AppendString(nil, []byte(s)); string(got) != want {
			t.Errorf("AppendString([]byte(%q)) = %s, want %s", s, got, want)
		}
	}
}

func FuzzAppendString(f *testing.F) {
	f.Add("a<b\u2028\xff")
	f.Fuzz(func(t *testing.T, s string) {
		want, ok := standardString(s)
		if got := AppendString(nil, s); ok && string(got) != want {
			t.Errorf("AppendString(%q) = %s, want %s", s, got, want)
		}
	})
}

func TestAppendNumberIsWhatTheStandardEncoderWrites(t *testing.T) {
	for _, f := range []float64{0, 1, -1, 123456.0, 0.1, 1.5, -2.25, 1e20, 1e21, 1.5e300, 1e-6, 1e-7, 3e-9, 1 << 53, 1<<53 + 2,
		-(1 << 53), math.MaxFloat64, math.SmallestNonzeroFloat64, math.Copysign(0, -1), 9.2e18, -9.3e18, 100000000.5} {
		want, _ := json.Marshal(f)
		if got := AppendNumber(nil, f); !bytes.Equal(got, want) {
			t.Errorf("AppendNumber(%v) = %s, want %s", f, got, want)
		}
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got := AppendNumber(nil, f); string(got) != "0" {
			t.Errorf("AppendNumber(%v) = %s, want 0", f, got)
		}
	}
}

func TestAppendJSON(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", "null"},
		{"null", "null"},
		{` { "a" : [ 1 , 2.0 ] } `, `{"a":[1,2.0]}`},
		{`{"a b":" x "}`, `{"a b":" x "}`},
		{`"<&>"`, `"<&>"`},
		{"\"a\u2028b\u2029\"", "\"a\u2028b\u2029\""},
		{`"\"<" `, `"\"<"`},
		{`"\u003c"`, `"\u003c"`},
		{`"\\"`, `"\\"`},
		{"not json", `"not json"`},
		{`{"a":`, `"{\"a\":"`},
		{"9007199254740993", "9007199254740993"},
	} {
		if got := AppendJSON(nil, []byte(c.in)); string(got) != c.want {
			t.Errorf("AppendJSON(%q) = %s, want %s", c.in, got, c.want)
		}
	}
}

func FuzzAppendJSON(f *testing.F) {
	f.Add([]byte(`{"a" : "<\u2028\\\"" }`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := AppendJSON(nil, raw)
		if !json.Valid(got) {
			t.Fatalf("AppendJSON(%q) = %q, which is not JSON", raw, got)
		}
		if len(raw) == 0 || !json.Valid(raw) {
			return
		}
		var want bytes.Buffer
		if err := json.Compact(&want, raw); err != nil || !bytes.Equal(got, want.Bytes()) {
			t.Errorf("AppendJSON(%q) = %s, want %s", raw, got, &want)
		}
	})
}

func TestAppendValue(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		v    any
		want string
	}{
		{&Text{}, "a<", `"a<"`},
		{&Number{}, 123456.0, "123456"},
		{&Bool{}, true, "true"},
		{&Select{MaxSelect: 2}, []string{"a", `b"`}, `["a","b\""]`},
		{&Select{MaxSelect: 2}, []string{}, `[]`},
		{&JSON{}, json.RawMessage(nil), "null"},
		{&JSON{}, json.RawMessage(`{"b": 1}`), `{"b":1}`},
		{&GeoPoint{}, Point{8.5, 47.25}, `{"lon":8.5,"lat":47.25}`},
		{&Password{}, "$2a$10$abcdef", `""`},
		{&Text{}, nil, `""`},
	} {
		f := &Field{Name: "f", Kind: c.kind}
		if got := AppendValue(nil, f, c.v); string(got) != c.want {
			t.Errorf("AppendValue(%s, %#v) = %s, want %s", f.Type(), c.v, got, c.want)
		}
	}
}

func BenchmarkAppendString(b *testing.B) {
	for name, s := range map[string]string{
		"ascii 20": "A short plain title.",
		"ascii 1k": strings.Repeat("Some plain running text, ", 40),
		"utf8 1k":  strings.Repeat("Grüße aus Zürich, ", 55),
	} {
		b.Run(name, func(b *testing.B) {
			dst := make([]byte, 0, 4096)
			b.SetBytes(int64(len(s)))
			b.ReportAllocs()
			for b.Loop() {
				dst = AppendString(dst[:0], s)
			}
		})
	}
}
