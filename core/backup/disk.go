// The disk: what is durable on it, and how much there is of it.

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

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" { // where folders cannot be synced, and need not be
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// reserve is how much of a disk a restore leaves free, since writes go on meanwhile.
const reserve = 64 << 20

// fits refuses to unpack so much into a folder whose disk has less. Where that is not
// known the disk itself says it.
func (s *Service) fits(dir string, need uint64) error {
	free, ok := s.limits.free(dir)
	if !ok || need <= math.MaxUint64-reserve && need+reserve <= free {
		return nil
	}
	return fault.New(fault.Invalid, fmt.Sprintf("The archive cannot be restored: it takes %d MB of disk, and there are %d MB.", need>>20, free>>20))
}

// readerAt reads an archive at any place. Stores elsewhere read on from where they are,
// and an archive is read from its beginning to its end, but for the list of its entries.
func readerAt(b blob.Blob) io.ReaderAt {
	if r, ok := b.(io.ReaderAt); ok {
		return r
	}
	return &seeker{r: b}
}

// seeker is an io.ReaderAt on a reader that can seek.
type seeker struct {
	mu sync.Mutex // guards r and its place
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
