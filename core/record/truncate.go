// Truncate: all records of a collection deleted in chunks, each a transaction.

package record

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

const truncateFailed = "Failed to truncate collection (most likely due to required cascade delete record references)."

// A truncation deletes in many transactions, so that it needs little memory and other
// writes have their turn between two of them.
const (
	truncateStep = 50                    // records that are deleted before the clock is looked at
	truncateTime = 50 * time.Millisecond // that a transaction should take, with its commit
)

// truncation is the deletion of all records of a collection.
type truncation struct {
	service    *Service
	caller     Caller
	collection string        // id or name
	limit      time.Duration // of the deletions of one transaction, without the log and the commit
}

// Truncate deletes all records of a collection, with everything that Delete does for
// each. Records that only refer to one another do not keep each other. Faults:
// Unauthenticated and Forbidden for callers who are no superusers; NotFound for an
// unknown collection; Invalid for a view, for the superusers, and where a record of
// another collection requires one of these.
//
// The records go a few at a time, each time in a transaction of its own. References of
// others are judged before the first. If the truncation is interrupted, or a record that
// requires another one is created meanwhile, the records that were deleted by then are
// gone; what is left is intact but for relations among the records of the collection
// itself, which may name deleted ones. Truncate again to go on.
func (s *Service) Truncate(ctx context.Context, caller Caller, collection string) error {
	if err := caller.RequireSuperuser(); err != nil {
		return err
	}
	if err := s.mayWrite(); err != nil {
		return err
	}
	if err := retryStale(func() error { return s.precheckTruncate(ctx, caller, collection) }); err != nil {
		return err
	}
	n := &truncation{service: s, caller: caller, collection: collection, limit: s.truncateTime / 2}
	for {
		var done bool
		err := retryStale(func() (err error) {
			done, err = n.deleteSome(ctx)
			return err
		})
		if err != nil {
			return deleteFault(err, truncateFailed)
		}
		if done {
			return nil
		}
	}
}

// truncatable returns the collection, or the fault of one that cannot be truncated.
func (rq *readRequest) truncatable(collection string) (*schema.Collection, error) {
	c := rq.snapshot.Find(collection)
	if c == nil {
		return nil, missing()
	}
	if c.IsView() {
		return nil, fault.New(fault.Invalid, "View collections cannot be truncated since they don't store their own records.")
	}
	return c, nil
}

// precheckTruncate is the fault of a collection whose records are required by others,
// or that must not be empty. Nothing is deleted then.
func (s *Service) precheckTruncate(ctx context.Context, caller Caller, collection string) error {
	rq := s.newRead(caller)
	c, err := rq.truncatable(collection)
	if err != nil {
		return err
	}
	return rq.read(ctx, store.Work{}, func(r store.Reader) error {
		if c.Name == schema.Superusers {
			// Emptying the superusers always deletes the last one.
			if some, err := hasRow(r, "SELECT 1 FROM "+store.Quote(c.Name)+" LIMIT 1"); err != nil || some {
				return cmp.Or(err, lastSuperuser())
			}
			return nil
		}
		for _, ref := range rq.snapshot.References(c.ID) {
			// Relations among the records of c go with both of their ends. A cascade deletes
			// what refers, and an optional relation is cleared.
			if ref.Collection == c || ref.Collection.IsView() || ref.Relation.CascadeDelete || !ref.Field.Required {
				continue
			}
			required, err := rq.requires(r, ref)
			if err != nil {
				return fmt.Errorf("relation %s.%s: %w", ref.Collection.Name, ref.Field.Name, err)
			}
			if required {
				return fault.Wrap(fault.Invalid, truncateFailed, errRequired)
			}
		}
		return nil
	})
}

// requires reports whether a record requires an existing one by the relation, and no
// other relation to the same collection deletes it.
func (rq *readRequest) requires(r store.Reader, ref schema.Reference) (bool, error) {
	// The path through the relation counts only ids of records that exist: a dangling id
	// requires nothing.
	filter := ref.Field.Name + ".id ?!= ''"
	for _, f := range cascades(ref.Collection, ref.Relation.CollectionID) {
		if f.Multiple() {
			filter += " && " + f.Name + ":length = 0"
		} else {
			filter += " && " + f.Name + " = ''"
		}
	}
	plan, err := rq.service.planner.Compile(query.Select{
		Scope:   query.Scope{Snapshot: rq.snapshot, Collection: ref.Collection, Now: rq.now},
		Columns: []string{"id"}, Filter: filter, Limit: 1,
	})
	if err != nil || plan.Empty {
		return false, err
	}
	return hasRow(r, plan.SQL, plan.Args...)
}

// cascades are the relations of c by which a record is deleted with those of target.
func cascades(c *schema.Collection, target string) []*schema.Field {
	var list []*schema.Field
	for _, f := range c.Fields {
		if kind, ok := f.Kind.(*schema.Relation); ok && kind.CascadeDelete && kind.CollectionID == target {
			list = append(list, f)
		}
	}
	return list
}

// goesLater reports whether the record will be deleted in the course of a truncation,
// by a relation that cascades.
func (t *writeTx) goesLater(r *Record) bool {
	if t.truncated == nil {
		return false
	}
	return slices.ContainsFunc(cascades(r.collection, t.truncated.ID), func(f *schema.Field) bool {
		return len(choices(r.Get(f.Name))) > 0
	})
}

// deleteSome deletes records for about n.limit in one transaction. done says that none
// is left.
func (n *truncation) deleteSome(ctx context.Context) (done bool, err error) {
	s := n.service
	rq := s.newRead(n.caller)
	c, err := rq.truncatable(n.collection)
	if err != nil {
		return false, err
	}
	var t *writeTx
	var begun time.Time
	err = s.cfg.Store.Exclusive(ctx, func(tx store.Tx) (err error) {
		// The time begins inside of the transaction: waiting for one's turn holds nobody up.
		begun, done = time.Now(), false
		if t, err = s.newWriteTx(tx, rq.snapshot, n.caller.Actor()); err != nil {
			return err
		}
		t.truncated = c
		for {
			if done, err = t.truncateStep(ctx, c); err != nil {
				return err
			}
			if done || time.Since(begun) >= n.limit {
				return t.end()
			}
		}
	})
	if err != nil {
		return false, err
	}
	n.adapt(time.Since(begun))
	t.finish(nil)
	return done, nil
}

// adapt sets the limit of the next transaction by how long the last one took: the log
// and the commit may take longer than the deletions, on a slow disk by far.
func (n *truncation) adapt(took time.Duration) {
	target := n.service.truncateTime
	if took > target {
		n.limit = time.Duration(float64(n.limit) * float64(target) / float64(took))
		return
	}
	n.limit = min(target, n.limit+target/8)
}

// truncateStep deletes the next records, with what follows from it. done says that no record is
// left.
func (t *writeTx) truncateStep(ctx context.Context, c *schema.Collection) (done bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	ids, err := store.Texts(t.tx, `SELECT "id" FROM `+store.Quote(c.Name)+" LIMIT $1", store.Int(truncateStep))
	if err != nil || len(ids) == 0 {
		return true, err
	}
	return len(ids) < truncateStep, t.deleteRecords(t.table(c), ids)
}
