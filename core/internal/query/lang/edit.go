package lang

import "slices"

// Edit replaces the bytes of a text from Pos up to End.
type Edit struct {
	Pos, End int
	Text     string
}

// Edited is the text with edits that do not overlap, given in any order. It sorts
// edits.
func Edited(text string, edits []Edit) string {
	slices.SortFunc(edits, func(a, b Edit) int { return b.Pos - a.Pos })
	for _, e := range edits {
		text = text[:e.Pos] + e.Text + text[e.End:]
	}
	return text
}
