// Local storage: files of records in the data folder.

package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"syscall"
	"time"
)

var _ Store = (*Local)(nil)

// Local keeps blobs as files of one folder, each with a sidecar of its attributes. No key and no
// symbolic link inside the folder reaches a file outside.
type Local struct {
	root    *os.Root
	buffers sync.Pool // of *copyBuffer

	// The lock keeps the folder of a new file from being removed as empty before the file is in it:
	// makers of files hold it for reading, the remover for writing.
	folders sync.RWMutex
}

// NewLocal opens the folder, and creates it if it is missing. Close releases it.
func NewLocal(root string) (*Local, error) {
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("blob folder: %w", err)
	}
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("blob folder: %w", err)
	}
	return &Local{root: r}, nil
}

// Dir returns the folder.
func (l *Local) Dir() string { return l.root.Name() }

// Close releases the folder. Blobs that are open stay readable.
func (l *Local) Close() error { return l.root.Close() }

// Open opens a blob. A blob without a sidecar has the type application/octet-stream; a key that no
// blob can have is a missing blob.
func (l *Local) Open(_ context.Context, key string) (Blob, error) {
	p, err := filePath(key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, fs.ErrNotExist)
	}
	// Stat comes first, since opening a named pipe would wait for a writer. A folder, a socket or a
	// pipe is not a blob.
	info, err := l.root.Stat(p)
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("open blob %q: %w", key, asNotExist(err))
	}
	f, err := l.root.Open(p)
	if err != nil {
		return nil, fmt.Errorf("open blob %q: %w", key, asNotExist(err))
	}
	if info, err = f.Stat(); err != nil {
		return nil, errors.Join(fmt.Errorf("open blob %q: %w", key, err), f.Close())
	}
	return &localBlob{File: f, info: info, attributes: readSidecar(l.root, p)}, nil
}

// Delete removes a blob and the folders that it leaves empty.
func (l *Local) Delete(_ context.Context, key string) error {
	p, err := filePath(key)
	if err != nil || l.isFolder(p) {
		return nil // the blob does not exist
	}
	// The sidecar is removed first: a sidecar alone would not be a blob, so it would never be found
	// again.
	for _, name := range []string{p + sidecar, p} {
		if err := asNotExist(l.root.Remove(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("delete blob %q: %w", key, err)
		}
	}
	l.prune(path.Dir(p))
	return nil
}

// DeletePrefix removes every blob below a folder, the folder, and the folders above it that become
// empty. The prefix "" is ErrKey, as it can only be a mistake.
func (l *Local) DeletePrefix(_ context.Context, prefix string) error {
	p, err := folderPath(strings.TrimSuffix(prefix, "/"))
	if err != nil {
		return err
	}
	if !l.isFolder(p) {
		return nil
	}
	if err := l.root.RemoveAll(p); err != nil {
		return fmt.Errorf("delete blobs below %q: %w", prefix, err)
	}
	l.prune(path.Dir(p))
	return nil
}

// List calls fn for every blob below the folder, in the order of the names; for the prefix "", for
// every blob. An error of fn ends List and is returned.
func (l *Local) List(ctx context.Context, prefix string, fn func(Info) error) error {
	start := "."
	if prefix = strings.TrimSuffix(prefix, "/"); prefix != "" {
		var err error
		if start, err = folderPath(prefix); err != nil {
			return nil // no key is below the prefix
		}
	}
	return fs.WalkDir(l.root.FS(), start, func(p string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		var info fs.FileInfo
		if err == nil && p != start && d.Type().IsRegular() && !reserved(d.Name()) {
			info, err = d.Info()
		}
		// Files may be created and removed during the walk; a folder that does not exist counts as
		// empty.
		if errors.Is(asNotExist(err), fs.ErrNotExist) {
			return nil // removed in the meantime
		}
		if err != nil || info == nil {
			return err
		}
		return fn(Info{Key: unescape(p), Size: info.Size(), ModTime: info.ModTime()})
	})
}

// prune removes the folder and the folders above it as long as they are empty.
func (l *Local) prune(dir string) {
	l.folders.Lock()
	defer l.folders.Unlock()
	for dir != "." && l.isFolder(dir) && l.root.Remove(dir) == nil { // fails if the folder is not empty
		dir = path.Dir(dir)
	}
}

// isFolder reports whether p is a folder. A symbolic link to a folder is not a folder.
func (l *Local) isFolder(p string) bool {
	info, err := l.root.Lstat(p)
	return err == nil && info.IsDir()
}

// asNotExist turns other errors of a file that does not exist into fs.ErrNotExist: a part of its
// path is a file, or a name is longer than names of files can be.
func asNotExist(err error) error {
	if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG) {
		return fs.ErrNotExist
	}
	return err
}

// localBlob is an open file of Local.
type localBlob struct {
	*os.File
	info       fs.FileInfo
	attributes Attributes
}

func (b *localBlob) Attributes() Attributes { return b.attributes }
func (b *localBlob) Size() int64            { return b.info.Size() }
func (b *localBlob) ModTime() time.Time     { return b.info.ModTime() }
