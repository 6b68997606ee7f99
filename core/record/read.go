// The steps of every read: snapshot, read transaction, time limit, retry.

package record

import (
	"context"
	"errors"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/budget"
)

// readRequest is the context of one request: its caller, and the snapshot and the time that hold
// for the whole request. Writes have a readRequest too.
type readRequest struct {
	service   *Service
	snapshot  *schema.Snapshot
	caller    Caller
	superuser bool
	now       time.Time
	enricher  *enricher // runs the Enrich hooks; nil until the first record needs it
	answer    budget.Lease
	held      int64 // the bytes that answer has counted; see hold
	treeRoom  *int  // the part of treeLimit that other answers of the request have left; nil: all of it
}

func (s *Service) newRead(c Caller) *readRequest {
	return &readRequest{service: s, snapshot: s.cfg.Snapshot(), caller: c, superuser: c.Superuser(), now: s.cfg.Now()}
}

// readWithRetry calls fn with a request. If the collections changed while fn ran, so that its SQL
// was refused or has another meaning now, fn is called again with the new snapshot.
func (s *Service) readWithRetry(c Caller, fn func(*readRequest) error) error {
	return retryStale(func() error {
		rq := s.newRead(c)
		defer rq.close()
		err := retryRejected(func() error { return fn(rq) })
		// The new definitions may lack a name in the statement that was refused. If the old
		// definitions are still in force, the error is returned.
		var rejected *store.StatementError
		if errors.As(err, &rejected) && s.cfg.Snapshot() != rq.snapshot {
			return errStale
		}
		return err
	})
}

// close ends the worker of the Enrich hooks, if there is one, and gives back the bytes that hold
// has counted.
func (rq *readRequest) close() {
	rq.answer.Release()
	rq.held = 0
	if rq.enricher != nil {
		rq.enricher.close()
		rq.enricher = nil
	}
}

// resolve returns the collection and the rule that its records must satisfy; pick
// takes the rule from the collection. Superusers have no rule.
func (rq *readRequest) resolve(idOrName string, pick func(*schema.Collection) *string) (*schema.Collection, string, error) {
	c := rq.snapshot.Find(idOrName)
	if c == nil {
		return nil, "", missingCollection()
	}
	rule, err := rq.ruleFor(pick(c))
	if err != nil {
		rq.service.denied(c, actionRead)
	}
	return c, rule, err
}

// ruleFor returns the expression that the caller must satisfy under this rule of a collection; ""
// demands nothing. A nil rule is a Forbidden fault for everybody but superusers.
func (rq *readRequest) ruleFor(rule *string) (string, error) {
	switch {
	case rq.superuser:
		return "", nil
	case rule == nil:
		return "", fault.New(fault.Forbidden, "Only superusers can perform this action.")
	}
	return *rule, nil
}

// scope returns the scope in which expressions about the collection are compiled; body is
// @request.body.
func (rq *readRequest) scope(c *schema.Collection, body map[string]any) query.Scope {
	return query.Scope{Snapshot: rq.snapshot, Collection: c, Request: rq.caller.request(body), Now: rq.now}
}

// selection returns a selection of the columns of a projection, so that appendRow can encode the
// rows.
func (rq *readRequest) selection(p *projection, request *query.Request, rule string) query.Select {
	return query.Select{
		Scope:   query.Scope{Snapshot: rq.snapshot, Collection: p.collection, Request: request, Now: rq.now},
		Columns: p.columns,
		Cut:     p.cut,
		Flags:   p.flags(rq.caller),
		Rule:    rule,
	}
}

// read calls fn in a read transaction, under the time limit of the caller. If the stored
// definitions are not those of the request, the error is errStale. w is the expected cost of fn.
func (rq *readRequest) read(ctx context.Context, w store.Work, fn func(store.Reader) error) error {
	return rq.service.cfg.Store.Read(rq.limitTime(ctx, w), rq.ifCurrent(fn))
}

// ifCurrent returns fn with a check before it: when a transaction begins, the store has taken over
// the definitions that another process changed. If the request has other definitions, the error is
// errStale.
func (rq *readRequest) ifCurrent(fn func(store.Reader) error) func(store.Reader) error {
	return func(r store.Reader) error {
		if rq.service.cfg.Snapshot() != rq.snapshot {
			return errStale
		}
		return fn(r)
	}
}

// missing returns the fault of a record that does not exist or that the caller may not see.
func missing() error { return fault.New(fault.NotFound, "") }

// missingCollection returns the fault of a collection that does not exist.
func missingCollection() error { return fault.New(fault.NotFound, "Missing collection context.") }
