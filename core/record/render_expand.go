package record

import (
	"slices"
	"strings"
)

const maxExpandDepth = 6 // parts of a path; what lies deeper is ignored

// branch is one part of an expand parameter, and the parts that follow it.
type branch struct {
	part string
	next []*branch
}

// parseExpand reads an expand parameter (docs/wire/records.md §6.1). Paths with a common
// beginning become one branch; siblings are in the order of their names.
func parseExpand(text string) []*branch {
	if text == "" {
		return nil
	}
	var paths [][]string
	for path := range strings.SplitSeq(strings.ReplaceAll(text, " ", ""), ",") {
		if path = strings.Trim(path, "."); path != "" {
			parts := strings.SplitN(path, ".", maxExpandDepth+1)
			paths = append(paths, parts[:min(len(parts), maxExpandDepth)])
		}
	}
	slices.SortFunc(paths, slices.Compare) // what begins alike lies together
	var root branch
	for _, path := range paths {
		at := &root
		for _, part := range path {
			if n := len(at.next); n == 0 || at.next[n-1].part != part {
				at.next = append(at.next, &branch{part: part})
			}
			at = at.next[len(at.next)-1]
		}
	}
	return root.next
}
