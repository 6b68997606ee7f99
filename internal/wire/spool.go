package wire

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
)

// lightLength is the maximum length in bytes of a text that stays in memory; a longer text is
// written to a temporary file.
const lightLength = 1 << 20

// spool is a long text in a temporary file.
type spool struct {
	file *os.File
	use  func(text []byte) error // called with the text when the text is in memory
}

// readText reads the text of the body and calls use. A long text is written to a temporary file,
// and use is called by load, because a decoded text takes several times its length in memory.
func (b *Body) readText(in io.Reader, length int64, use func(text []byte) error) error {
	text, err := readAll(io.LimitReader(in, lightLength+1), length)
	if err != nil {
		return err
	}
	if len(text) <= lightLength {
		return use(text)
	}
	file, err := createTemp()
	if err != nil {
		return unspooled(err)
	}
	b.spool = &spool{file, use}
	if _, err = file.Write(text); err == nil {
		_, err = io.Copy(file, in)
	}
	return unspooled(err)
}

// load reads the text of the spool, if there is one, calls use, and removes the file.
func (b *Body) load() error {
	s := b.spool
	if s == nil {
		return nil
	}
	defer b.discard()
	text, err := s.text()
	if err == nil {
		err = s.use(text)
	}
	if err != nil {
		return b.fail(err)
	}
	return nil
}

func (s *spool) text() ([]byte, error) {
	length, err := s.file.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, unspooled(err)
	}
	text := make([]byte, length)
	_, err = s.file.ReadAt(text, 0)
	return text, unspooled(err)
}

// discard removes the file.
func (b *Body) discard() {
	if b.spool != nil {
		removeTemp(b.spool.file)
		b.spool = nil
	}
}

// createTemp returns a temporary file; removeTemp must be called to remove it. On systems where an
// open file can be removed, a killed process leaves no file behind.
func createTemp() (*os.File, error) {
	file, err := os.CreateTemp("", "loam-body-")
	if err == nil {
		_ = os.Remove(file.Name())
	}
	return file, err
}

func removeTemp(file *os.File) {
	file.Close()
	os.Remove(file.Name())
}

// unspooled returns the fault for an error of the temporary file: Unavailable for a full disk, else
// Internal. It returns other errors, such as those of the client, unchanged.
func unspooled(err error) error {
	failed := (*fs.PathError)(nil)
	if !errors.As(err, &failed) {
		return err
	}
	err = fmt.Errorf("keep a body: %w", err)
	if blob.NoSpace(err) {
		return fault.Wrap(fault.Unavailable, "There is no space left for the body of this request.", err)
	}
	return fault.Wrap(fault.Internal, "", err)
}
