// The first records of a view that is not saved yet.

package record

import (
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Sample returns the first records, as superusers see them, of a collection that need not
// be stored: from is a SELECT of its columns. It returns their ids and a JSON list of
// them. Errors are those of the store.
func (s *Service) Sample(r store.Reader, c *schema.Collection, from string, limit int) (ids []string, items []byte, err error) {
	p := newProjection(c, true)
	columns := make([]string, len(p.columns))
	for i, name := range p.columns {
		columns[i] = "t." + store.Quote(name)
	}
	set := &rowset{} // not a recycled one: its memory is handed out
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
