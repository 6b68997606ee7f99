// The time limit of reads for callers who are no superusers.

package record

import (
	"context"

	"github.com/loambase/loam/core/internal/store"
)

// limitTime returns ctx with the time limit of reads, Config.ReadLimit. Superusers
// have only the limit of the store. The store looks at the clock itself: a deadline in
// the context would cost a timer for each read.
func (rq *readRequest) limitTime(ctx context.Context) context.Context {
	if rq.superuser {
		return ctx
	}
	return store.WithLimit(ctx, rq.service.cfg.ReadLimit)
}
