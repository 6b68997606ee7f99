package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/loambase/loam/core/fault"
)

const album = `{"collectionId":"c1","expand":{"artist":{"id":"a1","name":"Ann","secret":"s"},"tags":[{"id":"t1","name":"x"},{"id":"t2","name":"y"}]},` +
	`"geo":{"lon":1,"lat":2},"id":"r1","list":["p","q"],"meta":{"z":{"b":1,"a":[{"d":1,"c":2}]},"y":[1,2]},"n":12.50,"text":"\u003cb\u003ebold\u003c/b\u003e move"}`

func TestFieldsAppend(t *testing.T) {
	t.Parallel()
	tests := []struct{ fields, value, want string }{
		{"", album, album},
		{" , ,", album, album},
		{"id", album, `{"id":"r1"}`},
		{" id , n ", album, `{"id":"r1","n":12.50}`},
		{"nope", album, `{}`},
		{"id.x.y", album, `{"id":"r1"}`},
		{"list.x", album, `{"list":["p","q"]}`},
		{"geo", album, `{"geo":{"lat":2,"lon":1}}`},
		{"geo.lon", album, `{"geo":{"lon":1}}`},
		{"meta", album, `{"meta":{"y":[1,2],"z":{"a":[{"c":2,"d":1}],"b":1}}}`},
		{"meta.z.a.c", album, `{"meta":{"z":{"a":[{"c":2}]}}}`},
		{"meta.y.k", album, `{"meta":{"y":[1,2]}}`},
		{"meta.nope", album, `{"meta":{}}`},
		{"expand.tags.name", album, `{"expand":{"tags":[{"name":"x"},{"name":"y"}]}}`},
		{"expand.*.id", album, `{"expand":{"artist":{"id":"a1"},"tags":[{"id":"t1"},{"id":"t2"}]}}`},
		{"expand.artist.*,id", album, `{"expand":{"artist":{"id":"a1","name":"Ann","secret":"s"}},"id":"r1"}`},
		{"*,expand.artist.id,meta.y,geo.lat", album,
			`{"collectionId":"c1","expand":{"artist":{"id":"a1"}},"geo":{"lat":2},"id":"r1","list":["p","q"],"meta":{"y":[1,2]},"n":12.50,` +
				`"text":"\u003cb\u003ebold\u003c/b\u003e move"}`},
		{"geo,geo.lat", album, `{"geo":{"lat":2,"lon":1}}`},
		{"geo.lat,geo", album, `{"geo":{"lat":2,"lon":1}}`},
		{"text:excerpt(4)", album, `{"text":"bold"}`},
		{"text:excerpt(6, true)", album, `{"text":"bold m..."}`},
		{"text:excerpt(100,1)", album, `{"text":"bold move"}`},
		{"n:excerpt(1),list:excerpt(1),geo:excerpt(1)", album, `{"geo":{"lat":2,"lon":1},"list":["p","q"],"n":12.50}`},
		{"*:excerpt(1)", `{"b":"<i>xy</i>","a":{"c":"xy"}}`, `{"a":{"c":"xy"},"b":"x"}`},
		{"*,text:excerpt(1)", `{"text":"xy","z":"xy"}`, `{"text":"x","z":"xy"}`},
		{"id", `[{"id":1,"a":2},{"a":3},null,[{"id":4,"b":5}]]`, `[{"id":1},{},null,[{"id":4}]]`},
		{"id", `{}`, `{}`},
		{"id", `[]`, `[]`},
		{"id", ` { "a" : [ 1 , { "x" : "}" } ] , "id" : "\"," } `, `{"id":"\","}`},
		{"*", `{"b\u0061":1,"ab":2}`, `{"ab":2,"b\u0061":1}`},
	}
	for _, test := range tests {
		f, err := ParseFields(test.fields)
		if err != nil {
			t.Errorf("ParseFields(%q): %v", test.fields, err)
			continue
		}
		if got := string(f.Append(context.Background(), nil, []byte(test.value))); got != test.want {
			t.Errorf("fields %q of %s\n got  %s\n want %s", test.fields, test.value, got, test.want)
		}
	}
}

func TestParseFieldsRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"a:nope(1)", "a:excerpt", "a:excerpt()", "a:excerpt(0)", "a:excerpt(-1)", "a:excerpt(x)", "a:excerpt(1,2,3)",
		"a:excerpt(1", "a:excerpt 1)", "a)", "(a", "a:excerpt(1):excerpt(2)", `"a`, "a:", ":", strings.Repeat("a,", maxFields),
	} {
		_, err := ParseFields(text)
		if err == nil || fault.KindOf(err) != fault.Invalid {
			t.Errorf("ParseFields(%.40q) = %v, want an Invalid fault", text, err)
		}
	}
}

// reference picks the fields in decoded maps: a slow implementation of the specification.
func reference(v any, n *node) any {
	switch v := v.(type) {
	case []any:
		if n.all() {
			n = n.inside()
		}
		for i := range v {
			v[i] = reference(v[i], n)
		}
		return v
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			if c := n.child([]byte(key)); c != nil {
				out[key] = reference(value, c)
			}
		}
		return out
	case string:
		if n.excerpt != nil {
			return n.excerpt.of(v, nil)
		}
	}
	return v
}

func FuzzFields(f *testing.F) {
	f.Add("id,expand.*.name,text:excerpt(3,true)", []byte(album))
	f.Add("*,a.b", []byte(`{"a":{"b":[{"c":1}]},"b":"\u0000","":{}}`))
	f.Add("a:excerpt(1", []byte(`[[],{},"x"]`))
	f.Fuzz(func(t *testing.T, text string, value []byte) {
		fields, err := ParseFields(text)
		if err != nil || fields == nil {
			return
		}
		got := fields.Append(context.Background(), nil, value) // must return for every value
		v, ok := decodeAny(value)
		if !ok || hasDuplicates(value) {
			return
		}
		want, err := json.Marshal(reference(v, fields.root))
		if err != nil {
			t.Fatal(err)
		}
		g, ok := decodeAny(got)
		if !ok {
			t.Fatalf("fields %q of %q = %q, which is no JSON", text, value, got)
		}
		if again, _ := json.Marshal(g); !bytes.Equal(again, want) {
			t.Errorf("fields %q of %q\n got  %s\n want %s", text, value, again, want)
		}
	})
}

func decodeAny(text []byte) (v any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if !json.Valid(text) || d.Decode(&v) != nil {
		return nil, false
	}
	return v, true
}

// hasDuplicates reports whether decoding and encoding may change the text: members of one name are
// lost, invalid UTF-8 is replaced.
func hasDuplicates(text []byte) bool {
	v, _ := decodeAny(text)
	again, _ := json.Marshal(v)
	return bytes.Count(again, []byte(`:`)) != bytes.Count(text, []byte(`:`)) ||
		bytes.ContainsRune(text, '\ufffd') || bytes.Contains(again, []byte(`\ufffd`))
}

func BenchmarkFields(b *testing.B) {
	f, err := ParseFields("id,n,text")
	if err != nil {
		b.Fatal(err)
	}
	value, dst := []byte(album), make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		dst = f.Append(b.Context(), dst[:0], value)
	}
}
