// Masking: strings are replaced by strings that the library's lexer accepts.

package document

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Masked returns a document, which Parse has accepted, with its strings replaced: the validator
// reads documents again with Go's lexer, whose escapes differ from those of GraphQL. Each string
// becomes a plain string of at most the same width, so that positions stay the same. Equal contents
// become equal strings, since fields may be merged only if their arguments are equal. A rare
// document, with many short strings beside escapes, may keep some of its strings.
//
// Descriptions of operations, fragments and variables, which the validator does not know, are
// replaced by blanks.
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

// maskNames gives each content a different name. Contents with the least room get the shortest
// names.
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

// masked is a string in a document.
type masked struct {
	start, end  int
	content     string
	description bool
}

// texts returns all strings of the document, and for each content the smallest room of its strings.
func texts(text string) (found []masked, width map[string]int) {
	width = map[string]int{}
	l := newLexer(text, len(text))
	inside, before := 0, "" // number of open braces and lists; the token before
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
		// A string outside of selections that is not a value is a description of the next
		// definition.
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

// Constant returns a document in which each use of a variable is replaced by a word of the same
// width, the same word for the same variable; some reports whether there are uses. When the
// validator compares the arguments of fields, it takes all variables for equal to each other and to
// null.
func Constant(text string) (constant string, some bool) {
	out := []byte(text)
	l := newLexer(text, len(text))
	dollar, name := -1, false
	for l.next(); ; l.next() {
		// A colon after a variable means that the variable is being defined.
		if name && !(l.kind == tokenPunctuator && l.value == ":") {
			out[dollar], some = '_', true
			if dollar > 0 && (nameStart(text[dollar-1]) || digit(text[dollar-1])) {
				out[dollar] = ' ' // the word must not become a part of the token before it
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
