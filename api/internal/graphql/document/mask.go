// Masking: texts in a form that the library's lexer reads as well.

package document

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Masked returns a document, which Parse has read, with its texts replaced: the
// validator reads documents again with Go's lexer, which refuses some escapes of GraphQL and
// takes others. Each text becomes a plain one of at most the same width, so that positions
// stay as they are, and equal contents become equal texts, since fields may be merged only
// if their arguments are equal. An unusual document, with many short texts beside escapes,
// may keep some as they are.
//
// Descriptions of operations, fragments and variables, which the validator does not know,
// become blanks.
func Masked(text string) string {
	if !strings.Contains(text, `"`) {
		return text
	}
	found, width := texts(text)
	out := []byte(text)
	blank := func(from, to int) {
		for i := from; i < to; i++ {
			if out[i] != '\n' && out[i] != '\r' {
				out[i] = ' '
			}
		}
	}
	plain := !strings.Contains(text, `\`) && !strings.Contains(text, `"""`)
	names := maskNames(width)
	for _, t := range found {
		mask := `"` + names[t.content] + `"`
		switch {
		case t.description:
			blank(t.start, t.end)
		case !plain && len(mask) <= t.end-t.start:
			copy(out[t.start:], mask)
			blank(t.start+len(mask), t.end)
		}
	}
	return string(out)
}

// maskNames gives each content a name of its own. Those with the least room get the shortest.
func maskNames(width map[string]int) map[string]string {
	names := map[string]string{"": ""}
	byWidth := slices.SortedFunc(maps.Keys(width), func(a, b string) int {
		return cmp.Or(width[a]-width[b], strings.Compare(a, b))
	})
	for _, content := range byWidth {
		if content != "" {
			names[content] = strconv.FormatInt(int64(len(names)-1), 36)
		}
	}
	return names
}

// masked is a text in a document.
type masked struct {
	start, end  int
	content     string
	description bool
}

// texts returns all texts of the document, and the room that each content has where it has
// least.
func texts(text string) (found []masked, width map[string]int) {
	width = map[string]int{}
	l := newLexer(text, len(text))
	inside, before := 0, "" // open braces and lists; the token before
	for l.next(); l.kind != tokenEnd; l.next() {
		if l.kind != tokenText {
			switch before = l.value; before {
			case "{", "[":
				inside++
			case "}", "]":
				inside--
			}
			continue
		}
		// A text outside of selections that is no value describes what follows.
		described := inside == 0 && before != ":" && before != "="
		found = append(found, masked{l.start, l.pos, l.value, described})
		before = ""
		room := l.pos - l.start - len(`""`)
		if known, ok := width[l.value]; !ok || room < known {
			width[l.value] = room
		}
	}
	return found, width
}

// Constant returns a document with a word in place of each use of a variable, of the same
// width and the same for the same variable; some says whether there are any. To the validator all
// variables are equal to each other and to null where it compares the arguments of fields.
func Constant(text string) (constant string, some bool) {
	out := []byte(text)
	l := newLexer(text, len(text))
	dollar, name := -1, false
	for l.next(); ; l.next() {
		// A variable that a colon follows is being defined.
		if name && !(l.kind == tokenPunctuator && l.value == ":") {
			out[dollar], some = '_', true
			if dollar > 0 && (nameStart(text[dollar-1]) || digit(text[dollar-1])) {
				out[dollar] = ' ' // it must not become a part of what is in front
			}
		}
		name = dollar >= 0 && l.kind == tokenName && !name
		if !name {
			dollar = -1
		}
		switch {
		case l.kind == tokenEnd:
			return string(out), some
		case l.kind == tokenPunctuator && l.value == "$":
			dollar = l.start
		}
	}
}
