// Deletion of a collection, which is refused if relations of other collections refer to it or
// views read it.

package collection

import (
	"context"
	"slices"
	"strings"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/alter"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Delete drops the collection with its records, their files, and the rows of system collections
// about it. The error for an unknown collection is a fault.NotFound; for a system collection, or
// one that another collection has a relation to or a view reads, it is a fault.Invalid. Delete
// succeeds also if another program has dropped the table or the view of the collection.
func (s *Service) Delete(ctx context.Context, caller record.Caller, idOrName string) error {
	e := &OperationEvent{Operation: record.OpDelete, Caller: caller}
	return s.around(ctx, e, idOrName, func(e *OperationEvent) error {
		if err := e.Caller.RequireSuperuser(); err != nil {
			return err
		}
		return s.withHooks(ctx, e.Caller, change.Delete, idOrName, nil, func([]byte) error { return s.remove(ctx, e.Caller, idOrName) })
	})
}

func (s *Service) remove(ctx context.Context, caller record.Caller, idOrName string) error {
	return s.change(ctx, caller, deleteFailed, func(w *schemaChange) (*schema.Snapshot, error) {
		return w.remove(w.stored.Find(idOrName))
	})
}

// remove drops a collection within the change. nil means an unknown collection.
func (w *schemaChange) remove(c *schema.Collection) (*schema.Snapshot, error) {
	if c == nil {
		return nil, fault.New(fault.NotFound, "")
	}
	if c.System {
		return nil, fault.New(fault.Invalid, deleteFailed)
	}
	if err := referred(w.stored, c); err != nil {
		return nil, err
	}
	return w.apply([]alter.Change{{Old: c}})
}

// referred returns the fault that forbids the deletion of c: it names the collections that have a
// relation to it or read it. Without any it returns nil.
func referred(s *schema.Snapshot, c *schema.Collection) error {
	if names := referrers(s, c); len(names) > 0 {
		return fault.New(fault.Invalid, "Failed to delete collection probably due to existing reference in "+strings.Join(names, ", ")+".")
	}
	return nil
}

// referrers returns the sorted names of the other collections with a relation to c and of
// the views that read it. A relation of c to itself does not count.
func referrers(stored *schema.Snapshot, c *schema.Collection) []string {
	names := alter.ViewsOf(stored, c)
	for _, ref := range stored.References(c.ID) {
		if ref.Collection.ID != c.ID {
			names = append(names, ref.Collection.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
