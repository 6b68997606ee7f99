// Replacement (restore) of the database under a running server.

package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/sqlite/binding"
)

// Replace implements store.Files. It copies the file's pages over the database in one transaction
// through the log. Files are not renamed: the readers of this process, and every other process,
// would remain on a file without a name, and a crash between the renames of the database and its
// log would mix the two.
func (db *DB) Replace(ctx context.Context, path string, replaced func()) error {
	source, err := OpenSource(path)
	if err != nil {
		return fmt.Errorf("replace the database: %w", err)
	}
	defer func() { _ = source.Close() }() // it only reads
	if err := db.replace(ctx, source, replaced); err != nil {
		return fmt.Errorf("replace the database: %w", err)
	}
	return nil
}

// replace checks the source before it changes the database: a damaged source, or one with another
// page size, is refused.
func (db *DB) replace(ctx context.Context, source *Source, replaced func()) error {
	if _, err := source.Check(ctx); err != nil {
		return err
	}
	size, err := source.pageSize()
	if err != nil {
		return err
	}
	if size != pageSize {
		return &store.DamageError{Message: fmt.Sprintf("it has pages of %d bytes, not of %d", size, pageSize)}
	}
	// It excludes all writes: it runs as an operation of the writer, outside of a transaction,
	// since the copy begins one.
	return source.Read(ctx, func(store.Reader) error { // the transaction reads one snapshot of the file
		return db.writer.do(ctx, &op{alone: true, service: func(c *conn) error {
			return db.writer.replace(ctx, c, source.c.Conn, replaced)
		}})
	})
}

// replace copies the source over the database of the writer's connection.
func (w *writer) replace(ctx context.Context, c *conn, source *binding.Conn, replaced func()) error {
	// Everything may be different afterwards: the stamp of the schema counts for all tables.
	all := []string{schemaTable}
	w.stamps.begin(all)
	err := copyPagesOf(c.Conn, source, func(int, int, time.Duration) error {
		if err := ctx.Err(); err != nil {
			return contextError(err)
		}
		return nil
	})
	if err != nil {
		err = w.uncommit(err)
	}
	w.stamps.end(all)
	if err != nil {
		return err
	}
	w.notify(func() {
		_ = store.Inside(func() error { replaced(); return nil }) // the function returns no error
	})
	if err := w.checkpoints.run(c, binding.CheckpointTruncate); err != nil { // the log is as long as the database
		w.checkpointFailed(err)
	}
	return nil
}
