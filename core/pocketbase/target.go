// The target of an import: a data folder that is built under another name and moved to its place
// when it is complete.

package pocketbase

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// target is a data folder that is being made. It is built under another name and moved to its place
// when it is complete. It is built beside its place or, if the target folder exists, inside of it,
// because a mounted folder cannot be replaced.
type target struct {
	dir     string
	work    string // the work folder, removed at the end in any case
	build   string // the folder that is built, in work
	existed bool
	parent  string   // the topmost folder that was created for the target; "" if none was
	placed  []string // the paths that are in their place already
}

// newTarget creates the folder to build in. A target folder that is not empty is an error.
func newTarget(dir string) (*target, error) {
	t := &target{dir: filepath.Clean(dir)}
	entries, err := os.ReadDir(t.dir)
	switch {
	case err == nil && len(entries) > 0:
		return nil, fmt.Errorf("%s is not empty (there is %q): an import needs a new folder", t.dir, entries[0].Name())
	case err == nil:
		t.existed = true
		t.work, err = os.MkdirTemp(t.dir, ".import-")
	// The work folder is beside the target, in the same file system, so that a rename puts the
	// result in its place.
	case errors.Is(err, fs.ErrNotExist):
		t.parent = missingAbove(t.dir)
		above := filepath.Dir(t.dir)
		if err = os.MkdirAll(above, 0o700); err == nil {
			t.work, err = os.MkdirTemp(above, "."+filepath.Base(t.dir)+".import-")
		}
	}
	if err == nil {
		t.build = filepath.Join(t.work, "data")
		err = os.Mkdir(t.build, 0o700)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("data folder: %w", err), t.discard())
	}
	return t, nil
}

// missingAbove returns the topmost folder above dir that does not exist, "" if all exist. discard
// removes the folders from there on.
func missingAbove(dir string) string {
	missing := ""
	for up := filepath.Dir(dir); up != filepath.Dir(up); up = filepath.Dir(up) {
		if _, err := os.Lstat(up); err == nil {
			break
		}
		missing = up
	}
	return missing
}

// place moves the built folder to its place and makes that durable.
func (t *target) place() error {
	if !t.existed {
		if err := os.Rename(t.build, t.dir); err != nil {
			return fmt.Errorf("put the data folder in its place: %w", err)
		}
		t.placed = []string{t.dir}
		return syncFolder(filepath.Dir(t.dir))
	}
	if err := t.placeInside(); err != nil {
		return fmt.Errorf("put the data in its folder: %w", err)
	}
	return syncFolder(t.dir)
}

// placeInside moves the files into a folder that existed. The database is moved last: a folder with
// a database is complete.
func (t *target) placeInside() error {
	entries, err := os.ReadDir(t.build)
	if err != nil {
		return err
	}
	slices.SortStableFunc(entries, func(a, b os.DirEntry) int {
		return boolInt(a.Name() == dataFile) - boolInt(b.Name() == dataFile)
	})
	for _, entry := range entries {
		to := filepath.Join(t.dir, entry.Name())
		// A rename would replace a file that another program has made there meanwhile.
		if _, err := os.Lstat(to); err == nil {
			return fmt.Errorf("somebody else has made %s", to)
		}
		if err := os.Rename(filepath.Join(t.build, entry.Name()), to); err != nil {
			return err
		}
		t.placed = append(t.placed, to)
	}
	return nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// close removes the work folder.
func (t *target) close() error {
	if t.work == "" {
		return nil
	}
	return os.RemoveAll(t.work)
}

// discard removes everything that the import has created, including folders above the target if
// they are empty.
func (t *target) discard() error {
	err := t.close()
	for _, path := range t.placed {
		err = errors.Join(err, os.RemoveAll(path))
	}
	if t.parent == "" {
		return err
	}
	for up := filepath.Dir(t.dir); ; up = filepath.Dir(up) {
		if os.Remove(up) != nil || up == t.parent { // the folder is in use
			return err
		}
	}
}

// syncFolder makes the names in a folder durable, if the system can.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := ignoreUnsupported(f.Sync()); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}
