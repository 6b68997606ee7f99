package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/loambase/loam/core/internal/store"
)

// ForeignTables are the tables of a data folder's database that another program has made:
// one that has tables, and none of our steps in its table _migrations. Nothing in the
// folder is changed or made. A file that cannot be read so has none; Open says why.
func ForeignTables(ctx context.Context, dir string, steps []string) []string {
	path := filepath.Join(dir, dataFile)
	if logged(path) && exists(filepath.Join(dir, lockFile)) {
		return nil // a server of ours was cut off; the file alone may be half of a state
	}
	// Opened as immutable, SQLite makes no file beside it: the folder may be somebody else's.
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

// texts is the first column.
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

// logged reports that there is a log that may hold a part of the database.
func logged(path string) bool {
	info, err := os.Stat(path + "-wal")
	return err == nil && info.Size() > 0
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
