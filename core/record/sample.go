// The first records of a view that is not saved yet.

package record

import (
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Sample returns the first records of a collection that need not be stored, as superusers see them:
// their ids, and a JSON list of the records. from is a SELECT of the columns of the collection.
// Errors are those of the store.
func (s *Service) Sample(r store.Reader, c *schema.Collection, from string, limit int) (ids []string, items []byte, err error) {
	p := newProjection(c, true)
	columns := make([]string, len(p.columns))
	for i, name := range p.columns {
		columns[i] = "t." + store.Quote(name)
	}
	set := &rowset{} // not a recycled rowset: its memory is returned
	set.reset(p, nil, nil)
	rows, err := r.Query("SELECT "+strings.Join(columns, ", ")+" FROM ("+from+") AS t LIMIT $1", store.Int(int64(limit)))
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		ids = append(ids, rows.Text(0))
		set.add(rows, Caller{})
	}
	return ids, set.list(), rows.Close()
}
