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

// A truncation deletes in many transactions, so that it needs little memory and other writes can
// run between two of them.
const (
	truncateStep = 50                    // records that are deleted between two looks at the clock
	truncateTime = 50 * time.Millisecond // the intended duration of a transaction, with its commit
)

// truncation is the deletion of all records of a collection.
type truncation struct {
	service    *Service
	caller     Caller
	collection string        // id or name
	limit      time.Duration // of the deletions in one transaction, without the change log and the commit
}

// Truncate deletes all records of a collection. It does for each record all that Delete does.
// Required relations between records of the collection do not prevent the deletion. Faults:
// Unauthenticated and Forbidden for callers who are not superusers; NotFound for an unknown
// collection; Invalid for a view, for the superusers, and if a record of another collection
// requires one of the records.
//
// The records are deleted in several transactions, a few records in each. References of other
// collections are judged before the first transaction. If the truncation is interrupted, or a
// record that requires another one is created meanwhile, the deletions of earlier transactions
// stay. The remaining data is intact, except that relations among the records of the collection may
// name deleted records. Calling Truncate again continues.
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

// precheckTruncate returns the fault of a collection whose records are required by others, or that
// must not be empty. Nothing is deleted then.
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
			// Relations among the records of c disappear with both records. A cascade deletes the
			// referring record, and an optional relation is cleared.
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

// requires reports whether a record requires an existing record by the relation, and no other
// relation to the same collection deletes the requiring record.
func (rq *readRequest) requires(r store.Reader, ref schema.Reference) (bool, error) {
	// The path through the relation yields only ids of records that exist: a dangling id requires
	// nothing.
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

// cascades returns the relations of c by which a record is deleted together with a record of
// target.
func cascades(c *schema.Collection, target string) []*schema.Field {
	var list []*schema.Field
	for _, f := range c.Fields {
		if kind, ok := f.Kind.(*schema.Relation); ok && kind.CascadeDelete && kind.CollectionID == target {
			list = append(list, f)
		}
	}
	return list
}

// goesLater reports whether a later step of the truncation will delete the record by a cascade.
func (t *writeTx) goesLater(r *Record) bool {
	if t.truncated == nil {
		return false
	}
	return slices.ContainsFunc(cascades(r.collection, t.truncated.ID), func(f *schema.Field) bool {
		return len(choices(r.Get(f.Name))) > 0
	})
}

// deleteSome deletes records in one transaction, for about n.limit. done reports that no record is
// left.
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
		// The time begins inside of the transaction: while it waits for its turn, it blocks no
		// other write.
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

// adapt sets the limit of the next transaction by the duration of the last: the change log and the
// commit may take longer than the deletions, much longer on a slow disk.
func (n *truncation) adapt(took time.Duration) {
	target := n.service.truncateTime
	if took > target {
		n.limit = time.Duration(float64(n.limit) * float64(target) / float64(took))
		return
	}
	n.limit = min(target, n.limit+target/8)
}

// truncateStep deletes the next records, with the effects of each deletion. done reports that no
// record is left.
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
