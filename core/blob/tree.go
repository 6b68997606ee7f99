// The files of a local store on the disk, for backups.

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

// Tree is the folder of a Local as plain files: blobs, their sidecars, and other files. Paths use
// "/" and are below the folder; files outside of it cannot be reached. Temporary files, links and
// all other files that are not regular are not part of the Tree.
type Tree struct{ l *Local }

// Tree returns the Tree of the store.
func (l *Local) Tree() Tree { return Tree{l} }

// SafePath reports whether p stays below the folder it is used in, on every system.
func SafePath(p string) bool {
	return fs.ValidPath(p) && p != "." && filepath.IsLocal(filepath.FromSlash(p))
}

// ValidPath reports whether p may be a file of a Tree.
func ValidPath(p string) bool { return SafePath(p) && !temporary(path.Base(p)) }

// Walk calls fn for every file, in the order of the names. An error of fn ends Walk and is
// returned. A file whose name no key can have was not stored by this package, and is skipped.
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

// Stat describes the file at p; it does not follow a link.
func (t Tree) Stat(p string) (fs.FileInfo, error) {
	info, err := t.l.root.Lstat(p)
	return info, asNotExist(err)
}

// Write stores a temporary file with the given name beside p, durably.
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

// Place renames the temporary file beside p to p.
func (t Tree) Place(p, name string) error { return t.l.root.Rename(t.temp(p, name), p) }

// Aside renames p to the temporary name. It sets the time of the file to the present: otherwise the
// file could be taken for an old leftover (see Sweep).
func (t Tree) Aside(p, name string) error {
	now := time.Now()
	if err := t.l.root.Chtimes(p, now, now); err != nil {
		return err
	}
	return t.l.root.Rename(p, t.temp(p, name))
}

// Drop removes the temporary file beside p. A missing file is not an error.
func (t Tree) Drop(p, name string) error { return t.removeFile(t.temp(p, name)) }

// Remove removes p, and the folders that become empty. A missing file is not an error.
func (t Tree) Remove(p string) error {
	err := t.removeFile(p)
	t.l.prune(path.Dir(p))
	return err
}

// RemoveOlder removes p as Remove does, if the file was last written before the given time.
func (t Tree) RemoveOlder(p string, before time.Time) error {
	t.l.folders.Lock() // Put renames files under this lock
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
		return nil // the folder does not exist, so it has no files
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
