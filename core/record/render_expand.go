package record

import (
	"cmp"
	"errors"
	"fmt"
	"math"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
)

const (
	maxBackRelated = 1000     // records of one back relation, for each record
	maxExpandBytes = 64 << 20 // that one request may add by expanding; each level multiplies
)

var errExpandSize = errors.New("the related records are too large")

// expansion is one expand parameter at work (docs/wire/records.md §6.1). It reads
// each relation of each level with one query and never fails: what cannot be
// read is left out and logged.
type expansion struct {
	*reading
	request  *query.Request // see asked
	reader   store.Reader
	resolved int // nodes
	room     int // bytes that may still be added
}

func (rd *reading) expansion() *expansion { return &expansion{reading: rd} }

// asked is the caller as rules of related records see him.
func (x *expansion) asked() *query.Request {
	if x.request == nil {
		x.request = x.caller.request(x.caller.Body)
		x.request.Context = "expand"
	}
	return x.request
}

// run expands the relations of the rowset.
func (x *expansion) run(r store.Reader, set *rowset) {
	x.reader, x.room = r, maxExpandBytes
	x.expand(set)
}

func (x *expansion) expand(set *rowset) {
	kept := set.edges[:0]
	for _, e := range set.edges {
		if err := x.follow(e); err != nil {
			x.service.Log.Warn("expand", "collection", set.shape.collection.Name, "relation", e.node.key, "error", err)
			continue
		}
		kept = append(kept, e)
	}
	set.edges = kept
	limit := len(set.buf) + x.room
	if len(kept) > 0 && set.size(limit) > limit {
		x.service.Log.Warn("expand", "collection", set.shape.collection.Name, "error", errExpandSize)
		set.edges = nil
	}
}

// follow loads what the edge refers to, and what that refers to.
func (x *expansion) follow(e *edge) error {
	e.related = &rowset{}
	e.related.reset(e.node.shape, e.node.next)
	load := x.loadForward
	if e.node.back {
		load = x.loadBack
	}
	if err := cmp.Or(load(e), e.related.err); err != nil {
		return err
	}
	x.expand(e.related)
	size := e.related.size(math.MaxInt)
	x.room -= size
	e.related.settle(size)
	return nil
}

// loadForward loads the records whose ids the edge has.
func (x *expansion) loadForward(e *edge) error {
	found := make([]int32, len(e.ids)) // position + 1, by number
	sel := x.sel(e.node.shape, x.asked(), e.node.rule)
	sel.IDs = e.ids
	err := x.each(e, sel, func(rows store.Rows) bool {
		if n, ok := e.number[string(rows.Bytes(0))]; ok {
			e.related.add(rows, x.caller)
			found[n] = int32(len(e.related.rows))
		}
		return true
	})
	e.point(found)
	return err
}

// loadBack loads the records that refer to those that the edge starts from.
func (x *expansion) loadBack(e *edge) error {
	lists := make([][]int32, len(e.ids)) // positions, by number
	open := len(lists)                   // those that may still grow
	limit := maxBackRelated
	if e.node.single {
		limit = 1
	}
	sel := x.sel(e.node.shape, x.asked(), e.node.rule)
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
			e.related.add(rows, x.caller)
		}
		return open > 0
	})
	e.pointBack(lists)
	return err
}

// each calls fn with the rows of the selection until it has enough.
func (x *expansion) each(e *edge, sel query.Select, fn func(store.Rows) bool) error {
	if len(e.ids) == 0 {
		return nil
	}
	plan, err := x.service.planner.Compile(sel)
	if err != nil || plan.Empty {
		return err
	}
	rows, err := x.reader.Query(plan.SQL, plan.Args...)
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	defer rows.Close()
	for rows.Next() && fn(rows) {
		if len(e.related.buf) > x.room {
			return errExpandSize
		}
	}
	return rows.Close()
}
