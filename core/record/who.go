// The accounts that a rule allows.

package record

import (
	"context"
	"errors"
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

const (
	whoPage = 500  // maximum number of accounts in one statement
	whoMost = 5000 // maximum number of accounts in one call of Who
)

// Allowed are the accounts of an auth collection that a rule allows.
type Allowed struct {
	IDs    []string // the ids of the first allowed accounts, in the order of insertion
	Count  int      // the number of allowed accounts among the judged accounts
	Judged int      // the number of judged accounts
	More   bool     // the collection has accounts that were not judged: there are too many, or the time limit was reached
}

// Who returns the accounts of an auth collection that the rule of a Question allows, as Explain
// would judge each of them. It judges up to 5,000 accounts, and none if the rule is nil. a.IDs has
// the ids of the first allowed accounts, at most limit. caller is the request; its Auth is ignored.
// asks must be a superuser. The collection must not be that of the superusers. The limits and faults
// are those of Explain; the time limit is a fault only if no account was judged before it. Another
// fault is Invalid for a rule that cannot be used and for a collection that is not an auth
// collection.
func (s *Service) Who(ctx context.Context, asks, caller Caller, q Question, accounts string, limit int) (a Allowed, err error) {
	if err := asks.RequireSuperuser(); err != nil {
		return a, err
	}
	caller.Auth = nil
	err = s.readWithRetry(caller, func(rq *readRequest) (err error) {
		a, err = rq.who(ctx, asks, q, accounts, limit)
		return readFault(err, fault.Invalid)
	})
	return a, err
}

func (rq *readRequest) who(ctx context.Context, asks Caller, q Question, accounts string, limit int) (a Allowed, err error) {
	c, of := rq.snapshot.Find(q.Collection), rq.snapshot.Find(accounts)
	switch {
	case c == nil || of == nil:
		return a, missingCollection()
	case !of.IsAuth():
		return a, fault.New(fault.Invalid, "The collection has no accounts.")
	case q.Rule == nil:
		return a, nil
	}
	x := &explaining{rq: rq, collection: c, out: &Explanation{}}
	err = rq.readFor(ctx, asks, func(r store.Reader) error {
		a = Allowed{}
		if err := x.prepare(r, q); err != nil {
			return err
		}
		x.sel.Rule = *q.Rule
		ids, err := accountIDs(rq, r, of)
		if err != nil {
			return err
		}
		if a.More = len(ids) > whoMost; a.More {
			ids = ids[:whoMost]
		}
		for page := range slices.Chunk(ids, whoPage) {
			allowed, err := x.allowed(r, of, page)
			if err != nil {
				return err
			}
			a.Judged += len(page)
			a.Count += len(allowed)
			a.IDs = append(a.IDs, allowed[:min(len(allowed), limit-len(a.IDs))]...)
		}
		return nil
	})
	if a.Judged > 0 && errors.Is(err, store.ErrTimeout) {
		a.More, err = true, nil
	}
	return a, err
}

// accountIDs returns the ids of up to whoMost+1 accounts, in the order of insertion.
func accountIDs(rq *readRequest, r store.Reader, of *schema.Collection) ([]string, error) {
	plan, err := rq.service.planner.Compile(query.Select{Scope: rq.scope(of, nil), Columns: []string{"id"}, Limit: whoMost + 1})
	if err != nil {
		return nil, err
	}
	return store.Texts(r, plan.SQL, plan.Args...)
}

// allowed returns the ids of the accounts that the rule allows, in the order of ids.
func (x *explaining) allowed(r store.Reader, of *schema.Collection, ids []string) ([]string, error) {
	sel := x.sel
	sel.Callers, sel.Columns, sel.Limit = &query.Callers{Collection: of, IDs: ids}, nil, 0
	plan, err := x.rq.service.planner.Compile(sel)
	if err != nil || plan.Empty {
		return nil, err
	}
	found, err := store.Texts(r, plan.SQL, plan.Args...)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !slices.Contains(found, id) }), nil
}
