// Blobs that somebody removes if nobody says that they are to stay.

package blob

import (
	"context"
	"io"
)

// PutAnnounced stores a blob under a key that no other blob has had, as Put does. announced
// waits until it is durable that the blob will be removed unless it is kept: the blob has no
// name before. What is left of it by a crash is removed then, so that less has to be waited
// for than with Put. If announced is nil, it is Put.
func PutAnnounced(ctx context.Context, s Store, key string, r io.Reader, size int64, a Attributes, announced func() error) error {
	if announced == nil {
		return s.Put(ctx, key, r, size, a)
	}
	if w, ok := s.(*Swap); ok {
		s = w.Current()
	}
	if l, ok := s.(*Local); ok {
		return l.put(ctx, key, r, size, a, announced)
	}
	return s.Put(ctx, key, &gate{r, announced}, size, a)
}

// gate is a reader that does not end before it is open: no store gives a blob its name
// before all of it has been read.
type gate struct {
	io.Reader
	open func() error
}

func (g *gate) Read(p []byte) (int, error) {
	n, err := g.Reader.Read(p)
	if err == io.EOF {
		if failed := g.open(); failed != nil {
			err = failed
		}
	}
	return n, err
}
