// The transactions in a snapshot of the database, for readers who follow the feed from an earlier
// position.

package change

import (
	"fmt"

	"github.com/loambase/loam/core/internal/store"
)

// Since returns the numbers, in order, of the transactions after the token that the transaction of
// r sees. A reader who subscribes to the token first, then reads, and skips these transactions in
// the feed, gets each change once, from the snapshot or from the feed. On PostgreSQL, numbers of
// transactions that commit later may be missing. The error is ErrGone for a token of another
// database.
func (l *Log) Since(r store.Reader, from Token) ([]int64, error) {
	list, err := since(r, from)
	if err != nil {
		return nil, fmt.Errorf("read the change log: %w", err)
	}
	return list, nil
}

func since(r store.Reader, from Token) (list []int64, err error) {
	current, _, err := readState(r)
	if err != nil {
		return nil, err
	}
	seq, err := from.number(current.Epoch)
	if err != nil {
		return nil, err
	}
	rows, err := r.Query(`SELECT DISTINCT "seq" FROM "_changes" WHERE "seq" > $1 ORDER BY "seq"`, store.Int(seq))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		list = append(list, rows.Int(0))
	}
	return list, rows.Close()
}
