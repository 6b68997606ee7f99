// Enrich hooks, which change the shown records, with a time limit.

package record

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// errEnrich is in the chain of the error of a record whose Enrich hooks fail.
var errEnrich = errors.New("enrich")

// enrichFunc runs handlers of an Enrich hook by calling call with the context for the handlers.
type enrichFunc func(call func(context.Context) error) error

// enricher runs the Enrich hooks of one request on one goroutine, so that a handler that does not
// return cannot hold the request. The time limit is for all handlers of the request together.
type enricher struct {
	ctx    context.Context // of the handlers
	cancel context.CancelFunc
	timer  *time.Timer // runs while a handler runs
	left   time.Duration
	calls  chan func(context.Context) error
	result chan error // capacity 1: a handler that is too late can send its result without blocking
	err    error      // if not nil, no further handler runs
}

// enrich returns the function that runs the Enrich hooks of records of the request. ctx is the
// context of the request.
func (rq *readRequest) enrich(ctx context.Context) enrichFunc {
	return func(call func(context.Context) error) error {
		if rq.enricher == nil {
			rq.enricher = newEnricher(ctx, rq.service.cfg.HookLimit)
		}
		return rq.enricher.run(call)
	}
}

func newEnricher(ctx context.Context, limit time.Duration) *enricher {
	e := &enricher{left: limit, calls: make(chan func(context.Context) error), result: make(chan error, 1)}
	e.ctx, e.cancel = context.WithCancel(ctx)
	e.timer = time.NewTimer(limit)
	go e.work()
	return e
}

// work runs the calls. If a handler ends the goroutine, the result is an error.
func (e *enricher) work() {
	err := errors.New("hook: a handler has ended its goroutine")
	defer func() {
		if err != nil {
			e.result <- err
		}
	}()
	for call := range e.calls {
		e.result <- call(e.ctx)
	}
	err = nil
}

// run runs one call and waits for it until the time limit.
func (e *enricher) run(call func(context.Context) error) error {
	if e.err == nil {
		e.err = e.ctx.Err()
	}
	if e.err != nil {
		return e.err
	}
	start := time.Now()
	// The time limit is for the handlers alone: the timer is stopped while the records are read and
	// encoded.
	e.timer.Reset(e.left)
	e.calls <- call
	select {
	case err := <-e.result:
		e.timer.Stop()
		e.left -= time.Since(start)
		e.err = err
	// The handler runs until it checks its context, and sends its result to the channel. No other
	// handler runs after it, since e.err is set.
	case <-e.timer.C:
		e.cancel()
		e.err = hook.ErrTimeout
	case <-e.ctx.Done():
		e.err = e.ctx.Err()
	}
	return e.err
}

// close ends the goroutine, once a handler that may still run has returned.
func (e *enricher) close() {
	e.timer.Stop()
	e.cancel()
	close(e.calls)
}

// record returns the record in a row that holds all fields.
func (p *projection) record(rows store.Rows) *Record {
	r := &Record{collection: p.collection, values: make([]any, len(p.collection.Fields)), stored: true}
	for i, f := range p.collection.Fields {
		r.values[i] = f.Load(rows, p.column[i])
	}
	return r
}

// appendEnriched runs the Enrich hooks, then appends the record as appendRecord does.
func (p *projection) appendEnriched(dst []byte, r *Record, c Caller, email bool, enrich enrichFunc) (out []byte, expandAt int, err error) {
	e := &EnrichEvent{Caller: c, Record: r}
	err = enrich(func(ctx context.Context) error {
		e.Context = ctx
		return store.Inside(func() error { // the read may be in a write transaction
			return p.enrich.Trigger(e, func() error { return nil }, names(p.collection)...)
		})
	})
	if err == nil && errors.Is(r.misuse, errNoField) {
		err = r.misuse
	}
	if err != nil {
		return dst, len(dst), fmt.Errorf("%w: %w", errEnrich, err)
	}
	// The keys are collected for each record, since handlers may add or hide other keys each time.
	keys := p.keys
	if len(e.extra) > 0 {
		keys = slices.Clone(keys)
		for key := range e.extra {
			if p.collection.Field(key) == nil && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
	}
	separator := byte('{')
	for _, key := range keys {
		if key == "expand" {
			expandAt = len(dst)
			continue
		}
		if e.hidden[key] || p.guarded && key == "email" && !email {
			continue
		}
		dst = append(dst, separator)
		separator = ','
		dst = append(schema.AppendString(dst, key), ':')
		if dst, err = p.appendKey(dst, key, r, e.extra); err != nil {
			return dst, expandAt, err
		}
	}
	return append(dst, '}'), expandAt, nil
}

// appendKey appends the value of a key: a field, a key of the collection, or a key of extra.
func (p *projection) appendKey(dst []byte, key string, r *Record, extra map[string]any) ([]byte, error) {
	switch i := p.collection.FieldIndex(key); {
	case key == "collectionId":
		return schema.AppendString(dst, p.collection.ID), nil
	case key == "collectionName":
		return schema.AppendString(dst, p.collection.Name), nil
	case i >= 0 && encodingOf(p.collection.Fields[i]) == encodeSecret:
		return append(dst, `""`...), nil
	case i >= 0:
		return schema.AppendValue(dst, p.collection.Fields[i], r.values[i]), nil
	}
	value, err := schema.Marshal(extra[key])
	if err != nil {
		return dst, fmt.Errorf("%w: %s: %w", errEnrich, key, err)
	}
	return append(dst, value...), nil
}
