// The time limit of reads for callers who are no superusers, and among which others they
// wait for their turn.

package record

import (
	"context"
	"math/bits"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/budget"
)

// limitTime returns ctx with the time limit of reads, Config.ReadLimit or, for guests,
// Config.GuestReadLimit, with who reads, and with what is known of the work. Superusers have
// only the limit of the store. The store looks at the clock itself: a deadline in
// the context would cost a timer for each read.
func (rq *readRequest) limitTime(ctx context.Context, w store.Work) context.Context {
	if rq.superuser {
		return ctx
	}
	limit, share := rq.service.cfg.ReadLimit, rq.caller.Share()
	if share.Class == budget.Guest {
		limit = min(limit, rq.service.cfg.GuestReadLimit)
	}
	return store.WithCaller(ctx, limit, share, w)
}

// ruleWork is the work of judging a rule of a collection, or of following the relations of
// its records for nobody's filter: what is the same each time has one name.
func ruleWork(what string, c *schema.Collection) store.Work {
	return store.Work{Shape: store.ShapeOf(what + " " + c.ID)}
}

// expandWork is work that is followed by reading the relations of an expand parameter.
func expandWork(w store.Work, expand string, nodes []*treeNode) store.Work {
	if len(nodes) == 0 {
		return w
	}
	return store.Work{Shape: w.Shape.WithText(expand)}
}

// Beyond these a page is not prompt.
const (
	promptRows   = 201 // one more than the usual largest page
	promptOffset = 1000
)

// pageWork is the work of a plan that is read so far into the rows. Pages of other sizes, or
// elsewhere, may take another time: their shapes differ.
func pageWork(w store.Work, limit, offset int) store.Work {
	w.Prompt = w.Prompt && limit <= promptRows && offset <= promptOffset
	w.Shape = w.Shape.With(uint64(bits.Len(uint(limit))<<8 | bits.Len(uint(offset))))
	return w
}
