// The delay of empty answers to filters behind rules (docs/wire/records.md §4.2).

package record

import (
	"context"
	"time"
)

// blur delays an empty answer if the caller has filtered records some of which a rule hides, and
// has had several such answers lately. It is called while no lock or transaction is held. The clock
// tells the caller no more than microseconds; the delay limits the number of measurements.
func (rq *readRequest) blur(ctx context.Context, rule, filter string) {
	if rule == "" || filter == "" || rq.service.outer != nil { // in a transaction, other writes would wait
		return
	}
	if d := rq.service.caches.blur.Miss(rq.caller.Share(), rq.now); d > 0 {
		rq.service.pause(ctx, d)
	}
}

// pause waits for d, or until the request has ended.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
