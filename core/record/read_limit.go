// The time limit of reads for callers who are no superusers.

package record

import (
	"context"

	"github.com/loambase/loam/core/budget"
	"github.com/loambase/loam/core/internal/store"
)

// limitTime returns ctx with the time limit of reads, Config.ReadLimit or, for guests,
// Config.GuestReadLimit, and with who reads. Superusers have only the limit of the store. The store looks at the clock itself: a deadline in
// the context would cost a timer for each read.
func (rq *readRequest) limitTime(ctx context.Context) context.Context {
	if rq.superuser {
		return ctx
	}
	limit, share := rq.service.cfg.ReadLimit, rq.caller.Share()
	if share.Class == budget.Guest {
		limit = min(limit, rq.service.cfg.GuestReadLimit)
	}
	return store.WithCaller(ctx, limit, share)
}
