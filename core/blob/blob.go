// Package blob keeps files: what was uploaded, under which name it is stored,
// what it is, and where it lies.
package blob

import (
	"context"
	"io"
	"time"
)

// Store keeps blobs by key: collectionId/recordId/filename (docs/wire/records.md
// §7.7). Keys use "/" and never leave the store's root. Safe for concurrent use.
type Store interface {
	// Put stores a blob durably, replacing one of the same key.
	Put(ctx context.Context, key string, r io.Reader, a Attributes) error
	// Open reads a blob; a missing one is an error for which errors.Is(err, fs.ErrNotExist).
	Open(ctx context.Context, key string) (Blob, error)
	// Delete removes a blob; a missing one is no error.
	Delete(ctx context.Context, key string) error
	// DeletePrefix removes every blob below a folder ("collectionId/recordId").
	DeletePrefix(ctx context.Context, prefix string) error
	// List calls fn for every key below prefix.
	List(ctx context.Context, prefix string, fn func(key string, size int64) error) error
}

// Attributes are what is kept beside a blob.
type Attributes struct {
	ContentType  string
	OriginalName string // as the client called it, at most 255 bytes
}

// Blob is an open blob.
type Blob interface {
	io.ReadSeekCloser
	Attributes() Attributes
	Size() int64
	ModTime() time.Time
}

// Upload is a file that a client sent and that is not stored yet. Name is the
// name it will have (docs/wire/records.md §7.3), MediaType is detected from the
// content and carries no parameters.
type Upload struct {
	OriginalName string
	Name         string
	Size         int64
	MediaType    string
	Open         func() (io.ReadCloser, error)
}
