// Detection of a database file that is removed or replaced while the server runs.

package sqlite

import (
	"errors"
	"log/slog"
	"os"
	"sync/atomic"
)

var errFileGone = errors.New("sqlite: the file of the database was removed or replaced under the server")

// openFile is the database file as it was opened. A removed file remains usable through its open
// handles, but writes to it are lost when the process ends: such writes must not be acknowledged.
type openFile struct {
	path string
	info os.FileInfo // nil if not known, as for in-memory files of tests
	log  *slog.Logger
	gone atomic.Bool // the loss has been logged
}

func newOpenFile(cfg Config) *openFile {
	f := &openFile{path: cfg.at.path, log: cfg.Log}
	if cfg.at.vfs == "" {
		f.info, _ = os.Stat(cfg.at.path) // opening the file reports the failure
	}
	return f
}

// check returns store.ErrUnavailable if the path no longer leads to the file.
func (f *openFile) check() error {
	if f.info == nil {
		return nil
	}
	now, err := os.Stat(f.path)
	if err == nil && os.SameFile(f.info, now) {
		// The file may come back, as from a folder that was unmounted for a while; the next loss
		// is logged again.
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
