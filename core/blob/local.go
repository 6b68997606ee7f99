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

// Local keeps blobs as files of one folder, each with a sidecar of its
// attributes. Nothing outside of the folder is reached through it, by any key or
// by a symbolic link that somebody put inside.
type Local struct {
	root    *os.Root
	buffers sync.Pool // of *copyBuffer

	// A folder that was made for a new file is not removed as empty before the
	// file is in it: makers hold this for reading, the remover for writing.
	folders sync.RWMutex
}

// NewLocal opens the folder, which is created if missing. Close releases it.
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

// Dir is the folder.
func (l *Local) Dir() string { return l.root.Name() }

// Close releases the folder. Blobs that are open stay readable.
func (l *Local) Close() error { return l.root.Close() }

// Open reads a blob. A blob without a sidecar is of the type
// application/octet-stream; a key that no blob can have is a missing blob.
func (l *Local) Open(_ context.Context, key string) (Blob, error) {
	p, err := filePath(key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, fs.ErrNotExist)
	}
	// Asked first, because opening a named pipe would wait for a writer.
	// A folder, a socket or a pipe is no blob.
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
		return nil // there is no such blob
	}
	// The sidecar goes first: alone it would be no blob, so that nobody would find it again.
	for _, name := range []string{p + sidecar, p} {
		if err := asNotExist(l.root.Remove(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("delete blob %q: %w", key, err)
		}
	}
	l.prune(path.Dir(p))
	return nil
}

// DeletePrefix removes every blob below a folder, the folder, and the folders
// above it that this leaves empty. The prefix "" is ErrKey: nobody means that.
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

// List calls fn for every blob below the folder, in the order of the names, all of
// them for the prefix "". An error of fn ends it and is returned.
func (l *Local) List(ctx context.Context, prefix string, fn func(Info) error) error {
	start := "."
	if prefix = strings.TrimSuffix(prefix, "/"); prefix != "" {
		var err error
		if start, err = folderPath(prefix); err != nil {
			return nil // no key is below it
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
		// Files come and go while the tree is walked; a folder that is not there is an empty
		// one.
		if errors.Is(asNotExist(err), fs.ErrNotExist) {
			return nil // removed in the meantime
		}
		if err != nil || info == nil {
			return err
		}
		return fn(Info{Key: unescape(p), Size: info.Size(), ModTime: info.ModTime()})
	})
}

// prune removes the folder and those above it as long as they are empty.
func (l *Local) prune(dir string) {
	l.folders.Lock()
	defer l.folders.Unlock()
	for dir != "." && l.isFolder(dir) && l.root.Remove(dir) == nil { // fails if something is in it
		dir = path.Dir(dir)
	}
}

// isFolder does not follow a link, so that a link is never taken for what it
// leads to.
func (l *Local) isFolder(p string) bool {
	info, err := l.root.Lstat(p)
	return err == nil && info.IsDir()
}

// asNotExist makes fs.ErrNotExist of the other ways to say that there is no such
// file: a part of its path is a file, or a name longer than files can have.
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
