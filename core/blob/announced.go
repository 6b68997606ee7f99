// Blobs that are removed unless they are kept.

package blob

import (
	"context"
	"io"
)

// PutAnnounced stores a blob under a key that no other blob has had, as Put does. It gives the blob
// its name after announced has returned nil, which states that the removal of the blob, unless it
// is kept, is durable. After a crash the remains of the blob are removed, so that PutAnnounced can
// wait for less than Put. If announced is nil, it does the same as Put.
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

// gate is a reader that does not end before announced has returned: no store gives a blob its name
// before it has read the whole blob.
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
