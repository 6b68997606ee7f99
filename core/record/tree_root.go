// Roots of trees: a list, one record, or the caller's own account.

package record

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// root resolves a root and the nodes below it. The records must satisfy the rule of the root.
func (t *treeRead) root(root *Node) (*treeNode, error) {
	pick := func(c *schema.Collection) *string { return c.ListRule }
	id := root.ID
	switch everybody := ""; {
	case root.Own:
		if id = t.rq.ownID(root.Collection); id == "" {
			return nil, badTree("the caller has no account there")
		}
		pick = func(*schema.Collection) *string { return &everybody }
	case root.Written:
		pick = func(*schema.Collection) *string { return &everybody }
	case id != "":
		pick = func(c *schema.Collection) *string { return c.ViewRule }
	}
	c, rule, err := t.rq.resolve(root.Collection, pick)
	if err != nil {
		return nil, err
	}
	n := &treeNode{target: c, rule: rule, id: id}
	if err := t.settle(n, root, false); err != nil {
		return nil, err
	}
	n.offset = max(0, root.Offset)
	if n.next, err = t.children(n, root.Children, 1); err != nil {
		return nil, err
	}
	return n, nil
}

// ownID returns the id of the caller's account if it is a record of the collection, else "".
func (rq *readRequest) ownID(collection string) string {
	if c := rq.snapshot.Find(collection); c != nil {
		return rq.caller.idIn(c)
	}
	return ""
}

// loadTree loads the list of the root, and the nodes below it.
func (t *treeRead) loadTree(e *edge) error {
	return t.loadRelation(e, func(e *edge) error {
		more := false
		sel := t.selection(e.node)
		sel.ID, sel.Limit, sel.Offset = e.node.id, e.node.limit+1, e.node.offset
		if e.node.totals {
			if err := t.countRoot(e, sel); err != nil {
				return err
			}
		}
		err := t.each(e, sel, func(_ *query.Plan, rows store.Rows) bool {
			if more = len(e.refs) == e.node.limit; !more {
				e.refs = append(e.refs, int32(len(e.refs)))
				// The list has one parent, so each row is the next item of the list.
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

// countRoot counts all records of the root's list.
func (t *treeRead) countRoot(e *edge, sel query.Select) error {
	plan, err := t.rq.service.planner.Count(sel)
	if err != nil {
		return t.planFault(e.node, err)
	}
	stamp, stamped := t.reader.Stamp(plan.Tables...)
	total, err := t.rq.total(t.reader, plan, plan.Tables, stamp, stamped)
	if err != nil {
		return fmt.Errorf("count: %w", t.rq.viewFault(err, plan.Tables))
	}
	e.totals = []int{total}
	return nil
}

// miss returns a node with a filter and a rule that has found no record; nil if there is none.
func (e *edge) miss() *treeNode {
	if len(e.refs) == 0 {
		if e.node.filtered() != "" && e.node.rule != "" {
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

// branch returns the records and lists of the edge and of the edges below it.
func (e *edge) branch(s *Service) *Branch {
	rs := e.related
	b := &Branch{Lists: make([]List, len(e.ends)), Records: make([]json.RawMessage, len(rs.rows)), set: rs, service: s}
	for i, at := range rs.rows {
		b.Records[i] = rs.buf[at.start:at.end:at.end]
	}
	for i := range b.Lists {
		refs := e.refsOf(i)
		list := List{Items: make([]Item, len(refs)), More: e.more[i], Total: -1}
		for j, at := range refs {
			list.Items[j].Record = int(at)
			if e.node.keys {
				list.Items[j].Cursor = rs.cursors[at]
			}
		}
		if e.totals != nil {
			list.Total = e.totals[i]
		}
		b.Lists[i] = list
	}
	for _, below := range rs.edges {
		b.Children = append(b.Children, below.branch(s))
	}
	return b
}
