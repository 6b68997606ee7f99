// Each: all records of a query, page by page, in constant memory.

package record

import (
	"context"
	"iter"

	"github.com/loambase/loam/core/fault"
)

// eachPage is the number of records in a page of Each.
const eachPage = 500

// Each returns an iterator over the records of a query. The iterator reads pages of 500 records
// and holds one page in memory. Each page is read in a transaction of its own, and no transaction
// is open while the body of the loop runs: the body may write. A record that is created, deleted
// or moved in the order during the loop may be seen or not; every other record is seen once.
//
// An error comes with a nil record, and ends the loop. The errors are those of Find, and an Invalid
// fault for a sort without cursors (@random).
func (s *Service) Each(ctx context.Context, caller Caller, q Query) iter.Seq2[*Record, error] {
	return each(q, func(q Query, cursor *string) ([]*Record, string, error) {
		return s.findRecords(ctx, caller, q, listRule, cursor)
	})
}

// each iterates over the pages of a query. page reads the page after the cursor.
func each[R any](q Query, page func(q Query, cursor *string) (list []R, next string, err error)) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		var none R
		q, left, cursor := q, q.Limit, "" // a loop may be run again
		for {
			q.Limit = eachPage
			if left > 0 {
				q.Limit = min(eachPage, left)
			}
			list, next, err := page(q, &cursor)
			if err != nil {
				yield(none, err)
				return
			}
			for _, r := range list {
				if !yield(r, nil) {
					return
				}
			}
			if len(list) < q.Limit || left > 0 && left == len(list) {
				return
			}
			if next == "" { // an empty cursor would read the first page again
				yield(none, q.in(fault.New(fault.Invalid, "The sort has no cursors.")))
				return
			}
			left, cursor, q.Offset = max(0, left-len(list)), next, 0
		}
	}
}
