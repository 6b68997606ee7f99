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
func Masked(text string) string {
	if !strings.Contains(text, `\`) && !strings.Contains(text, `"""`) {
		return text
	}
	found, width := texts(text)
	names := map[string]string{"": ""}
	// Contents with the least room get the shortest names.
	byWidth := slices.SortedFunc(maps.Keys(width), func(a, b string) int {
		return cmp.Or(width[a]-width[b], strings.Compare(a, b))
	})
	for _, content := range byWidth {
		if content != "" {
			names[content] = strconv.FormatInt(int64(len(names)-1), 36)
		}
	}
	out := []byte(text)
	for _, t := range found {
		mask := `"` + names[t.content] + `"`
		if len(mask) > t.end-t.start {
			continue
		}
		copy(out[t.start:], mask)
		for i := t.start + len(mask); i < t.end; i++ {
			if out[i] != '\n' && out[i] != '\r' {
				out[i] = ' '
			}
		}
	}
	return string(out)
}

// masked is a text in a document.
type masked struct {
	start, end int
	content    string
}

// texts returns all texts of the document, and the room that each content has where it has
// least.
func texts(text string) (found []masked, width map[string]int) {
	width = map[string]int{}
	l := newLexer(text, len(text))
	for l.next(); l.kind != tokenEnd; l.next() {
		if l.kind != tokenText {
			continue
		}
		found = append(found, masked{l.start, l.pos, l.value})
		room := l.pos - l.start - len(`""`)
		if known, ok := width[l.value]; !ok || room < known {
			width[l.value] = room
		}
	}
	return found, width
}
