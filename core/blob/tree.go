// The files of a local store as they lie on the disk, for backups.

package blob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"time"
)

// Tree is the folder of a Local as plain files: blobs and what is kept beside them. Paths
// use "/" and are below the folder; nothing outside of it is reached. Temporary files,
// links and whatever else is no regular file are not part of it.
type Tree struct{ l *Local }

// Tree returns the files of the store.
func (l *Local) Tree() Tree { return Tree{l} }

// SafePath reports whether p is below the folder that it is looked up in, on every system.
func SafePath(p string) bool {
	return fs.ValidPath(p) && p != "." && filepath.IsLocal(filepath.FromSlash(p))
}

// ValidPath reports whether p may be a file of a Tree.
func ValidPath(p string) bool { return SafePath(p) && !temporary(path.Base(p)) }

// Walk calls fn for every file, in the order of the names. An error of fn ends it and is
// returned. What has a name that no key can have was not stored here, and is left out.
func (t Tree) Walk(ctx context.Context, fn func(p string, info fs.FileInfo) error) error {
	return fs.WalkDir(t.l.root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		if !fs.ValidPath(p) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		var info fs.FileInfo
		if err == nil && d.Type().IsRegular() && !temporary(d.Name()) {
			info, err = d.Info()
		}
		if errors.Is(asNotExist(err), fs.ErrNotExist) {
			return nil // removed in the meantime
		}
		if err != nil || info == nil {
			return err
		}
		return fn(p, info)
	})
}

// Open opens a file for reading.
func (t Tree) Open(p string) (fs.File, error) { return t.l.root.Open(p) }

// Stat describes what is at p; a link is a link.
func (t Tree) Stat(p string) (fs.FileInfo, error) {
	info, err := t.l.root.Lstat(p)
	return info, asNotExist(err)
}

// Write stores a temporary file of that name beside p, durably.
func (t Tree) Write(ctx context.Context, p, name string, r io.Reader) (err error) {
	dir := path.Dir(p)
	temp := path.Join(dir, tempPrefix+name)
	f, err := t.l.create(dir, temp)
	if err != nil {
		return err
	}
	_, err = io.Copy(&syncing{f: f}, &reader{ctx, r})
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, t.l.root.Remove(temp))
	}
	return nil
}

// Place gives the temporary file beside p the name p.
func (t Tree) Place(p, name string) error { return t.l.root.Rename(t.temp(p, name), p) }

// Aside gives p the temporary name. The file is as new as if it were written now: else it
// could be taken for an old leftover (see Sweep).
func (t Tree) Aside(p, name string) error {
	now := time.Now()
	if err := t.l.root.Chtimes(p, now, now); err != nil {
		return err
	}
	return t.l.root.Rename(p, t.temp(p, name))
}

// Drop removes the temporary file beside p. A missing one is no error.
func (t Tree) Drop(p, name string) error { return t.removeFile(t.temp(p, name)) }

// Remove removes p, and the folders that it leaves empty. A missing file is no error.
func (t Tree) Remove(p string) error {
	err := t.removeFile(p)
	t.l.prune(path.Dir(p))
	return err
}

// RemoveOlder is Remove if the file was last written before the given time.
func (t Tree) RemoveOlder(p string, before time.Time) error {
	t.l.folders.Lock() // Put gives a file its name under this lock
	info, err := t.Stat(p)
	if err == nil && info.ModTime().Before(before) {
		err = t.removeFile(p)
	}
	t.l.folders.Unlock()
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	t.l.prune(path.Dir(p))
	return err
}

// Sync makes the names in the folder of p durable.
func (t Tree) Sync(p string) error {
	err := t.l.sync(nil, foldersTo(path.Dir(p)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the folder is gone, with all that was in it
	}
	return err
}

func (t Tree) temp(p, name string) string { return path.Join(path.Dir(p), tempPrefix+name) }

func (t Tree) removeFile(p string) error {
	err := asNotExist(t.l.root.Remove(p))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
