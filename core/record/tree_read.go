// The read of trees: each root by itself, all of them from one snapshot of the database.

package record

import (
	"context"
	"errors"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
)

// rootRead is a root that is being read: a tree, or an aggregate.
type rootRead struct {
	tree      *edge
	aggregate *aggregateRead
	err       error // the error of this root alone
}

// trees does the work of Trees in one snapshot: all names are resolved and all rules found before
// anything is read. failed has an error for each root that a hook has refused.
func (rq *readRequest) trees(ctx context.Context, roots []*Node, failed []error) ([]*Branch, error) {
	t := rq.newTree(ctx)
	reads, err := t.readRoots(ctx, roots, failed)
	if err != nil {
		return nil, err
	}
	rq.blurTrees(ctx, reads)
	return rq.service.branches(reads), nil
}

// readRoots reads the roots.
func (t *treeRead) readRoots(ctx context.Context, roots []*Node, failed []error) ([]*rootRead, error) {
	t.paged = true
	reads := make([]*rootRead, len(roots))
	var shape store.Shape
	for i, root := range roots {
		if reads[i] = t.newRoot(root); failed != nil && failed[i] != nil {
			reads[i] = &rootRead{err: failed[i]}
		}
		shape = root.shape(shape)
	}
	at := 0
	err := t.rq.read(ctx, store.Work{Shape: shape}, func(r store.Reader) error {
		t.begin(r)
		for i, read := range reads {
			at = i
			if err := t.load(read); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, &RootError{at, readFault(err, fault.Invalid)}
	}
	return reads, nil
}

// branches returns the branches of the roots.
func (s *Service) branches(reads []*rootRead) []*Branch {
	list := make([]*Branch, len(reads))
	for i, read := range reads {
		list[i] = read.branch(s)
	}
	return list
}

// newRoot resolves a root and the nodes below it.
func (t *treeRead) newRoot(root *Node) (read *rootRead) {
	read = &rootRead{}
	if root.Aggregate != nil {
		read.aggregate, read.err = t.rq.planAggregate(root.Collection, *root.Aggregate)
		return read
	}
	n, err := t.root(root)
	read.tree, read.err = &edge{node: n}, err
	return read
}

// load reads a root. Its error ends the whole read. An error of the root alone, which cannot be
// planned or whose Enrich hook fails, is stored in read.
func (t *treeRead) load(read *rootRead) (err error) {
	switch e := read.tree; {
	case read.err != nil:
		return nil
	case read.aggregate != nil:
		return read.aggregate.run(t.reader)
	default:
		// The read may run a second time after a rejected statement.
		e.refs, e.ends, e.more, e.totals = nil, nil, nil, nil
		err = t.loadTree(e)
	}
	var invalid *query.Error
	hooked := errors.Is(err, errEnrich) && !errors.Is(err, hook.ErrTimeout)
	if !hooked && !errors.As(err, &invalid) {
		return err
	}
	if hooked && t.rq.enricher != nil { // the enricher runs no handler after an error
		t.rq.enricher.close()
		t.rq.enricher = nil
	}
	read.err = readFault(err, fault.Invalid)
	return nil
}

// branch returns the branch of the root.
func (read *rootRead) branch(s *Service) *Branch {
	switch {
	case read.err != nil:
		return &Branch{Err: read.err}
	case read.aggregate != nil:
		return &Branch{Groups: read.aggregate.groups}
	}
	return read.tree.branch(s)
}

// blurTrees delays the answer if a filter behind a rule has found nothing.
func (rq *readRequest) blurTrees(ctx context.Context, reads []*rootRead) {
	for _, read := range reads {
		switch {
		case read.err != nil:
		case read.aggregate != nil:
			if a := read.aggregate; a.groups.empty() {
				rq.blur(ctx, a.rule, a.filter)
				return
			}
		default:
			if miss := read.tree.miss(); miss != nil {
				rq.blur(ctx, miss.rule, miss.filtered())
				return
			}
		}
	}
}
