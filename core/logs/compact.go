// The compact form of entries in an SQLite file: known attribute keys are one byte, and columns that
// follow from others are computed when they are read.

package logs

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// words are texts in the data of entries that are stored as one byte: words[n-1] as byte n. JSON has no
// bytes below 32 of its own. A table keeps the words that it was made with, so other words
// need another form of the table.
var words = []string{
	`{"type":"request"`, `,"execTime":`, `,"status":`, `,"method":`, `,"url":`, `,"requestId":`, `,"auth":`, `,"authId":`,
	`,"userIP":`, `,"remoteIP":`, `,"error":`, `,"details":`, `,"referer":`, `,"userAgent":`,
}

const (
	wordRequest   = 1
	wordMethod    = 4
	wordURL       = 5
	wordRequestID = 6
)

// wordOf returns the byte of an attribute that is not the first, 0 if it has none.
func wordOf(key string) byte {
	switch key {
	case "execTime":
		return 2
	case "status":
		return 3
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

// expand appends data with the words in place of their bytes.
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

// compactID is the id of an entry in the compact form: a z, the time and the end of the row number, in 15 digits,
// unless the entry has come with another id. With the z it follows the ids of the plain form, so ids are in
// the order of their entries in converted files too, which rowOf needs.
const compactID = `coalesce("key", printf('z%011x%03x', "at", "n" & 4095))`

// compactTable returns the statements that make the table of the compact form, and the view that shows its
// entries with the columns of the plain form. The columns of the table are key, an id that the entry has come
// with; at, milliseconds of Unix time; text, the message if it is not derived; body, the data with bytes for
// words. The columns of the view could be generated columns of the table, but SQLite would compute those for each row
// that it inserts.
func compactTable() []string {
	at := func(word int) string { return `instr("body", char(` + strconv.Itoa(word) + `))` }
	// From the method to the URL, without the outer quotes, and with a blank in place of the word between them.
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

// makeCompact makes the table and the view of the compact form, if they are not there. Entries in the plain
// form, which files had before, are converted in the same transaction.
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
		if err := check(tx); err != nil || made { // by another process just now
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
