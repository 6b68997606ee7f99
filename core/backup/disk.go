// The disk: syncing folders, and free space.

package backup

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"sync"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
)

// syncFolder makes the names of the files in a folder durable.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" { // folders cannot be synced there, and need not be
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// reserve is the number of bytes that a restore leaves free on a disk for the writes that
// continue.
const reserve = 64 << 20

// fits refuses to unpack need bytes into a folder whose disk lacks the space. If the free space
// is unknown, a full disk fails the writes later.
func (s *Service) fits(dir string, need uint64) error {
	free, ok := s.limits.free(dir)
	if !ok || need <= math.MaxUint64-reserve && need+reserve <= free {
		return nil
	}
	return fault.New(fault.Invalid, fmt.Sprintf("The archive cannot be restored: it takes %d MB of disk, and there are %d MB.", need>>20, free>>20))
}

// readerAt returns an io.ReaderAt of an archive. The blobs of remote stores have only Read and
// Seek. That is enough: an archive is read from start to end, except for its list of entries.
func readerAt(b blob.Blob) io.ReaderAt {
	if r, ok := b.(io.ReaderAt); ok {
		return r
	}
	return &seeker{r: b}
}

// seeker implements io.ReaderAt by Seek and Read.
type seeker struct {
	mu sync.Mutex // guards r and at
	r  io.ReadSeeker
	at int64
}

func (s *seeker) ReadAt(p []byte, at int64) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at != s.at {
		if _, err := s.r.Seek(at, io.SeekStart); err != nil {
			return 0, err
		}
		s.at = at
	}
	n, err := io.ReadFull(s.r, p)
	s.at += int64(n)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}
