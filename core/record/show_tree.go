// Showing a change to callers who want a tree: the changed record with its present related records.

package record

import (
	"context"
	"slices"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
)

// tree reads the tree of the record for a member. Members who see the same share the tree. bad is
// the fault of a tree that cannot be read for this member alone.
func (v *showing) tree(i int, superuser bool) (b *Branch, bad, err error) {
	if v.branch != nil && !superuser {
		return v.branch, nil, nil
	}
	rq := *v.rq
	rq.caller, rq.superuser, rq.enricher = v.audience.caller(i), superuser, nil
	defer rq.close()
	n, t, err := rq.treeOf(v.ctx, v.record, v.audience.Tree)
	shared := err == nil && !superuser && n.sameForAll()
	if err == nil && !shared && !superuser && rq.caller.Auth != nil {
		// The rules read the account, which may have changed since.
		if rq.caller.Auth, err = v.stored(rq.caller.Auth); err == nil && rq.caller.Auth == nil {
			return nil, nil, nil
		}
	}
	if err == nil {
		b, err = t.readOf(v.reader, n, v.record)
	}
	switch {
	case fault.KindOf(err) == fault.Invalid:
		return nil, err, nil
	case err != nil:
		return nil, nil, err
	case shared:
		v.branch = b
	}
	return b, nil, nil
}

// treeOf resolves a tree whose root is the record r.
func (rq *readRequest) treeOf(ctx context.Context, r *Record, root *Node) (n *treeNode, t *treeRead, err error) {
	t = rq.newTree(ctx)
	t.paged = true
	n = &treeNode{target: r.collection, limit: 1}
	if n.projection, err = t.projection(n.target, root.Fields, 0); err != nil {
		return nil, nil, err
	}
	n.next, err = t.children(n, root.Children, 1)
	return n, t, err
}

// readOf reads the tree of a record.
func (t *treeRead) readOf(reader store.Reader, n *treeNode, r *Record) (*Branch, error) {
	t.begin(reader)
	view := &renderRequest{rq: t.rq, record: r, projection: n.projection, email: n.projection.showsEmailOf(r, t.rq.caller, false)}
	email, err := view.showsEmail(reader)
	if err != nil {
		return nil, err
	}
	e := &edge{node: n, refs: []int32{0}, ends: []int32{1}, more: []bool{false}, related: &rowset{}}
	e.related.reset(n.projection, n.next, t.enrich)
	if e.related.addRecord(r, t.rq.caller, email); e.related.err != nil {
		return nil, e.related.err
	}
	if err := t.loadAll(e.related); err != nil {
		return nil, readFault(err, fault.Invalid)
	}
	return e.branch(t.rq.service), nil
}

// sameForAll reports whether all callers who are not superusers see the same tree: no part of it
// depends on the caller.
func (n *treeNode) sameForAll() bool {
	// A filter or a sort that crosses a relation is judged by the rule of the related records, too.
	if n.projection.guarded || n.projection.enrich != nil || n.filtered() != "" ||
		strings.Contains(n.rule, "@") || strings.Contains(n.sort, ".") {
		return false
	}
	return !slices.ContainsFunc(n.next, func(below *treeNode) bool { return !below.sameForAll() })
}
