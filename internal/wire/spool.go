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

// lightLength is up to which length a text stays in memory while the rest of it, or
// its place among the heavy ones, is waited for.
const lightLength = 1 << 20

// spool is a long text on its way.
type spool struct {
	file *os.File
	use  func(text []byte) error // what to do with it when it is in memory
}

// readText reads the text of the body and uses it. A long one lies in a temporary
// file until load is called: what is decoded takes several times its length.
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

// load takes a text from its file and uses it.
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

// createTemp returns a temporary file, to be removed with removeTemp. A process that is
// killed leaves none where an open file can be removed.
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

// unspooled is an internal failure if it is the file that has failed, not the client. A
// disk that is full is Unavailable.
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
