// The open database file: noticed when it is removed or replaced under the server.

package sqlite

import (
	"errors"
	"log/slog"
	"os"
	"sync/atomic"
)

var errFileGone = errors.New("sqlite: the file of the database was removed or replaced under the server")

// openFile is the file of the database as it was opened. A file that is removed stays
// usable for who has it open, and what is written to it is lost with the process: such
// writes must not be acknowledged.
type openFile struct {
	path string
	info os.FileInfo // nil: not known, as of the files of tests in memory
	log  *slog.Logger
	gone atomic.Bool // that it is gone has been logged
}

func newOpenFile(cfg Config) *openFile {
	f := &openFile{path: cfg.at.path, log: cfg.Log}
	if cfg.at.vfs == "" {
		f.info, _ = os.Stat(cfg.at.path) // a failure is that of opening it
	}
	return f
}

// check is store.ErrUnavailable if the path leads no longer to the file.
func (f *openFile) check() error {
	if f.info == nil {
		return nil
	}
	now, err := os.Stat(f.path)
	if err == nil && os.SameFile(f.info, now) {
		// The file may come back, as from a folder that was unmounted for a while; the next
		// loss is logged again.
		f.gone.Store(false)
		return nil
	}
	if !f.gone.Swap(true) {
		f.log.Error("the data folder is gone, writes are refused", "path", f.path, "error", err)
	}
	return &unavailable{errFileGone}
}

// Available implements store.Store.
func (db *DB) Available() error { return db.writer.file.check() }
