// History: the later changes of one record, from which its state after an earlier change is
// computed; all changes of a record; and the accounts that changed a definition.

package change

import (
	"fmt"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

// History calls fn with the change at the position of c and with all later changes of the same
// record, in the order of the log, until fn returns false. It reads in the caller's transaction,
// one row at a time; fn must not use r. The cost is that of a scan of the log from the position on,
// which is short for a live subscription.
//
// The states of the record around c are computed from it. History and, after it, the present record
// must be read in the same transaction. In the state after c, each field has the value in the first
// Before, of the changes that follow c, that names the field, else the present value. If one of
// these changes is a delete, its Before replaces the present record, and the changes after it
// belong to a later record with the same id.
//
// The error is ErrGone if the log no longer holds c, the error of fn, or an error of the store.
func (l *Log) History(r store.Reader, c Change, fn func(Change) (more bool, err error)) error {
	rows, err := r.Query(`SELECT `+columns+` FROM "_changes" WHERE ("seq", "n") >= ($1, $2) `+
		`AND "kind" = $3 AND "collection" = $4 AND "record" = $5 ORDER BY "seq", "n"`,
		store.Int(c.Seq), store.Int(int64(c.N)), store.Text(string(c.Kind)), store.Text(c.Collection), store.Text(c.Record))
	if err != nil {
		return fmt.Errorf("read the change log: %w", err)
	}
	defer rows.Close()
	first := true
	for ; rows.Next(); first = false {
		row := readRow(rows)
		if first && row.Position() != c.Position() {
			return ErrGone
		}
		if more, err := fn(row); err != nil || !more {
			return err
		}
	}
	if err := rows.Close(); err != nil {
		return fmt.Errorf("read the change log: %w", err)
	}
	if first {
		return ErrGone
	}
	return nil
}

// Past calls fn with the changes of a record that the log holds, the newest first, until fn returns
// false. It reads in the caller's transaction; fn must not use r. The cost is that of a scan of the
// log. since is the time of the oldest change in the log, of any record; the zero time if the log
// is empty. The error is that of fn or of the store.
func (l *Log) Past(r store.Reader, collection, record string, fn func(Change) (more bool, err error)) (since time.Time, err error) {
	oldest, err := store.Number(r, `SELECT "at" FROM "_changes" ORDER BY "seq", "n" LIMIT 1`)
	if err != nil {
		return since, fmt.Errorf("read the change log: %w", err)
	}
	if oldest > 0 {
		since = time.UnixMilli(oldest)
	}
	rows, err := r.Query(`SELECT `+columns+` FROM "_changes" WHERE "kind" = $1 AND "collection" = $2 AND "record" = $3 ORDER BY "seq" DESC, "n" DESC`,
		store.Text(string(Record)), store.Text(collection), store.Text(record))
	if err != nil {
		return since, fmt.Errorf("read the change log: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if more, err := fn(readRow(rows)); err != nil || !more {
			return since, err
		}
	}
	if err := rows.Close(); err != nil {
		return since, fmt.Errorf("read the change log: %w", err)
	}
	return since, nil
}

// Actors returns the actors of the changes of a collection since a time, each once, in no order. An
// empty collection stands for the settings. Changes by guests and by the program's own code have the
// actor "". It reads in the caller's transaction; the cost is that of a scan of the log. The error
// is one of the store.
func (l *Log) Actors(r store.Reader, collection string, since time.Time) (list []string, err error) {
	kind := Collection
	if collection == "" {
		kind = Settings
	}
	rows, err := r.Query(`SELECT DISTINCT "by" FROM "_changes" WHERE "at" >= $1 AND "kind" = $2 AND "collection" = $3`,
		store.Int(since.UnixMilli()), store.Text(string(kind)), store.Text(collection))
	if err != nil {
		return nil, fmt.Errorf("read the change log: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		list = append(list, rows.Text(0))
	}
	if err := rows.Close(); err != nil {
		return nil, fmt.Errorf("read the change log: %w", err)
	}
	return list, nil
}
