package lang_test

import (
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/query/lang"
)

// TestPositions: every parsed node has its position in the text.
func TestPositions(t *testing.T) {
	text := `(a.b ?= 'x\'y'  && f(c, "ü", 1.5) != -2) || @now > {:when}`
	if _, err := lang.Parse(text); err == nil {
		t.Error("Parse takes a placeholder, which is for Bind alone")
	}
	e, err := lang.Bind(text, map[string]any{"when": "2024"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	at := func(pos, end int) { got = append(got, text[pos:end]) }
	lang.Walk(e, func(e lang.Expr) bool {
		at(lang.Position(e))
		if c, ok := e.(*lang.Compare); ok {
			at(c.Left.Position())
			at(c.Right.Position())
			if call, ok := c.Left.(*lang.Call); ok {
				for _, arg := range call.Args {
					at(arg.Position())
				}
			}
		}
		return true
	})
	want := []string{text[1:], `a.b ?= 'x\'y'  && f(c, "ü", 1.5) != -2`, `a.b ?= 'x\'y'`, `a.b`, `'x\'y'`,
		`f(c, "ü", 1.5) != -2`, `f(c, "ü", 1.5)`, `-2`, `c`, `"ü"`, `1.5`, `@now > {:when}`, `@now`, `{:when}`}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("the parts of the text are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestBindRefuses(t *testing.T) {
	params := map[string]any{"a": 1, "bad": []int{1}, "nul": "\x00", "utf": "\xff"}
	for _, text := range []string{"x = {:none}", "x = {:bad}", "x = {:nul}", "x = {:utf}", "x = {:a", "x = {:}", "x = {:a b}", "x = {a}", "{:a}", "x {:a} 1", ""} {
		if e, err := lang.Bind(text, params); err == nil {
			t.Errorf("Bind(%q) = %s, want an error", text, e)
		}
	}
	if e, err := lang.Bind("x = {:a} && y = '{:a}'", params); err != nil || e.String() != "x = {1} && y = '{:a}'" {
		t.Errorf("Bind = %v, %v", e, err)
	}
}

// TestDifferentExpressionsPrintDifferently: the printed text is the key of the plan cache.
func TestDifferentExpressionsPrintDifferently(t *testing.T) {
	x := lang.Ident{Name: "x"}
	eq := func(v any) lang.Expr { return &lang.Compare{Left: x, Right: lang.Value{V: v}} }
	list := []lang.Expr{
		eq(nil), eq("null"), eq(5), eq("5"), eq(5.5), eq(true), eq("true"), eq("{5}"), eq(""), &lang.And{}, &lang.Or{},
		&lang.Compare{Left: x, Right: lang.Ident{Name: "null"}}, &lang.Compare{Left: x, Right: lang.Text{Value: "5"}},
		&lang.In{Left: x}, &lang.In{Left: x, Any: true}, &lang.In{Left: x, Values: []any{"a", "b"}}, &lang.In{Left: x, Values: []any{"a'}{'b"}},
		&lang.Not{Of: eq(5)}, &lang.Not{Of: &lang.Not{Of: eq(5)}}, &lang.And{List: []lang.Expr{eq(5), eq(6)}}, &lang.Or{List: []lang.Expr{eq(5), eq(6)}},
		&lang.Related{Path: "x"}, &lang.Related{Path: "x", In: eq(5)}, &lang.Related{Which: lang.None, Path: "x"}, &lang.Related{Which: lang.Every, Path: "x"},
		&lang.Compare{Op: lang.LikeCase, Left: x, Right: lang.Value{V: "a"}}, &lang.Compare{Op: lang.Like, Left: x, Right: lang.Value{V: "a"}},
		&lang.Compare{Any: true, Left: x, Right: lang.Value{V: 5}},
	}
	seen := map[string]bool{}
	for _, e := range list {
		if text := e.String(); seen[text] {
			t.Errorf("%q is the text of two expressions", text)
		} else {
			seen[text] = true
		}
	}
}

func TestEdited(t *testing.T) {
	edits := []lang.Edit{{Pos: 0, End: 1, Text: "first"}, {Pos: 6, End: 7, Text: ""}, {Pos: 4, End: 4, Text: "new "}}
	if got, want := lang.Edited("a = b c", edits), "first = new b "; got != want {
		t.Errorf("Edited = %q, want %q", got, want)
	}
}
