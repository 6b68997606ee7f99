// The system collections of a new installation, and missing ones of an existing database.

package collection

import (
	"context"
	"slices"

	"github.com/loambase/loam/core/internal/alter"
	"github.com/loambase/loam/core/internal/standard"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// EnsureSystem creates the system collections that are missing and, in a new database, the
// collection users. It is called at each start and writes nothing if all are there.
func (s *Service) EnsureSystem(ctx context.Context) error {
	if len(missing(s.cfg.Snapshots.Load(), s.now())) == 0 {
		return nil
	}
	return s.change(ctx, record.Root(), createFailed, func(w *schemaChange) (*schema.Snapshot, error) {
		var changes []alter.Change
		for _, c := range missing(w.stored, s.now()) {
			changes = append(changes, alter.Change{New: c})
		}
		return w.apply(changes)
	})
}

// missing returns the collections that are missing in a database with the stored ones.
func missing(stored *schema.Snapshot, now string) []*schema.Collection {
	list := standard.SystemCollections(now)
	if len(stored.All()) == 0 {
		return append(list, standard.Users(now))
	}
	return slices.DeleteFunc(list, func(c *schema.Collection) bool { return stored.Find(c.Name) != nil })
}
