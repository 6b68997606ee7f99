package record

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
)

const (
	maxBackRelated = 1000     // records of one back relation, for each record
	maxExpandBytes = 64 << 20 // that one request may add by expanding; each level multiplies
)

// expansion is one expand parameter at work (docs/wire/records.md §6.1). It reads each
// relation of each level with one query. Records that the caller may not see, or that
// do not exist, are left out silently; everything else that keeps a relation from being
// read is an error, so that an answer never lacks records without a sign.
type expansion struct {
	rq       *readRequest
	enrich   enrichFunc
	request  *query.Request // see asked
	reader   store.Reader
	resolved int // nodes
	room     int // bytes that may still be added
}

func (rq *readRequest) newExpansion(ctx context.Context) *expansion {
	return &expansion{rq: rq, enrich: rq.enrich(ctx)}
}

// asked is the request as rules of related records see it.
func (x *expansion) asked() *query.Request {
	if x.request == nil {
		x.request = x.rq.caller.request(x.rq.caller.Body)
		x.request.Context = "expand"
	}
	return x.request
}

// run expands the relations of the rowset.
func (x *expansion) run(r store.Reader, set *rowset) error {
	x.reader, x.room = r, maxExpandBytes
	return x.expand(set)
}

func (x *expansion) expand(set *rowset) error {
	kept := set.edges[:0]
	for _, e := range set.edges {
		err := x.loadRelation(e)
		var invalid *query.Error
		switch {
		case errors.As(err, &invalid): // a view rule that does not compile lets nobody see a record
			x.rq.service.cfg.Log.Debug("expand", "collection", e.node.target.Name, "error", err)
		case err != nil:
			return fmt.Errorf("expand %s: %w", e.node.key, err)
		default:
			kept = append(kept, e)
		}
	}
	set.edges = kept
	limit := len(set.buf) + x.room
	if len(kept) > 0 && set.size(limit) > limit {
		return errExpandSize()
	}
	return nil
}

// errExpandSize is the fault of related records that exceed maxExpandBytes.
func errExpandSize() error {
	return &fault.Error{Kind: fault.Invalid, Reason: "the related records are too large: expand fewer of them"}
}

// loadRelation loads what the edge refers to, and what that refers to.
func (x *expansion) loadRelation(e *edge) error {
	e.related = &rowset{}
	e.related.reset(e.node.projection, e.node.next, x.enrich)
	load := x.loadForward
	if e.node.back {
		load = x.loadBack
	}
	if err := cmp.Or(load(e), e.related.err); err != nil {
		return err
	}
	if err := x.expand(e.related); err != nil {
		return err
	}
	size := e.related.size(math.MaxInt)
	x.room -= size
	e.related.inlineExpands(size)
	return nil
}

// loadForward loads the records whose ids the edge has collected.
func (x *expansion) loadForward(e *edge) error {
	found := make([]int32, len(e.ids)) // position + 1, by number
	sel := x.rq.selection(e.node.projection, x.asked(), e.node.rule)
	sel.IDs = e.ids
	err := x.each(e, sel, func(rows store.Rows) bool {
		if n, ok := e.number[string(rows.Bytes(0))]; ok {
			e.related.add(rows, x.rq.caller)
			found[n] = int32(len(e.related.rows))
		}
		return true
	})
	e.resolveForward(found)
	return err
}

// loadBack loads the records that refer to those of the edge's rowset.
func (x *expansion) loadBack(e *edge) error {
	lists := make([][]int32, len(e.ids)) // positions, by number
	open := len(lists)                   // lists that may still grow
	limit := maxBackRelated
	if e.node.single {
		limit = 1
	}
	sel := x.rq.selection(e.node.projection, x.asked(), e.node.rule)
	sel.RefBy = &query.Ref{Field: e.node.field.Name, IDs: e.ids}
	if len(lists) == 1 {
		sel.Limit = limit
	}
	err := x.each(e, sel, func(rows store.Rows) bool {
		position, wanted := int32(len(e.related.rows)), false
		e.eachID(rows, func(id []byte) {
			n, ok := e.number[string(id)]
			if !ok || len(lists[n]) == limit {
				return
			}
			wanted = true
			if lists[n] = append(lists[n], position); len(lists[n]) == limit {
				open--
			}
		})
		if wanted {
			e.related.add(rows, x.rq.caller)
		}
		return open > 0
	})
	e.resolveBack(lists)
	return err
}

// each calls fn with the rows of the selection until fn returns false.
func (x *expansion) each(e *edge, sel query.Select, fn func(store.Rows) bool) error {
	if len(e.ids) == 0 {
		return nil
	}
	plan, err := x.rq.service.planner.Compile(sel)
	if err != nil || plan.Empty {
		return err
	}
	rows, err := x.reader.Query(plan.SQL, plan.Args...)
	if err != nil {
		return x.rq.viewFault(err, plan.Tables)
	}
	defer rows.Close()
	for rows.Next() && fn(rows) {
		if e.related.err != nil {
			return e.related.err
		}
		if len(e.related.buf) > x.room {
			return errExpandSize()
		}
	}
	return x.rq.viewFault(rows.Close(), plan.Tables)
}
