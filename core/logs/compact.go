// The compact form of entries in an SQLite file: known attribute keys are stored as one byte, and
// columns that follow from other columns are computed by a view.

package logs

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// words are the texts in the data of entries that are stored as one byte: byte n stands for
// words[n-1]. The JSON of an entry has no other bytes below 32. The view of a file contains the
// words of the program that created the view, so a program with other words needs a new form of the
// table.
var words = []string{
	`{"type":"request"`, `,"execTime":`, `,"status":`, `,"method":`, `,"url":`, `,"requestId":`, `,"auth":`, `,"authId":`,
	`,"userIP":`, `,"remoteIP":`, `,"error":`, `,"details":`, `,"referer":`, `,"userAgent":`,
}

const (
	wordRequest   = 1
	wordExecTime  = 2
	wordStatus    = 3
	wordMethod    = 4
	wordURL       = 5
	wordRequestID = 6
)

// wordOf returns the byte that stands for the key of an attribute other than the first, or 0 if no
// byte does.
func wordOf(key string) byte {
	switch key {
	case "execTime":
		return wordExecTime
	case "status":
		return wordStatus
	case "method":
		return wordMethod
	case "url":
		return wordURL
	case "requestId":
		return wordRequestID
	case "auth":
		return 7
	case "authId":
		return 8
	case "userIP":
		return 9
	case "remoteIP":
		return 10
	case "error":
		return 11
	case "details":
		return 12
	case "referer":
		return 13
	case "userAgent":
		return 14
	}
	return 0
}

// expand appends data to dst, with words in place of the bytes that stand for them.
func expand(dst, data []byte) []byte {
	start := 0
	for i, b := range data {
		if b > 0 && int(b) <= len(words) {
			dst = append(append(dst, data[start:i]...), words[b-1]...)
			start = i + 1
		}
	}
	return append(dst, data[start:]...)
}

// derivedMessage returns the message of an entry with the flag derived: the method, a space and the
// URL. data is the data of the entry with bytes in place of words. The view of the compact form
// makes the same message in SQL.
func derivedMessage(data string) string {
	method, url := strings.IndexByte(data, wordMethod), strings.IndexByte(data, wordURL)
	end := strings.IndexByte(data, wordRequestID)
	return strings.Trim(data[method+1:url], `"`) + " " + strings.Trim(data[url+1:end], `"`)
}

// compactID is the SQL expression of the id of an entry in the compact form: the column key or, if
// key is NULL, 15 characters: z, the time and the last 12 bits of the row number, both hexadecimal.
// The z sorts these ids after the ids of the plain form, so that in converted files too the ids
// have the order of their entries, on which rowOf relies.
const compactID = `coalesce("key", printf('z%011x%03x', "at", "n" & 4095))`

// compactTable returns the statements that create the table of the compact form, and the view that
// shows the entries with the columns of the plain form. The columns of the table are n, the row
// number; key, the id of a converted or restored entry; at, the time in milliseconds of Unix time;
// level; text, the message unless it is derived; body, the data with bytes in place of words. The
// columns of the view are not generated columns of the table, because SQLite computes generated
// columns for each row that it inserts.
func compactTable() []string {
	at := func(word int) string { return `instr("body", char(` + strconv.Itoa(word) + `))` }
	// The part of the body from the method to the URL, without the outer quotes, and with a space
	// between the two.
	message := `replace(substr("body", ` + at(wordMethod) + ` + 2, ` + at(wordRequestID) + ` - ` + at(wordMethod) + ` - 3), ` +
		`'"' || char(` + strconv.Itoa(wordURL) + `) || '"', ' ')`
	return []string{
		`CREATE TABLE "_log_entries" ("n" INTEGER PRIMARY KEY, "key" TEXT, "at" INTEGER NOT NULL, ` +
			`"level" NUMERIC DEFAULT 0 NOT NULL, "text" TEXT, "body" TEXT NOT NULL)`,
		`CREATE VIEW "_logs" AS SELECT "n" AS "_rowid_", ` + compactID + ` AS "id", "level", coalesce("text", ` + message + `) AS "message", ` +
			`loam_expand("body", '` + strings.Join(words, "\n") + `') AS "data", ` +
			`strftime('%Y-%m-%d %H:%M:%fZ', "at" / 1000.0, 'unixepoch') AS "created", "at" / 3600000 AS "` + hourColumn + `" FROM "_log_entries"`,
	}
}

// makeCompact creates the table and the view of the compact form, if they do not exist. The entries
// of an older file, which are in the plain form, are converted in the same transaction.
func makeCompact(ctx context.Context, db store.Store) error {
	made := false
	check := func(r store.Reader) error {
		columns, err := db.Catalog().Columns(r, "_log_entries")
		made = len(columns) > 0
		return err
	}
	if err := db.Read(ctx, check); err != nil || made {
		return err
	}
	return db.Exclusive(ctx, func(tx store.Tx) error {
		if err := check(tx); err != nil || made { // another process has just made the table
			return err
		}
		columns, err := db.Catalog().Columns(tx, table)
		if err != nil {
			return err
		}
		statements := compactTable()
		if len(columns) > 0 {
			statements = slices.Concat([]string{`ALTER TABLE "_logs" RENAME TO "_logs_plain"`}, statements, []string{
				`INSERT INTO "_log_entries" ("n", "key", "at", "level", "text", "body") SELECT "_rowid_", "id", ` +
					`coalesce(CAST(round(unixepoch("created", 'subsec') * 1000) AS INTEGER), 0), "level", "message", coalesce("data", '{}') ` +
					`FROM "_logs_plain" ORDER BY "_rowid_"`,
				`DROP TABLE "_logs_plain"`,
			})
		}
		for _, sql := range statements {
			if _, err := tx.Exec(sql); err != nil {
				return err
			}
		}
		return nil
	})
}
