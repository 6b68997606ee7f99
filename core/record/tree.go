// Trees: records with their related records at any depth, as values, under the rules at
// each node.

package record

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Node describes a list of records in a tree: the records of a collection or, below
// another node, those that are related to each record of it.
type Node struct {
	// Collection, by id or name, is that of the root. Relation is how other nodes hang on
	// theirs: a relation field, or collection_via_field for the records that refer to it.
	Collection string
	Relation   string

	Fields []string // to show, besides the id; nil shows all that the caller may see

	Filter string // as in a list, with {:name} as in Query
	Params map[string]any

	// Sort is as in a list. "" is the stored order of a relation that is followed, and the
	// order of insertion of everything else, and of whatever has a cursor.
	Sort string

	// Limit is for the list of each parent. More than 1,000 stand for 1,000; 0 does too,
	// but leaves a relation that is followed whole.
	Limit int

	// After and Before are cursors (Item.Cursor) of the same sort; the lists of all
	// parents begin after, or end before, them. Backward takes the last of each list
	// instead of the first, in the same order.
	After, Before string
	Backward      bool

	Cursors  bool // whether items have cursors
	Children []*Node
}

// Branch is what was read at a node.
type Branch struct {
	// Records are JSON objects, each once, in no particular order.
	Records []json.RawMessage

	// Lists has a list for each of the parent's Records, in their order. The root has one.
	Lists []List

	Children []*Branch // as the node's
}

// List is the children of one parent.
type List struct {
	Items []Item
	More  bool // the limit left some out: later ones or, if Backward, earlier ones
}

// Item is a place in a list.
type Item struct {
	Record int    // position in Branch.Records
	Cursor string // "" without Node.Cursors and where the sort has none (@random)
}

// Tree reads a tree of records as of one moment, with a statement for each node. The
// caller sees of the root and of records that refer to others what their list rules
// allow; of records that are referred to, what their view rules do; and of all of them
// the fields that he may see. Related records whose rule is for superusers, or does not
// compile, do not exist for him.
//
// The faults are those of List, for the whole tree; Invalid also for an unknown
// relation or field, for more than 200 nodes or 6 levels below the root, and for
// records that are too large together. No Request hook runs.
func (s *Service) Tree(ctx context.Context, caller Caller, root *Node) (branch *Branch, err error) {
	err = s.readWithRetry(caller, func(rq *readRequest) (err error) {
		branch, err = rq.tree(ctx, root)
		return err
	})
	if err != nil {
		return nil, err
	}
	return branch, nil
}

// tree is Tree by one snapshot: all names are resolved and all rules found before anything is
// read.
func (rq *readRequest) tree(ctx context.Context, root *Node) (*Branch, error) {
	c, rule, err := rq.resolve(root.Collection, func(c *schema.Collection) *string { return c.ListRule })
	if err != nil {
		return nil, err
	}
	t := rq.newTree(ctx, rq.caller.Context)
	t.paged = true
	// The root is a node without a relation. It is its own list rule that it must satisfy;
	// resolve has found it.
	n := &treeNode{target: c, rule: rule}
	if err := t.settle(n, root, false); err != nil {
		return nil, err
	}
	if n.limit == 0 {
		n.limit = maxPerPage
	}
	if n.next, err = t.children(n, root.Children, 1); err != nil {
		return nil, err
	}
	e := &edge{node: n}
	err = rq.read(ctx, store.Work{Shape: root.shape(0)}, func(r store.Reader) error {
		// The read may be run a second time after a rejected statement.
		e.refs, e.ends, e.more = nil, nil, nil
		t.begin(r)
		return t.loadTree(e)
	})
	if err != nil {
		return nil, readFault(err, fault.Invalid)
	}
	if miss := e.miss(); miss != nil {
		rq.blur(ctx, miss.rule, miss.filter)
	}
	return e.branch(), nil
}

// loadTree loads the list of the root, and all that hangs on it.
func (t *treeRead) loadTree(e *edge) error {
	return t.loadRelation(e, func(e *edge) error {
		more := false
		sel := t.selection(e.node)
		sel.Limit = e.node.limit + 1
		err := t.each(e, sel, func(_ *query.Plan, rows store.Rows) bool {
			if more = len(e.refs) == e.node.limit; !more {
				e.refs = append(e.refs, int32(len(e.refs)))
				// The list has one parent, so each row is the next item of it.
				e.related.add(rows, t.rq.caller)
			}
			return !more
		})
		if e.node.backward {
			slices.Reverse(e.refs)
		}
		e.ends, e.more = []int32{int32(len(e.refs))}, []bool{more}
		return err
	})
}

// miss is a node whose filter, behind a rule, has found nothing; nil if there is none.
func (e *edge) miss() *treeNode {
	if len(e.refs) == 0 {
		if e.node.filter != "" && e.node.rule != "" {
			return e.node
		}
		return nil
	}
	for _, below := range e.related.edges {
		if miss := below.miss(); miss != nil {
			return miss
		}
	}
	return nil
}

// branch is what was read, for the outside.
func (e *edge) branch() *Branch {
	rs := e.related
	b := &Branch{Records: make([]json.RawMessage, len(rs.rows)), Lists: make([]List, len(e.ends))}
	for i, at := range rs.rows {
		b.Records[i] = rs.buf[at.start:at.end:at.end]
	}
	for i := range b.Lists {
		refs := e.refsOf(i)
		list := List{Items: make([]Item, len(refs)), More: e.more[i]}
		for j, at := range refs {
			list.Items[j].Record = int(at)
			if e.node.keys {
				list.Items[j].Cursor = rs.cursors[at]
			}
		}
		b.Lists[i] = list
	}
	for _, below := range rs.edges {
		b.Children = append(b.Children, below.branch())
	}
	return b
}
