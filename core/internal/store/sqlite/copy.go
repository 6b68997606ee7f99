// Online copy (backup) of the database.

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/sqlite/binding"
)

var _ store.Files = (*DB)(nil)

const (
	// copyPages is the number of pages in one step of a copy: 1 MB. The copy is synced after
	// every syncParts steps: a single sync of the whole copy would delay the syncs of the writer.
	copyPages = 256
	syncParts = 4
	pageSize  = 4096
)

// Copy implements store.Files. It reads on a separate connection in one read transaction, so the
// log cannot be begun anew before its end and grows if there are many writes. While there are
// writes, the copy uses at most half of a processor.
func (db *DB) Copy(ctx context.Context, path string, progress func(copied, total int64)) error {
	// No file is overwritten, not even a link: an earlier copy may be the only one.
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("copy the database: %w", &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist})
	}
	l, err := db.readers.acquireSlow(ctx)
	if err != nil {
		return err
	}
	defer db.readers.release(l)
	// The copy gets its name only when it is complete and on the disk, so that a file of that
	// name is always a valid copy.
	partial := path + ".partial"
	if err := createFile(partial); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	err = db.copyTo(ctx, l.c, partial, progress)
	if err == nil {
		err = os.Rename(partial, path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("copy the database: %w", err), os.Remove(partial))
	}
	if err := db.cfg.at.syncFolder(filepath.Dir(path)); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	return nil
}

// copyTo copies the database that c reads into an empty file, and syncs it.
func (db *DB) copyTo(ctx context.Context, c *conn, path string, progress func(copied, total int64)) (err error) {
	if _, err := c.do(controlBeginRead); err != nil {
		return classify(err)
	}
	defer func() {
		if _, e := c.do(controlCommit); e != nil {
			c.failed = true
		}
	}()
	// BEGIN alone takes no snapshot: the first read does, and everything is copied as of then.
	if _, err := c.do(controlSnapshot); err != nil {
		return classify(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { // after SQLite has closed the file, on which it has locks until then
		if err == nil {
			err = f.Sync()
		}
		err = errors.Join(err, f.Close())
	}()
	dest, err := binding.Open(binding.Config{Path: path})
	if err != nil {
		return classify(err)
	}
	defer func() {
		if e := dest.Close(); err == nil {
			err = classify(e)
		}
	}()
	// No other connection reads the file before it is synced as a whole.
	for _, p := range []string{"journal_mode = OFF", "synchronous = OFF", "cache_size = -2048"} {
		if err := dest.Exec("PRAGMA " + p); err != nil {
			return classify(err)
		}
	}
	parts := 0
	return copyPagesOf(dest, c.Conn, func(copied, total int, took time.Duration) error {
		if progress != nil {
			progress(int64(copied)*pageSize, int64(total)*pageSize)
		}
		if parts++; parts%syncParts == 0 {
			began := time.Now()
			if err := f.Sync(); err != nil {
				return err
			}
			took += time.Since(began)
		}
		return db.Yield(ctx, took)
	})
}

// Yield implements store.Yielder.
func (db *DB) Yield(ctx context.Context, took time.Duration) error {
	select {
	case <-ctx.Done():
		return contextError(ctx.Err())
	case <-db.closing:
		return store.ErrClosed
	default:
	}
	if !db.readers.yielding.busy() {
		return nil
	}
	// The pause is as long as the step before it took, so the work uses half of the time on any
	// disk.
	timer := time.NewTimer(took)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return contextError(ctx.Err())
	case <-db.closing:
		return store.ErrClosed
	case <-timer.C:
		return nil
	}
}

// copyPagesOf copies a database over another one in one transaction. between is called after each
// part but the last; if it fails, the copy is rolled back.
func copyPagesOf(dest, source *binding.Conn, between func(copied, total int, took time.Duration) error) error {
	b, err := binding.NewBackup(dest, source)
	if err != nil {
		return classify(err)
	}
	for {
		began := time.Now()
		done, err := b.Step(copyPages)
		if err == nil && !done {
			copied, total := b.Progress()
			err = between(copied, total, time.Since(began))
		}
		if err != nil || done {
			if e := b.Close(); err == nil {
				err = e
			}
			return err
		}
	}
}

// createFile creates an empty file that only its owner may read.
func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}
