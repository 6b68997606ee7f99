// Broken views: views that the database cannot read after a change by another program.

package collection

import (
	"context"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// BrokenViews returns the views of the snapshot that the database refuses to read: ids of views,
// each with the message of the database. A view breaks when another program drops a table or a
// column that its query reads; changes of collections by the server break no view. BrokenViews runs
// one statement for each view, and reads no rows.
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
