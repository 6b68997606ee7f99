// Loading of a tree: a query per relation and level, with a bound on memory.

package record

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
)

const maxTreeBytes = 64 << 20 // of related records in one request; each level multiplies their number

// treeRead is a tree that is being read, or an expand parameter (docs/wire/records.md §6.1), which
// is a tree whose root was read already. It reads each relation of each level with one query.
// Records that the caller may not see, or that do not exist, are left out silently. Any other
// obstacle is an error, so that an answer never lacks records without a sign.
type treeRead struct {
	rq       *readRequest
	enrich   enrichFunc
	request  *query.Request // see asked
	reader   store.Reader
	resolved int               // the number of resolved nodes
	room     int               // the bytes that may still be added
	reads    func(*query.Plan) // is called with each plan that is read; may be nil

	// paged is set for a tree, whose branches are answered one by one with their List.More. In an
	// expand, related records are written into the records that refer to them.
	paged bool
}

func (rq *readRequest) newTree(ctx context.Context) *treeRead {
	return &treeRead{rq: rq, enrich: rq.enrich(ctx)}
}

// asked returns the request that the rule of the node reads. By @request.context rules can tell
// that a record is read as a related one.
func (t *treeRead) asked(n *treeNode) *query.Request {
	if n.field == nil {
		return t.rq.caller.request(t.rq.caller.Body)
	}
	if t.request == nil {
		t.request = t.rq.caller.request(t.rq.caller.Body)
		t.request.Context = "expand"
	}
	return t.request
}

// begin sets the reader and the limit of a read.
func (t *treeRead) begin(r store.Reader) { t.reader, t.room = r, t.rq.treeLimit() }

// hold counts more bytes of the answer beside those of the tree so far.
func (t *treeRead) hold(more int) error { return t.rq.hold(t.rq.treeLimit() - t.room + more) }

// loadAll loads the relations of the rowset.
func (t *treeRead) loadAll(set *rowset) error {
	// Edges whose rule forbids the read are removed in place; the other edges keep their order,
	// which is that of the keys in the answer.
	kept := set.edges[:0]
	for _, e := range set.edges {
		load := t.loadForward
		if e.node.back {
			load = t.loadBack
		}
		err := t.loadRelation(e, load)
		var invalid *query.Error
		switch {
		case !t.paged && errors.As(err, &invalid): // a view rule that does not compile hides all records
			t.rq.service.cfg.Log.Debug("expand", "collection", e.node.target.Name, "error", err)
		case err != nil:
			return fmt.Errorf("expand %s: %w", e.node.key, err)
		default:
			kept = append(kept, e)
		}
	}
	set.edges = kept
	limit := len(set.buf) + t.room
	if !t.paged && len(kept) > 0 && set.size(limit) > limit {
		return errTreeSize()
	}
	if !t.paged && len(kept) > 0 {
		return t.hold(set.size(math.MaxInt))
	}
	return nil
}

// errTreeSize returns the fault of related records that exceed treeLimit.
func errTreeSize() error {
	return &fault.Error{Kind: fault.Invalid, Reason: "the related records are too large: expand fewer of them"}
}

// loadRelation loads the related records of the edge, and their related records.
func (t *treeRead) loadRelation(e *edge, load func(*edge) error) error {
	if e.related = (&rowset{}); t.paged {
		e.related = t.rq.service.newRowset() // released with its branch
	}
	e.related.reset(e.node.projection, e.node.next, t.enrich)
	if err := cmp.Or(load(e), e.related.err); err != nil {
		return err
	}
	if t.paged {
		t.room -= len(e.related.buf)
		return t.loadAll(e.related)
	}
	if err := t.loadAll(e.related); err != nil {
		return err
	}
	size := e.related.size(math.MaxInt)
	t.room -= size
	e.related.inlineExpands(size)
	return nil
}

// selection returns the selection of a node's records, without related records.
func (t *treeRead) selection(n *treeNode) query.Select {
	sel := t.rq.selection(n.projection, t.asked(n), n.rule)
	sel.Filter, sel.FilterExpr, sel.Sort, sel.Restricted = n.filter, n.filterExpr, n.sort, !t.rq.superuser
	sel.After, sel.Before, sel.Backward, sel.Keys = n.after, n.before, n.backward, n.keys
	return sel
}

// loadForward loads the records whose ids the edge has collected. Lists are cut here: each is at
// most as long as the value of the relation field.
func (t *treeRead) loadForward(e *edge) error {
	found := make([]int32, len(e.ids)) // position + 1, by number
	if len(e.ids) > 0 {
		sel := t.selection(e.node)
		sel.IDs = e.ids
		sel.Backward = sel.Backward && sel.Sort != "" // relation fields have an order of their own
		err := t.each(e, sel, func(_ *query.Plan, rows store.Rows) bool {
			if n, ok := e.number[string(rows.Bytes(0))]; ok {
				e.related.add(rows, t.rq.caller)
				found[n] = int32(len(e.related.rows))
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	e.resolveForward(found)
	if t.paged {
		e.cutForward()
	}
	return nil
}

// loadBack loads the records that refer to those of the edge's rowset. Where an index
// serves the relation, a query for each of these stops at the limit; elsewhere one pass
// over the records finds the children of all.
func (t *treeRead) loadBack(e *edge) error {
	lists := backLists{e: e, at: make([][]int32, len(e.ids)), more: make([]bool, len(e.ids)), open: len(e.ids), counts: t.paged || !e.node.single}
	if len(e.ids) > 0 {
		sel := t.selection(e.node)
		perParent := e.node.perParent && len(e.ids) > 1
		if perParent {
			sel.Parents = &query.Parents{Field: e.node.field.Name, IDs: e.ids}
		} else {
			sel.RefBy = &query.Ref{Field: e.node.field.Name, IDs: e.ids}
		}
		if perParent || len(e.ids) == 1 {
			if sel.Limit = e.node.limit; lists.counts {
				sel.Limit++
			}
		}
		err := t.each(e, sel, func(plan *query.Plan, rows store.Rows) bool {
			position, wanted := int32(len(e.related.rows)), false
			if perParent {
				wanted = lists.add(plan.Parent(rows), position)
			} else {
				e.eachID(rows, func(id []byte) { wanted = lists.add(id, position) || wanted })
			}
			if wanted {
				e.related.add(rows, t.rq.caller)
			}
			return lists.open > 0
		})
		if err != nil {
			return err
		}
	}
	own := e.refs
	lists.resolve()
	if e.node.totals {
		return t.countBack(e, own)
	}
	return nil
}

// countBack counts the children of each parent. own holds the number of each record of the rowset.
func (t *treeRead) countBack(e *edge, own []int32) error {
	e.totals = make([]int, len(own))
	if e.node.closed || len(e.ids) == 0 {
		return nil
	}
	sel := t.selection(e.node)
	sel.Parents = &query.Parents{Field: e.node.field.Name, IDs: e.ids}
	plan, err := t.rq.service.planner.Count(sel)
	if err != nil {
		return t.planFault(e.node, err)
	}
	if plan.Empty {
		return nil
	}
	rows, err := t.reader.Query(plan.SQL, plan.Args...)
	if err != nil {
		return t.rq.viewFault(err, plan.Tables)
	}
	defer rows.Close()
	counts := make([]int, len(e.ids))
	for rows.Next() {
		if n, ok := e.number[string(plan.Parent(rows))]; ok {
			counts[n] = int(rows.Int(0))
		}
	}
	for i, n := range own {
		e.totals[i] = counts[n]
	}
	return t.rq.viewFault(rows.Close(), plan.Tables)
}

// backLists holds the children of each parent of a back relation, by the number of the parent.
type backLists struct {
	e      *edge
	at     [][]int32 // positions in related
	more   []bool
	open   int  // the number of lists that may still change
	counts bool // List.More is wanted
}

// add adds a child to the list of a parent. It reports whether the list has room for the child.
func (l *backLists) add(parent []byte, position int32) bool {
	n, ok := l.e.number[string(parent)]
	if !ok {
		return false
	}
	limit := l.e.node.limit
	if len(l.at[n]) == limit {
		if l.counts && !l.more[n] {
			l.more[n] = true
			l.open--
		}
		return false
	}
	if l.at[n] = append(l.at[n], position); len(l.at[n]) == limit && !l.counts {
		l.open--
	}
	return true
}

// resolve moves the lists to the edge.
func (l *backLists) resolve() {
	own := l.e.refs
	l.e.refs = nil
	if l.counts {
		l.e.more = make([]bool, len(own))
	}
	for i, n := range own {
		start := len(l.e.refs)
		l.e.refs = append(l.e.refs, l.at[n]...)
		l.e.ends[i] = int32(len(l.e.refs))
		if l.e.node.backward {
			slices.Reverse(l.e.refs[start:])
		}
		if l.counts {
			l.e.more[i] = l.more[n]
		}
	}
}

// each calls fn with the rows of the selection until fn returns false.
func (t *treeRead) each(e *edge, sel query.Select, fn func(*query.Plan, store.Rows) bool) error {
	if e.node.closed {
		return nil
	}
	plan, err := t.rq.service.planner.Compile(sel)
	if err != nil {
		return t.planFault(e.node, err)
	}
	if t.reads != nil {
		t.reads(plan)
	}
	if plan.Empty {
		return nil
	}
	rows, err := t.reader.Query(plan.SQL, plan.Args...)
	if err != nil {
		return t.rq.viewFault(err, plan.Tables)
	}
	defer rows.Close()
	for rows.Next() {
		before := len(e.related.rows)
		more := fn(plan, rows)
		if e.node.keys && len(e.related.rows) > before {
			e.related.cursors = append(e.related.cursors, plan.Cursor(rows))
		}
		if e.related.err != nil {
			return e.related.err
		}
		if len(e.related.buf) > t.room {
			return errTreeSize()
		}
		if err := t.hold(len(e.related.buf)); err != nil {
			return err
		}
		if !more {
			break
		}
	}
	return t.rq.viewFault(rows.Close(), plan.Tables)
}

// planFault returns the error of a node that cannot be planned. In a tree, a rule of related
// records that does not compile is not an error: the records do not exist then.
func (t *treeRead) planFault(n *treeNode, err error) error {
	if !t.paged || n.field == nil || n.rule == "" {
		return err
	}
	if bad := query.CheckRule(t.rq.snapshot, n.target, n.rule); bad != nil {
		t.rq.service.cfg.Log.Debug("tree", "collection", n.target.Name, "error", bad)
		return nil
	}
	return readFault(err, fault.Invalid)
}
