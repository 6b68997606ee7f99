// All rows of a query, where Run returns only the first: row by row, or in pages.

package sqlrun

import (
	"context"
	"errors"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
)

// Each runs a query that only reads, and calls row with each row of its result; nil is NULL. The
// number of rows is not limited, but a row may have 16 MiB at most. row may keep its arguments; all
// calls share columns. Each returns the columns of the result, even if it has no rows. A query that
// writes is an Invalid fault, and changes nothing. An error of row ends the query, and Each returns
// the error. The other errors and the time limit are those of Run. They may occur after some calls
// of row, and the time limit includes these calls.
func (s *Service) Each(ctx context.Context, caller record.Caller, query string, row func(columns []Column, row []*string) error) ([]Column, error) {
	if err := allow(caller, query); err != nil {
		return nil, err
	}
	var failed error
	var columns []Column
	out, _, err := s.run(ctx, store.Script{SQL: query, Bytes: maxBytes, Memory: maxMemory,
		Row: func(of []store.ScriptColumn, values []*string) error {
			if columns == nil {
				columns = columnsOf(of)
			}
			failed = row(columns, values)
			return failed
		}})
	switch {
	case failed != nil:
		return nil, failed
	case err != nil:
		return nil, failure(query, err)
	case columns == nil:
		columns = columnsOf(out.Columns)
	}
	return columns, nil
}

// errFull ends the query when the page is full.
var errFull = errors.New("sqlrun: the page is full")

// Page runs a query that only reads, skips the first skip rows of its result, and returns the next
// rows: 1,000 rows and 16 MiB of values at most. Truncated is set if more rows follow. ExecTime,
// Affected and Warning are not set. The query runs again for each page, so rows may be missing or
// repeated if the data changes between two pages, or if the query has no ORDER BY. The errors are
// those of Each.
func (s *Service) Page(ctx context.Context, caller record.Caller, query string, skip int) (*Result, error) {
	page := &Result{Columns: []Column{}, Rows: [][]*string{}}
	room := maxBytes
	columns, err := s.Each(ctx, caller, query, func(columns []Column, row []*string) error {
		if skip > 0 {
			skip--
			return nil
		}
		page.Columns = columns
		for _, value := range row {
			if value != nil {
				room -= len(*value)
			}
		}
		if len(page.Rows) == maxRows || room < 0 && len(page.Rows) > 0 {
			page.Truncated = true
			return errFull
		}
		page.Rows = append(page.Rows, row)
		return nil
	})
	if err != nil && !errors.Is(err, errFull) {
		return nil, err
	}
	if err == nil {
		page.Columns = columns
	}
	return page, nil
}
