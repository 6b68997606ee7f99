// The source: a folder of PocketBase. It is only read; its database is read through a private copy.

package pocketbase

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/internal/store"
)

const (
	dataFile = "data.db"
	storage  = "storage"
)

// folder is the installation that is imported. Nothing outside it is reached, and nothing is
// written into it: its database is read from a private copy.
type folder struct {
	path  string
	root  *os.Root
	copy  string // the folder of the private copy
	db    store.Source
	notes []string // findings of the check
}

// openFolder copies the database into the folder scratch, opens the copy and checks it. It
// calls progress while it copies and while it checks.
func openFolder(ctx context.Context, path, scratch string, progress func(string, int64, int64)) (_ *folder, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a folder: name the folder that has data.db in it", path)
	}
	f := &folder{path: path, copy: filepath.Join(scratch, "source")}
	if f.root, err = os.OpenRoot(path); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.close())
		}
	}()
	if _, err := f.root.Lstat(dataFile); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not a folder of PocketBase: there is no data.db in it", path)
	}
	// SQLite writes files beside a database even if it only reads it: only a private copy leaves
	// the source unchanged.
	if err := f.copyDatabase(ctx, progress); err != nil {
		return nil, fmt.Errorf("copy the database: %w", err)
	}
	if f.db, err = core.OpenSource(filepath.Join(f.copy, dataFile)); err != nil {
		return nil, unreadable(err)
	}
	progress("checking the database", 0, 1)
	// A damaged database is refused: an incomplete installation would look complete.
	if f.notes, err = f.db.Check(ctx); err != nil {
		return nil, unreadable(err)
	}
	progress("checking the database", 1, 1)
	return f, nil
}

// unreadable adds to an error that the source's database has caused it. The end of the context is
// returned unchanged.
func unreadable(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("the database %s cannot be read: %w", dataFile, err)
}

// copyDatabase copies the database with its write-ahead log. If either file changes meanwhile, the
// copy may be torn, which is an error.
func (f *folder) copyDatabase(ctx context.Context, progress func(string, int64, int64)) error {
	if err := f.noJournal(); err != nil {
		return err
	}
	if err := os.Mkdir(f.copy, 0o700); err != nil {
		return err
	}
	to, err := os.OpenRoot(f.copy)
	if err != nil {
		return err
	}
	defer to.Close()
	files := []string{dataFile, dataFile + "-wal"}
	// A copy that is made during a write may have pages of two states; then sizes or times differ
	// afterwards.
	before := f.states(files)
	c := &copier{ctx: ctx, from: f.root, to: to, progress: func(done int64) {
		progress("copying the database", done, max(done, before.size())+1) // its end is reported below
	}}
	for _, name := range files {
		if _, err := f.root.Lstat(name); errors.Is(err, fs.ErrNotExist) && name != dataFile {
			continue
		}
		if err := c.file(name, false); err != nil {
			return err
		}
	}
	if f.states(files) != before {
		return errors.New("it was written to at the same time: stop the server that uses it first")
	}
	progress("copying the database", c.bytes, c.bytes)
	return nil
}

// noJournal returns an error for a database with an unfinished rollback journal: PocketBase uses a
// write-ahead log, so another program was writing.
func (f *folder) noJournal() error {
	const name = dataFile + "-journal"
	info, err := f.root.Lstat(name)
	if err != nil || info.Size() == 0 {
		return nil
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", name)
	}
	file, err := f.root.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	begin := make([]byte, 8)
	if _, err := file.Read(begin); err != nil {
		return err
	}
	if bytes.Equal(begin, make([]byte, 8)) { // the transaction has ended
		return nil
	}
	return fmt.Errorf("there is an unfinished %s: open the database once with the program that has written it", name)
}

// states holds the size and the time of the two files of a database, to detect changes during the
// copy.
type states [2]struct {
	size int64
	time int64
}

func (s states) size() int64 { return s[0].size + s[1].size }

func (f *folder) states(files []string) (s states) {
	for i, name := range files {
		if info, err := f.root.Lstat(name); err == nil {
			s[i].size, s[i].time = info.Size(), info.ModTime().UnixNano()
		}
	}
	return s
}

// read calls fn with the tables of the database, in one read transaction.
func (f *folder) read(ctx context.Context, fn func(*tables) error) error {
	return f.db.Read(ctx, func(r store.Reader) error {
		t, err := readTables(r)
		if err != nil {
			return unreadable(err)
		}
		return fn(t)
	})
}

func (f *folder) close() error {
	err := f.root.Close()
	if f.db != nil {
		err = errors.Join(err, f.db.Close())
	}
	return err
}
