// The time limit of reads of callers who are not superusers, and the share in which they wait for
// their turn.

package record

import (
	"context"
	"math/bits"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/budget"
)

// limitTime returns ctx with the time limit of reads, which is Config.ReadLimit or, for guests,
// Config.GuestReadLimit, with the share of the caller, and with the expected work. For superusers
// only the limit of the store holds. The store looks at the clock itself: a deadline in the context
// would cost a timer for each read.
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

// ruleWork returns the work of judging a rule of a collection, or of following the relations of its
// records without a filter. Such work has the same shape each time, under the name what.
func ruleWork(what string, c *schema.Collection) store.Work {
	return store.Work{Shape: store.ShapeOf(what + " " + c.ID)}
}

// expandWork returns the work w followed by reading the relations of an expand parameter.
func expandWork(w store.Work, expand string, nodes []*treeNode) store.Work {
	if len(nodes) == 0 {
		return w
	}
	return store.Work{Shape: w.Shape.WithText(expand)}
}

// A page with more rows, or a greater offset, is not prompt.
const (
	promptRows   = 201 // one more than the usual maximum of rows of a page
	promptOffset = 1000
)

// pageWork returns the work of a plan of which a page is read. Pages of other sizes and offsets may
// take another time, so they have other shapes.
func pageWork(w store.Work, limit, offset int) store.Work {
	w.Prompt = w.Prompt && limit <= promptRows && offset <= promptOffset
	w.Shape = w.Shape.With(uint64(bits.Len(uint(limit))<<8 | bits.Len(uint(offset))))
	return w
}
