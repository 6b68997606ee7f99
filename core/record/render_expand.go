// Expand: related records in an answer, read as a tree.

package record

import (
	"context"
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

const maxExpandDepth = maxTreeDepth // parts of a path; deeper parts are ignored

// expand resolves an expand parameter for records of a projection to a tree below them. Its nodes
// show all fields, and apply the view rule.
func (rq *readRequest) expand(ctx context.Context, p *projection, text string) (*treeRead, []*treeNode) {
	t := rq.newTree(ctx)
	nodes, _ := t.children(&treeNode{target: p.collection, projection: p}, parseExpand(text), 1) // no faults: they only name relations
	return t, nodes
}

// run reads the relations and writes them into the records of the rowset.
func (t *treeRead) run(r store.Reader, set *rowset) error {
	t.begin(r)
	return t.loadAll(set)
}

// parseExpand reads an expand parameter (docs/wire/records.md §6.1). Paths with a common
// beginning become one node; siblings are in the order of their names.
func parseExpand(text string) []*Node {
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
	slices.SortFunc(paths, slices.Compare) // paths with a common beginning become adjacent
	var root Node
	for _, path := range paths {
		at := &root
		for _, part := range path {
			if n := len(at.Children); n == 0 || at.Children[n-1].Relation != part {
				at.Children = append(at.Children, &Node{Relation: part})
			}
			at = at.Children[len(at.Children)-1]
		}
	}
	return root.Children
}
