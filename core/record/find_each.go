// Each: all records of a query, page by page, in constant memory.

package record

import (
	"context"
	"iter"

	"github.com/loambase/loam/core/fault"
)

// eachPage is how many records Each has in memory.
const eachPage = 500

// Each returns an iterator over the records of a query, which has at most 500 of them in
// memory. Each page is read in a transaction of its own, and none is open while the loop's
// body runs: it may write. So a record that is made, deleted or moved in the order meanwhile
// may be seen or not; every other record is seen once.
//
// The error is that of Find; it comes with a nil record, and ends the loop. A sort that has no
// cursors (@random) is Invalid.
func (s *Service) Each(ctx context.Context, caller Caller, q Query) iter.Seq2[*Record, error] {
	return each(q, func(q Query, cursor *string) ([]*Record, string, error) {
		return s.findRecords(ctx, caller, q, listRule, cursor)
	})
}

// each walks through the pages of a query. page reads the one behind the cursor.
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
			if next == "" { // the loop must not begin anew
				yield(none, q.in(fault.New(fault.Invalid, "The sort has no cursors.")))
				return
			}
			left, cursor, q.Offset = max(0, left-len(list)), next, 0
		}
	}
}
