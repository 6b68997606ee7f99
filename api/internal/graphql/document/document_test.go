package document

import (
	"strings"
	"testing"

	"github.com/graph-gophers/graphql-go/ast"
)

var limits = Limits{Tokens: 1000, Depth: 20}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"{a}", "query{a}", "mutation m{a}", "subscription{a}", "{a b,c #x\n d}", "{x:a(n:1,m:[$v,{k:null}])@skip(if:$b){...f ...on T{a} ...@include(if:true){b}}}",
		"query q($a:[Int!]!=[1] @d,$b:T){a}fragment f on T@d{a}", "\ufeff{a}", "{a(n:-0)}", "{a(n:1.5e-3)}", `{a(n:"")}`, `{a(n:"""x""")}`, "query query{query}", `"a"query{a}"""b"""fragment f on T{a}`, `query("a"$b:T="c" """d"""$e:T){a}`, "{on fragment}",
	} {
		if _, err := Parse(text, limits); err != nil {
			t.Errorf("Parse(%q): %v", text, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for text, at := range map[string]Location{
		"": {Line: 1, Column: 1}, "{": {Line: 1, Column: 2}, "{}": {Line: 1, Column: 2}, "{a(}": {Line: 1, Column: 4}, "{a()}": {Line: 1, Column: 4},
		"\r\n{a": {Line: 2, Column: 3}, "{a(n:01)}": {Line: 1, Column: 6}, "{a(n:1.)}": {Line: 1, Column: 6}, "{a(n:.5)}": {Line: 1, Column: 6}, "{a(n:- 1)}": {Line: 1, Column: 6},
		"{a(n:1_0)}": {Line: 1, Column: 6}, "{. . .f}": {Line: 1, Column: 2}, `{a(n:"\q")}`: {Line: 1, Column: 6}, `{a(n:"\x41")}`: {Line: 1, Column: 6}, `{a(n:"\uD800")}`: {Line: 1, Column: 6},
		`{a(n:"\u{110000}")}`: {Line: 1, Column: 6}, `{a(n:"\u{}")}`: {Line: 1, Column: 6}, `{a(n:"`: {Line: 1, Column: 6}, "{a(n:\"\n\")}": {Line: 1, Column: 6}, `{a(n:"""`: {Line: 1, Column: 6},
		"{a(n:'x')}": {Line: 1, Column: 6}, "fragment on on T{a}": {Line: 1, Column: 10}, "query($a:Int=$b){a}": {Line: 1, Column: 14}, "nope{a}": {Line: 1, Column: 1}, "{a}}": {Line: 1, Column: 4},
		"query(){a}": {Line: 1, Column: 7}, "{a(n:$)}": {Line: 1, Column: 7}, "{é}": {Line: 1, Column: 2},
		`"a"{a}`: {Line: 1, Column: 4}, `"a""b"query{a}`: {Line: 1, Column: 4}, `"a"`: {Line: 1, Column: 4},
	} {
		_, err := Parse(text, limits)
		e, ok := err.(*Error)
		if !ok || e.TooLarge || e.Location != at {
			t.Errorf("Parse(%q): %v at %v, want an error at %v", text, err, e, at)
		}
	}
}

func TestLimitsOfTexts(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("{a", 21), "{a(n:" + strings.Repeat("[", 21), "{a(n:" + strings.Repeat("{a:", 21), "query($a:" + strings.Repeat("[", 21),
		"{" + strings.Repeat("a ", 1000) + "}", strings.Repeat("{a", 1_000_000),
	} {
		_, err := Parse(text, limits)
		if e, ok := err.(*Error); !ok || !e.TooLarge {
			t.Errorf("Parse(%.30q…): %v", text, err)
		}
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for literal, want := range map[string]string{
		`"a\"\\\/\b\f\n\r\t"`: "a\"\\/\b\f\n\r\t", `"\u0041\u00e9"`: "Aé", `"\uD83D\uDE00"`: "😀", `"\u{1F600}"`: "😀",
		`"""a"""`: "a", `"""\""" "quoted" """`: `""" "quoted" `, "\"\"\"\n    a\n      b\n\n    c\n  \"\"\"": "a\n  b\n\nc", "\"\"\"  a\r\n  b\"\"\"": "  a\nb", `""""""`: "",
	} {
		doc, err := Parse("{a(n:"+literal+")}", limits)
		if err != nil {
			t.Errorf("%s: %v", literal, err)
			continue
		}
		value := doc.Operations[0].Selections[0].(*ast.Field).Arguments[0].Value
		if got := value.(*Text).Value; got != want {
			t.Errorf("%s = %q, want %q", literal, got, want)
		}
	}
}

func TestMasked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{a(n:"x")}`:                         `{a(n:"x")}`,
		`{a(n:"\u0041" m:"A" o:"\/")}`:       `{a(n:"0"      m:"0" o:"1" )}`,
		"{a(n:\"\"\"b\nc\"\"\" m:\"\\t\")}":  "{a(n:\"1\" \n     m:\"0\" )}",
		`"é"query("b"$c:T="d" @x(y:"z")){a}`: `    query(   $c:T="d" @x(y:"z")){a}`,
		`{a(n:"" m:"\"")}`:                   `{a(n:"" m:"0" )}`,
	} {
		if got := Masked(text); got != want {
			t.Errorf("Masked(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestConstant(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{a}": "", "query($a:Int,$b : T=1){a}": "", "query($a:Int){a(n:$a b:[$c{d:$e}])}": "query($a:Int){a(n:_a b:[_c{d:_e}])}", "{a@x(if:$a)b(n:$b)}": "{a@x(if:_a)b(n:_b)}",
	} {
		if got, some := Constant(text); some != (want != "") || some && got != want {
			t.Errorf("Constant(%q) = %q, %v, want %q", text, got, some, want)
		}
	}
}

// FuzzParse looks for texts that break the parser, and for texts whose mask has another length or
// cannot be parsed.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"{a}", `query q($a:[Int!]!=1){x:a(n:"\u0041",m:"""b""")@skip(if:$b){...f}}fragment f on T{a}`, `{a(n:{b:[1 -2.5e3 true null $v]})}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := Parse(text, limits); err != nil {
			return
		}
		masked := Masked(text)
		if len(masked) != len(text) {
			t.Fatalf("Masked(%q) = %q has another length", text, masked)
		}
		if _, err := Parse(masked, limits); err != nil {
			t.Fatalf("Masked(%q) = %q: %v", text, masked, err)
		}
		constant, _ := Constant(text)
		if _, err := Parse(constant, limits); err != nil {
			t.Fatalf("Constant(%q) = %q: %v", text, constant, err)
		}
	})
}
