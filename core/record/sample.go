package record

import (
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Sample is the first records, as superusers see them, of a collection that need not
// be stored: from is a SELECT of its columns. It returns their ids and the list of
// them as JSON. Errors are those of the store.
func (s *Service) Sample(r store.Reader, c *schema.Collection, from string, limit int) (ids []string, items []byte, err error) {
	sh := newShape(c, true)
	columns := make([]string, len(sh.columns))
	for i, name := range sh.columns {
		columns[i] = "t." + quoteName(name)
	}
	set := s.rowset()
	defer s.recycle(set)
	set.reset(sh, nil)
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
