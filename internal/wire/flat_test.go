package wire

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// decodeStandard decodes an object with encoding/json alone.
func decodeStandard(text []byte) (object map[string]any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&object)
	return object, err
}

// TestFlatObject checks that flatObject decodes random texts as encoding/json does, or reports ok
// false.
func TestFlatObject(t *testing.T) {
	t.Parallel()
	pieces := []string{`{`, `}`, `"a"`, `"b":`, `:`, `,`, `, "c" : `, `1`, `-0`, `01`, `-`, `1.5e3`, `1.`, `1e`, `2E-7`, `.5`, `"ü"`, `"x\n"`,
		"\"\x01\"", `true`, `truer`, `nul`, `null`, `false`, ` `, "\t\r\n", `[1]`, "\xff", `"`, `12345678901234567890`}
	rng := rand.New(rand.NewPCG(1, 2))
	decoded := 0
	check := func(text string) {
		got, ok := flatObject([]byte(text))
		if !ok {
			return
		}
		decoded++
		want, err := decodeStandard([]byte(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("flatObject(%q) = %v, encoding/json: %v, %v", text, got, want, err)
		}
	}
	for range 200_000 {
		text := "{"
		for range rng.IntN(9) {
			text += pieces[rng.IntN(len(pieces))]
		}
		check(text + "}")
	}
	if decoded < 1000 {
		t.Errorf("only %d texts were decoded", decoded)
	}
	for text, want := range map[string]bool{
		`{}`: true, ` { } more`: true, `{"a":"b","n":-1.5e+3,"t":true,"f":false,"z":null,"ü":"😀"}`: true, `{"a":1`: false, `{"a":1,}`: false,
		`null`: false, ``: false, `[]`: false, `{"a":{}}`: false, `{"a":"\u0041"}`: false, `{"a":"` + strings.Repeat("x", maxFlat) + `"}`: false,
	} {
		check(text)
		if _, ok := flatObject([]byte(text)); ok != want {
			t.Errorf("flatObject(%.40q) is ok: %v", text, ok)
		}
	}
}

func BenchmarkDecodeObject(b *testing.B) {
	text := []byte(`{"title":"a title","body":"a text of some length","views":5,"public":true,"author":"auth00000000003"}`)
	b.Run("flat", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := decodeObject(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := decodeStandard(text); err != nil {
				b.Fatal(err)
			}
		}
	})
}
