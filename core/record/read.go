package record

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// reading is one request that reads: who asks, and the snapshot and the time
// that hold for all of it.
type reading struct {
	service   *Service
	snapshot  *schema.Snapshot
	caller    Caller
	superuser bool
	now       time.Time
}

func (s *Service) reading(c Caller) *reading {
	return &reading{service: s, snapshot: s.Snapshot(), caller: c, superuser: c.Superuser(), now: s.Now()}
}

// withReading calls fn with a reading. If collections were changed meanwhile, so
// that what fn asks is refused or means something else, it is called again with the
// new snapshot.
func (s *Service) withReading(c Caller, fn func(*reading) error) error {
	for {
		rd := s.reading(c)
		err := twice(func() error { return fn(rd) })
		var refused *store.StatementError
		if !errors.Is(err, errStale) && !errors.As(err, &refused) || s.Snapshot() == rd.snapshot {
			return err
		}
	}
}

// twice calls fn again if the database refused a statement of it. PostgreSQL looks
// names up as they are now, also for a state from before a change of definitions;
// of the change, this process may learn only when its next read begins.
func twice(fn func() error) error {
	err := fn()
	if refused := (*store.StatementError)(nil); errors.As(err, &refused) {
		return fn()
	}
	return err
}

// collection is the collection and the rule that its records must satisfy, which
// pick takes from it.
func (rd *reading) collection(idOrName string, pick func(*schema.Collection) *string) (*schema.Collection, string, error) {
	c := rd.snapshot.Find(idOrName)
	if c == nil {
		return nil, "", fault.New(fault.NotFound, "Missing collection context.")
	}
	if rd.superuser {
		return c, "", nil
	}
	rule := pick(c)
	if rule == nil {
		return nil, "", fault.New(fault.Forbidden, "Only superusers can perform this action.")
	}
	return c, *rule, nil
}

// sel is a read of the shape's records, for appendRow.
func (rd *reading) sel(sh *shape, request *query.Request, rule string) query.Select {
	return query.Select{
		Scope:   query.Scope{Snapshot: rd.snapshot, Collection: sh.collection, Request: request, Now: rd.now},
		Columns: sh.columns,
		Flags:   sh.flags(rd.caller),
		Rule:    rule,
	}
}

// read calls fn in a read transaction. Only the store's own limit holds for
// superusers.
func (rd *reading) read(ctx context.Context, fn func(store.Reader) error) error {
	if !rd.superuser {
		ctx = store.WithLimit(ctx, rd.service.ReadLimit)
	}
	return rd.service.Store.Read(ctx, fn)
}

// readCurrent is read with current.
func (rd *reading) readCurrent(ctx context.Context, fn func(store.Reader) error) error {
	return rd.read(ctx, rd.current(fn))
}

// current is fn by the definitions of the state that is read: the store has by then
// told of those that another process has made. If the reading has others, the error
// is errStale.
func (rd *reading) current(fn func(store.Reader) error) func(store.Reader) error {
	return func(r store.Reader) error {
		if rd.service.Snapshot() != rd.snapshot {
			return errStale
		}
		return fn(r)
	}
}

// unreadable is the fault of that kind for a request whose expressions do not
// compile, or take too long; what else may have happened is internal.
func unreadable(err error, kind fault.Kind) error {
	var refused *query.Error
	switch {
	case errors.As(err, &refused):
		return &fault.Error{Kind: kind, Reason: reason(refused), Err: err}
	case errors.Is(err, store.ErrTimeout):
		return &fault.Error{Kind: fault.Invalid, Reason: "query time limit reached", Err: err}
	}
	return err
}

// reason is what superusers are told of an expression that cannot be used.
func reason(refused *query.Error) string {
	if refused.Pos == 0 {
		return refused.Message
	}
	return refused.Message + " (at byte " + strconv.Itoa(refused.Pos) + ")"
}
