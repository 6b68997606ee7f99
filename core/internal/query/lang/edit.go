// Edits of an expression's text by position, for renames that keep the author's formatting.

package lang

import "slices"

// Edit replaces the bytes of a text from Pos up to End.
type Edit struct {
	Pos, End int
	Text     string
}

// Edited returns the text with the edits applied. Edits must not overlap; their order does not
// matter. It sorts the slice by descending position, so that positions before an edit remain
// valid.
func Edited(text string, edits []Edit) string {
	slices.SortFunc(edits, func(a, b Edit) int { return b.Pos - a.Pos })
	for _, e := range edits {
		text = text[:e.Pos] + e.Text + text[e.End:]
	}
	return text
}
