package lang_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/query/lang"
)

// FuzzParse: any text is an expression or an *Error, and the String of an expression parses to an
// equal one.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "a=1", `a ?!~ 'x\'' && (b.c:each >= -1.5 || @now != "\u00fc\ud83d\ude00")`, "f(a, 'b', 1,) = 2 // c",
		strings.Repeat("(", 500), "a=1&&&b=2", "\x00", "'\xff'", `"\u0000" = ''`, "t = 'a\\", "a\r\n=\r1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := lang.Parse(text)
		if refused := (*lang.Error)(nil); err != nil {
			if !errors.As(err, &refused) || refused.Pos < 0 || refused.Pos > len(text) {
				t.Fatalf("Parse(%q): %v, want a *lang.Error with a position", text, err)
			}
			return
		}
		again, err := lang.Parse(e.String())
		if err != nil || again.String() != e.String() {
			t.Fatalf("Parse(%q) = %s, which parses to %v, %v", text, e, again, err)
		}
	})
}
