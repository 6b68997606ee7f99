// Copying of files from a folder that is not trusted: regular files only, no symbolic links, no
// files outside the folder.

package pocketbase

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// copier copies files to the same path in another folder. Files outside of the two folders cannot
// be reached (os.Root). An entry that is neither a regular file nor a folder is refused.
type copier struct {
	ctx      context.Context
	from, to *os.Root
	progress func(bytes int64)

	count, bytes int64
}

// refuse returns the error for an entry of the source that could lead out of the folder.
func refuse(name, why string) error { return fmt.Errorf("refused: %q %s", name, why) }

// tree copies a folder with all files and folders below it.
func (c *copier) tree(dir string) error {
	if err := c.to.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	list, err := fs.ReadDir(c.from.FS(), dir)
	if err != nil {
		return err
	}
	for _, entry := range list {
		name := path.Join(dir, entry.Name())
		// On Windows a backslash separates folders: a file with such a name would be written to
		// another folder.
		if strings.ContainsAny(entry.Name(), "/\\\x00") {
			return refuse(name, "has a separator in its name")
		}
		if entry.IsDir() {
			err = c.tree(name)
		} else {
			err = c.file(name, true)
		}
		if err != nil {
			return err
		}
	}
	// The names of the files are durable once their folder is synced.
	folder, err := c.to.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(ignoreUnsupported(folder.Sync()), folder.Close())
}

// ignoreUnsupported drops the error of a system that cannot sync folders.
func ignoreUnsupported(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrInvalid) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// file copies one file. keep makes the copy permanent: it is synced to disk and gets the time of
// the source. An existing file is an error.
func (c *copier) file(name string, keep bool) (err error) {
	// Lstat does not follow a link; the file is opened only after it is known to be a regular file.
	info, err := c.from.Lstat(name)
	if err != nil {
		return err
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return refuse(name, "is a symbolic link: put what it leads to in its place")
	case !info.Mode().IsRegular():
		return refuse(name, "is not a regular file")
	}
	in, err := c.from.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := c.to.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, &reader{c, in})
	if err == nil && keep {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	if keep {
		// Answers with files contain the times of the files, which clients have cached.
		err = c.to.Chtimes(name, info.ModTime(), info.ModTime())
	}
	c.count++
	return err
}

// reader counts bytes, reports the progress, and stops reading when the context ends.
type reader struct {
	c  *copier
	in io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.in.Read(p)
	r.c.bytes += int64(n)
	r.c.progress(r.c.bytes)
	return n, err
}
