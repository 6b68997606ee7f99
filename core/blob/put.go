// Durable writes of files: a temporary file is synced and renamed, and its folders are
// synced.

package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"golang.org/x/sync/errgroup"

	"github.com/loambase/loam/core/fault"
)

// errNoSpace is the fault of a blob for which the disk, or a quota, has no room.
var errNoSpace = fault.New(fault.Unavailable, "there is no space left to store this")

// Put implements Store: when it returns nil, blob and attributes survive a power cut. A full disk
// is a fault.Unavailable, which leaves no part of the blob.
func (l *Local) Put(ctx context.Context, key string, r io.Reader, size int64, a Attributes) error {
	return l.put(ctx, key, r, size, a, nil)
}

// put does the work of Put, or that of PutAnnounced if announced is not nil.
func (l *Local) put(ctx context.Context, key string, r io.Reader, size int64, a Attributes, announced func() error) (err error) {
	p, err := filePath(key)
	if err != nil {
		return err
	}
	dir := path.Dir(p)
	defer func() {
		if err != nil {
			l.prune(dir)
			if NoSpace(err) {
				err = errors.Join(errNoSpace, err)
			}
			err = fmt.Errorf("store blob %q: %w", key, err)
		}
	}()
	content, attributes, err := l.draft(dir, &reader{ctx, r}, size, a)
	if err != nil {
		return err
	}
	// With Put, the files are durable before they get their names: a crash in between leaves the
	// earlier blob unchanged. An announced blob has no earlier one, so files and names can be
	// synced at the same time.
	ready := announced
	if ready == nil {
		ready = func() error { return l.sync([]string{content, attributes}, nil) }
	}
	if err := ready(); err != nil {
		return errors.Join(err, l.root.Remove(content), l.root.Remove(attributes))
	}
	if err := l.place(p, content, attributes); err != nil {
		return err
	}
	if announced == nil {
		return l.sync(nil, foldersTo(dir))
	}
	return l.sync([]string{p, p + sidecar}, foldersTo(dir))
}

// draft writes both files of a blob under temporary names.
func (l *Local) draft(dir string, r io.Reader, size int64, a Attributes) (content, attributes string, err error) {
	if content, err = l.write(dir, r, size); err != nil {
		return "", "", err
	}
	text, err := encodeSidecar(a)
	if err == nil {
		attributes, err = l.write(dir, bytes.NewReader(text), int64(len(text)))
	}
	if err != nil {
		return "", "", errors.Join(err, l.root.Remove(content))
	}
	return content, attributes, nil
}

// place renames both files of a blob to their final names.
func (l *Local) place(p, content, attributes string) error {
	l.folders.RLock() // see Tree.RemoveOlder
	defer l.folders.RUnlock()
	// The sidecar is renamed first, so that a blob never exists without its attributes.
	if err := l.root.Rename(attributes, p+sidecar); err != nil {
		return errors.Join(err, l.root.Remove(attributes), l.root.Remove(content))
	}
	if err := l.root.Rename(content, p); err != nil {
		return errors.Join(err, l.root.Remove(content))
	}
	return nil
}

// write copies r to a temporary file in the folder and returns the path of the file. It is an
// error if r does not have size bytes, unless size is UnknownSize.
func (l *Local) write(dir string, r io.Reader, size int64) (string, error) {
	name := path.Join(dir, tempPrefix+randomName(16))
	f, err := l.create(dir, name)
	if err != nil {
		return "", err
	}
	n, err := l.copy(&syncing{f: f}, r)
	if err == nil && size != UnknownSize && n != size {
		err = fmt.Errorf("%d bytes came, not the %d that were announced", n, size)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, l.root.Remove(name))
	}
	return name, nil
}

// syncBytes is the number of bytes of a file between two syncs. A single sync of a large file would
// delay those of the database.
const syncBytes = 4 << 20

// syncing is a file that is synced at intervals while it is written.
type syncing struct {
	f     *os.File
	bytes int // since the last sync
}

func (s *syncing) Write(p []byte) (int, error) {
	n, err := s.f.Write(p)
	if s.bytes += n; err == nil && s.bytes >= syncBytes {
		s.bytes, err = 0, s.f.Sync()
	}
	return n, err
}

// copyBuffer is the buffer of copy.
type copyBuffer [128 << 10]byte

// copy copies all of r to w. It fills the buffer before each write.
func (l *Local) copy(w io.Writer, r io.Reader) (written int64, err error) {
	buffer, ok := l.buffers.Get().(*copyBuffer)
	if !ok {
		buffer = new(copyBuffer)
	}
	defer l.buffers.Put(buffer)
	for err == nil {
		n := 0
		for n < len(buffer) && err == nil {
			var length int
			length, err = r.Read(buffer[n:])
			n += length
		}
		length, failed := w.Write(buffer[:n])
		written += int64(length)
		if failed != nil {
			return written, failed
		}
	}
	if err == io.EOF {
		err = nil
	}
	return written, err
}

// create makes the file and the folders above it.
func (l *Local) create(dir, name string) (*os.File, error) {
	l.folders.RLock()
	defer l.folders.RUnlock()
	if err := l.root.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return l.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

// foldersTo returns the folder and the folders above it. A name is durable when the folder that
// holds it is synced, and the folder's own name when the folder above is.
func foldersTo(dir string) (list []string) {
	for ; dir != "."; dir = path.Dir(dir) {
		list = append(list, dir)
	}
	return append(list, dir)
}

// sync makes files and folders durable, all at once, which takes a disk hardly longer than a single
// one.
func (l *Local) sync(files, folders []string) error {
	var syncs errgroup.Group
	each := func(list []string, flag int) {
		for _, p := range list {
			syncs.Go(func() error {
				f, err := l.root.OpenFile(p, flag, 0)
				if err != nil {
					return err
				}
				return errors.Join(f.Sync(), f.Close())
			})
		}
	}
	each(files, os.O_RDWR) // some systems sync only files that are open for writing
	each(folders, os.O_RDONLY)
	return syncs.Wait()
}

// reader is a reader that ends when the context is done.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
