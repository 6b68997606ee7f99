package follow

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"
)

// writer is a client that writes. No other client writes its records.
type writer struct {
	*field
	random *rand.Rand
	own    []written
}

type written struct {
	collection string
	row
}

// write writes until ctx ends.
func (f *field) write(ctx context.Context, n int) {
	w := &writer{field: f, random: rand.New(rand.NewPCG(uint64(n), uint64(time.Now().UnixNano())))}
	tick := time.NewTicker(f.Pace)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		// A write that has begun runs to its end, even if the time is over, so that its result is
		// known.
		if err := w.once(context.WithoutCancel(ctx)); err == nil {
			atomic.AddInt64(&f.result.Writes, 1)
		} else if refused := new(refusal); errors.As(err, &refused) && refused.status < 500 {
			f.result.wrong("a write was refused: %v", err)
		}
	}
}

// once does a random write. A record whose write had no answer is not written again.
func (w *writer) once(ctx context.Context) error {
	switch k := w.random.IntN(20); {
	case k == 0:
		return w.createMany(ctx)
	case k < 8 || len(w.own) == 0:
		return w.create(ctx, []string{notes, notes, mine, diaries}[w.random.IntN(4)])
	case k < 16:
		return w.update(ctx, w.take())
	default:
		r := w.take()
		return w.ask(ctx, "DELETE", "/api/collections/"+r.collection+"/records/"+r.ID, w.root, "", nil)
	}
}

// take removes a record from the writer's own records.
func (w *writer) take() written {
	i := w.random.IntN(len(w.own))
	r := w.own[i]
	w.own[i] = w.own[len(w.own)-1]
	w.own = w.own[:len(w.own)-1]
	return r
}

func (w *writer) owner() string { return w.accounts[w.random.IntN(len(w.accounts))].id }

func (w *writer) body(v int) string {
	return fmt.Sprintf(`{"v":%d,"n":%d,"owner":%q}`, v, w.random.IntN(100), w.owner())
}

func (w *writer) create(ctx context.Context, collection string) error {
	r := written{collection: collection}
	err := w.ask(ctx, "POST", "/api/collections/"+collection+"/records", w.root, w.body(1), &r.row)
	if err == nil {
		w.own = append(w.own, r)
	}
	return err
}

func (w *writer) update(ctx context.Context, r written) error {
	body := w.body(r.V + 1)
	if r.collection == diaries { // its owner stays
		body = fmt.Sprintf(`{"v":%d,"n":%d}`, r.V+1, w.random.IntN(100))
	}
	err := w.ask(ctx, "PATCH", "/api/collections/"+r.collection+"/records/"+r.ID, w.root, body, &r.row)
	if err == nil {
		w.own = append(w.own, r)
	}
	return err
}

// createMany creates several records in one transaction.
func (w *writer) createMany(ctx context.Context) error {
	var requests []string
	for range 4 {
		requests = append(requests, `{"method":"POST","url":"/api/collections/`+notes+`/records","body":`+w.body(1)+`}`)
	}
	var answers []struct{ Body row }
	err := w.ask(ctx, "POST", "/api/batch", w.root, `{"requests":[`+strings.Join(requests, ",")+`]}`, &answers)
	for _, a := range answers {
		w.own = append(w.own, written{notes, a.Body})
	}
	return err
}
