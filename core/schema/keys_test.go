package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestCheckKeys(t *testing.T) {
	t.Parallel()
	keys := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"k%d":0,`, i)
		}
		return b.String()
	}
	for _, tt := range []struct {
		text string
		most int
		want error
	}{
		{`{}`, 0, nil},
		{`"a"`, 0, nil},
		{`{"a":"a","b":["a","a",{"a":1}],"c":{"a":1,"b":{"a":1}}}`, 0, nil},
		{`[{"a":1},{"a":1}]`, 0, nil},
		{`{"a":1} {"a":1,"a":2}`, 0, nil},
		{`{"a":"\"","b":"\\","c":"\\\""}`, 0, nil},
		{`{"A":1,"a":1}`, 0, nil},
		{`{"a":1,"a":1}`, 0, ErrRepeatedKey},
		{`{ "a" : [ ] , "b" : { "c" : 1 } , "a" : 2 }`, 0, ErrRepeatedKey},
		{`[0,[{"b":{"x":1,"x":{}}}]]`, 0, ErrRepeatedKey},
		{`{"a":1,"\u0061":1}`, 0, ErrRepeatedKey},
		{`{"\"":1,"\u0022":1}`, 0, ErrRepeatedKey},
		{`{"\ud800":1,"\udfff":1}`, 0, ErrRepeatedKey}, // a decoder reads both as U+FFFD
		{`{"":1,"":1}`, 0, ErrRepeatedKey},
		{"{" + keys(100) + `"last":0}`, 101, nil},
		{"{" + keys(100) + `"last":0}`, 100, ErrManyKeys},
		{"{" + keys(100) + `"k7":0}`, 0, ErrRepeatedKey},
		{"{" + keys(100) + `"k99":0}`, 0, ErrRepeatedKey},
		{"{" + keys(32) + `"k0":0}`, 0, ErrRepeatedKey},
		{"{" + keys(33) + `"n":{` + keys(40) + `"x":0},"k32":0}`, 0, ErrRepeatedKey},
		{`{"a":{` + keys(9) + `"x":0},"b":{` + keys(9) + `"x":0}}`, 10, nil},
		// Text that is not JSON must not cause a panic.
		{`{"a":1,"b`, 0, nil}, {`}]`, 0, nil}, {`{"`, 0, nil}, {`{"\`, 0, nil}, {`,"a","a"`, 0, nil}, {"", 0, nil},
	} {
		if err := CheckKeys([]byte(tt.text), tt.most); !errors.Is(err, tt.want) {
			t.Errorf("CheckKeys(%.80s, %d) = %v, want %v", tt.text, tt.most, err, tt.want)
		}
	}
}

// FuzzCheckKeys compares CheckKeys with decoding token by token.
func FuzzCheckKeys(f *testing.F) {
	f.Add(`{"a":[{"b":1,"\u0062":"\\\""}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		err := CheckKeys([]byte(text), 0)
		if !json.Valid([]byte(text)) {
			return
		}
		if want := repeatsKey(json.NewDecoder(strings.NewReader(text))); want != (err != nil) {
			t.Errorf("CheckKeys(%q) = %v, want a failure: %t", text, err, want)
		}
	})
}

func repeatsKey(d *json.Decoder) bool {
	token, err := d.Token()
	delim, ok := token.(json.Delim)
	if err != nil || !ok {
		return false
	}
	repeated, seen := false, map[any]bool{}
	for d.More() {
		if delim == '{' {
			key, _ := d.Token()
			repeated = repeated || seen[key]
			seen[key] = true
		}
		repeated = repeatsKey(d) || repeated
	}
	_, _ = d.Token()
	return repeated
}

func BenchmarkCheckKeys(b *testing.B) {
	one := `{"title":"A short plain title.","text":"` + strings.Repeat("Some plain running text, ", 8) + `","n":5,"tags":["a","b"],"on":true}`
	text := []byte(`{"items":[` + strings.Repeat(one+",", 99) + one + `]}`)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if err := CheckKeys(text, 10_000); err != nil {
			b.Fatal(err)
		}
	}
}
