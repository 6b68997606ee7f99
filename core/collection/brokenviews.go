// Views that the database cannot read any more, because something was changed past the server.

package collection

import (
	"context"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// BrokenViews returns why the database refuses to read views of the snapshot, in its own words,
// by the ids of the views: a table or a column of the query is gone. No change of collections
// leads there; a change of the database by another program may. It asks about each view, and
// reads no rows.
func (s *Service) BrokenViews(ctx context.Context, snapshot *schema.Snapshot) (map[string]string, error) {
	broken := map[string]string{}
	for _, c := range snapshot.All() {
		if !c.IsView() {
			continue
		}
		err := s.cfg.Store.Read(ctx, func(r store.Reader) error {
			reason, err := unmatched(r, c)
			if reason != "" {
				broken[c.ID] = reason
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return broken, nil
}
