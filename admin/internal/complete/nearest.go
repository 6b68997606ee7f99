package complete

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/suggest"
)

// Misspelt is an unknown part of a path, and the known name that was probably meant.
type Misspelt struct {
	Pos          int // byte offset of the part in the path
	Wrong, Meant string
}

// Nearest looks for the first unknown part of a path in a rule of the collection, and for the known
// name that is most similar. ok is false if all parts are known, or if no name is similar.
func Nearest(snapshot *schema.Snapshot, in *schema.Collection, path string) (m Misspelt, ok bool) {
	for m.Pos <= len(path) {
		rest := path[m.Pos:]
		end := strings.IndexAny(rest, ".:")
		if end < 0 {
			end = len(rest)
		}
		w := words{snapshot: snapshot, rule: true}
		w.follow(in, path[:m.Pos])
		known := make([]string, len(w.list))
		for i, c := range w.list {
			known[i] = strings.TrimSuffix(c.Text, "(")
		}
		if m.Wrong = rest[:end]; !slices.Contains(known, m.Wrong) {
			m.Meant = suggest.Nearest(m.Wrong, known)
			return m, m.Meant != ""
		}
		m.Pos += end + 1
	}
	return m, false
}
