// Logs in backups: copying the logs, and merging the entries of a copy.

package logs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// mergeRows is the number of entries that Merge adds in one transaction.
const mergeRows = 500

// Copy writes a copy of the logs to a new file, without the queued entries. Copy also works before
// Start and after Stop.
func (s *Service) Copy(ctx context.Context, path string) error {
	return s.using(ctx, func(db *database) error {
		if file, ok := db.Store.(store.Files); ok {
			return file.Copy(ctx, path, nil)
		}
		ctx, cancel := context.WithTimeout(ctx, copyLimit)
		defer cancel()
		return s.cfg.NewFile(ctx, path, func(to store.Store) error { return copyTable(ctx, db.Store, to) })
	})
}

// copyLimit is the time limit of copying a table. Without a deadline the short default of the store
// would apply.
const copyLimit = time.Hour

// copyTable copies the entries, the oldest first, into a new database.
func copyTable(ctx context.Context, from, to store.Store) error {
	if err := makeTable(ctx, to, table, columns); err != nil {
		return err
	}
	return from.Read(ctx, func(r store.Reader) error {
		rows, err := r.Query(`SELECT "id", "level", "message", "data", "created" FROM "_logs" ORDER BY "_rowid_"`)
		if err != nil {
			return err
		}
		defer rows.Close()
		err = to.Exclusive(ctx, func(tx store.Tx) error {
			for rows.Next() {
				_, err := tx.Exec(insertPlain[1], store.Text(rows.Text(0)), store.Float(rows.Float(1)),
					store.Text(rows.Text(2)), store.Text(rows.Text(3)), store.Text(rows.Text(4)))
				if err != nil {
					return err
				}
			}
			return rows.Err()
		})
		return errors.Join(err, rows.Close())
	})
}

// CheckCopy returns an error if the database is not a copy of logs, or is damaged.
func CheckCopy(ctx context.Context, copied store.Source) error {
	if _, err := copied.Check(ctx); err != nil {
		return err
	}
	return copied.Read(ctx, func(r store.Reader) error {
		rows, err := r.Query(newestFirst + ` LIMIT 1`)
		if err != nil {
			return err
		}
		return rows.Close()
	})
}

const newestFirst = `SELECT "id", "level", "message", "data", "created" FROM "_logs" ORDER BY "_rowid_" DESC`

// Merge adds the entries of a copy that are missing in the logs, before the first row of the logs.
// An interrupted Merge may be repeated. Invalid entries of the copy are left out.
func (s *Service) Merge(ctx context.Context, copied store.Source) error {
	return s.using(ctx, func(db *database) (err error) {
		id := `"id"`
		if db.compact {
			id = compactID
		}
		if err := define(ctx, db, `CREATE UNIQUE INDEX IF NOT EXISTS "_logs_id" ON `+db.rows+` (`+id+`)`); err != nil {
			return fmt.Errorf("merge logs: %w", err)
		}
		// The index would make each new entry more expensive, see rowOf.
		defer func() {
			err = errors.Join(err, define(context.WithoutCancel(ctx), db, `DROP INDEX IF EXISTS "_logs_id"`))
		}()
		return copied.Read(ctx, func(r store.Reader) error {
			rows, err := r.Query(newestFirst)
			if err != nil {
				return err
			}
			defer rows.Close()
			for more := true; more; {
				var list [][]store.Value
				for more = rows.Next(); more; more = rows.Next() {
					if at, ok := valid(rows); ok {
						created := store.Text(rows.Text(4))
						if db.compact {
							created = store.Int(at.UnixMilli())
						}
						list = append(list, []store.Value{store.Text(rows.Text(0)), store.Float(rows.Float(1)),
							store.Text(rows.Text(2)), store.Text(rows.Text(3)), created})
					}
					if len(list) == mergeRows {
						break
					}
				}
				if err := prepend(ctx, db, list); err != nil {
					return fmt.Errorf("merge logs: %w", err)
				}
			}
			return rows.Close()
		})
	})
}

// define runs a statement that creates or drops an index.
func define(ctx context.Context, db store.Store, sql string) error {
	return db.Exclusive(ctx, func(tx store.Tx) error {
		_, err := tx.Exec(sql)
		return err
	})
}

// valid reports whether a row of a copy is an entry in the form that this package writes. It
// returns the time of the entry.
func valid(rows store.Rows) (time.Time, bool) {
	at, ok := schema.ParseTime(rows.Text(4))
	id, message, data := rows.Bytes(0), rows.Bytes(2), rows.Bytes(3)
	return at, ok && schema.FormatTime(at) == rows.Text(4) && len(id) == idLength && len(message) <= maxMessage && len(data) <= 2*maxData &&
		utf8.Valid(id) && utf8.Valid(message) && utf8.Valid(data) && json.Valid(data) && data[0] == '{' &&
		!bytes.ContainsFunc(data, func(r rune) bool { return r < ' ' }) // such bytes would be read as words
}

// prepend adds entries before the first row, since rows are in the order of their time. The list
// begins with the newest entry.
func prepend(ctx context.Context, db *database, list [][]store.Value) error {
	if len(list) == 0 {
		return nil
	}
	columns := `"_rowid_", "id", "level", "message", "data", "created"`
	if db.compact {
		columns = `"n", "key", "level", "text", "body", "at"`
	}
	return db.Write(ctx, func(tx store.Tx) error {
		first, _, err := rowNumber(tx, `SELECT min("_rowid_") FROM "_logs"`)
		if err != nil {
			return err
		}
		for i, values := range list {
			_, err := tx.Exec(`INSERT INTO `+db.rows+` (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6) `+
				`ON CONFLICT DO NOTHING`, append([]store.Value{store.Int(first - int64(i) - 1)}, values...)...)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// using calls fn with the database. If the Service is not started, using opens the database for the
// call.
func (s *Service) using(ctx context.Context, fn func(*database) error) error {
	db, err := s.open(ctx)
	if err == nil {
		return fn(db)
	}
	if !errors.Is(err, errOff) {
		return err
	}
	own, err := s.openTables(ctx)
	if err != nil {
		return err
	}
	return errors.Join(fn(own), own.Close())
}
