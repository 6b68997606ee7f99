// The delay of empty answers to filters behind rules (docs/wire/records.md §4.2).

package record

import (
	"context"
	"time"
)

// blur holds an answer back that is empty, if the caller has filtered what a rule hides in
// part, and has had several such of late. It is called when nothing is held any more. What
// the clock tells at all are microseconds; the delay bounds how often they can be measured.
func (rq *readRequest) blur(ctx context.Context, rule, filter string) {
	if rule == "" || filter == "" || rq.service.outer != nil { // in a transaction that others wait for
		return
	}
	if d := rq.service.caches.blur.Miss(rq.caller.Share(), rq.now); d > 0 {
		rq.service.pause(ctx, d)
	}
}

// pause waits for that long, or until the request has ended.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
