package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/loambase/loam/core/internal/store"
)

// ForeignTables returns the tables of a data folder's database if another program has created it:
// it has tables, but none of our steps in a table _migrations. Nothing in the folder is changed
// or created. For a file that cannot be read the list is empty; Open reports the reason.
func ForeignTables(ctx context.Context, dir string, steps []string) []string {
	path := filepath.Join(dir, dataFile)
	if logged(path) && exists(filepath.Join(dir, lockFile)) {
		return nil // a server of ours crashed; the file without its log may be inconsistent
	}
	// Opened as immutable, SQLite creates no file beside it: the folder may belong to another
	// program.
	source, err := openSourceFile(path, true)
	if err != nil {
		return nil
	}
	defer source.Close()
	var tables []string
	err = source.Read(ctx, func(r store.Reader) error {
		tables, err = texts(r, `SELECT "name" FROM "sqlite_schema" WHERE "type" = 'table' AND "name" NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY "name"`)
		if err != nil || !slices.Contains(tables, "_migrations") {
			return err
		}
		done, err := texts(r, `SELECT "file" FROM "_migrations"`)
		if slices.ContainsFunc(done, func(step string) bool { return slices.Contains(steps, step) }) {
			tables = nil
		}
		return err
	})
	if err != nil {
		return nil
	}
	return tables
}

// texts returns the first column of all rows.
func texts(r store.Reader, sql string) (list []string, err error) {
	rows, err := r.Query(sql)
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		list = append(list, rows.Text(0))
	}
	return list, rows.Close()
}

// logged reports whether there is a log that may contain a part of the database.
func logged(path string) bool {
	info, err := os.Stat(path + "-wal")
	return err == nil && info.Size() > 0
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
