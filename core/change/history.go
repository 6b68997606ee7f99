// History: the later changes of one record, from which its state after an earlier change is
// reconstructed.

package change

import (
	"encoding/json"
	"fmt"

	"github.com/loambase/loam/core/internal/store"
)

// MaxLater is how many rows of the log Later reads at most. It is several times what may
// wait for a live subscription, so only a reader that resumes from far behind meets it.
const MaxLater = 50_000

// Later calls fn, in the order of the log, with the updates and deletes of the given
// records of a collection that come after a position. It reads in the caller's
// transaction. Creates are left out.
//
// The state of a record at an earlier position is computed from it. Read in the same
// transaction: the record as it is now, or its absence, and Later. The state after
// position p has, of each field, the value in the first Before after p that names it, and
// the present value if none does. If one of the changes is a delete, its Before stands
// for the present record, and the changes after it belong to a later record of the same
// id. That the record was absent at p is known from the change at p, a delete.
//
// One call may serve a whole batch: pass the position of the batch's first change and all
// of its records, and leave out, for each change, what is not after it. The cost is that
// of a scan of the rows after the position, of which there are few when a live
// subscription asks. The error is ErrGone if rows after the position have been pruned or
// if more than MaxLater follow it, the one of fn, or one of the store.
func (l *Log) Later(r store.Reader, collection string, records []string, after Position, fn func(Change) error) error {
	if err := checkNear(r, after); err != nil {
		return fmt.Errorf("read the change log: %w", err)
	}
	if len(records) == 0 {
		return nil
	}
	rows, err := l.queryLater(r, collection, records, after)
	if err != nil {
		return fmt.Errorf("read the change log: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(readRow(rows)); err != nil {
			return err
		}
	}
	return rows.Close()
}

// checkNear returns ErrGone unless all rows after the position are there, and few.
func checkNear(r store.Reader, after Position) error {
	current, _, err := readState(r)
	if err != nil {
		return err
	}
	rows, err := r.Query(`SELECT 1 FROM "_changes" WHERE ("seq", "n") > ($1, $2) ORDER BY "seq", "n" LIMIT 1 OFFSET $3`,
		store.Int(after.Seq), store.Int(int64(after.N)), store.Int(MaxLater))
	if err != nil {
		return err
	}
	defer rows.Close()
	if far := rows.Next(); far || after.Seq < current.Pruned {
		return ErrGone
	}
	return rows.Close()
}

func (l *Log) queryLater(r store.Reader, collection string, records []string, after Position) (store.Rows, error) {
	ids, err := json.Marshal(records)
	if err != nil {
		return nil, err
	}
	return r.Query(`SELECT `+columns+` FROM "_changes" WHERE ("seq", "n") > ($1, $2) AND "before" IS NOT NULL AND "collection" = $3 `+
		`AND "record" IN (SELECT i."value" FROM `+l.cfg.Store.Dialect().Items("$4", "i")+`) ORDER BY "seq", "n"`,
		store.Int(after.Seq), store.Int(int64(after.N)), store.Text(collection), store.Text(string(ids)))
}
