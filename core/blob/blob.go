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
	// Put stores a blob durably, in place of one of the same key. size is how many bytes
	// r has, or UnknownSize; a reader with another number of them is an error, and
	// nothing is stored. After an error the earlier blob of the key is still there. A key
	// that no blob can have is ErrKey.
	Put(ctx context.Context, key string, r io.Reader, size int64, a Attributes) error
	// Open opens a blob for reading; the caller closes it. A missing one is an error for
	// which errors.Is(err, fs.ErrNotExist).
	Open(ctx context.Context, key string) (Blob, error)
	// Delete removes a blob; a missing one is no error.
	Delete(ctx context.Context, key string) error
	// DeletePrefix removes every blob below a folder ("collectionId/recordId").
	DeletePrefix(ctx context.Context, prefix string) error
	// List calls fn for every blob below prefix. An error of fn ends it and is returned.
	List(ctx context.Context, prefix string, fn func(Info) error) error
}

// Info is what a list says of a blob.
type Info struct {
	Key     string
	Size    int64
	ModTime time.Time
}

// UnknownSize is the size of a blob that is known only at its end. A store on another
// machine has to buffer parts of such a blob.
const UnknownSize = -1

// Attributes are kept beside a blob.
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

// Remote is a Blob that clients can also get from its store themselves.
type Remote interface {
	Blob
	// Address is a URL at which whoever has it can GET the blob, answered with these headers,
	// and until when it is good: for life at most, and for half of it unless the store's keys
	// end before. Calls of about the same time give the same URL. It is "" if life is too
	// short for one.
	Address(life time.Duration, h Headers) (url string, until time.Time, err error)
}

// Headers are those with which a blob is answered.
type Headers struct {
	ContentType        string
	ContentDisposition string
	CacheControl       string
}

// Upload is a file that a client sent and that is not stored yet.
type Upload struct {
	OriginalName string // as the client called it, shortened to what is kept
	Name         string // under which it will be stored (docs/wire/records.md §7.3)
	Size         int64  // in bytes
	MediaType    string // detected from the content, without parameters
	Open         func() (io.ReadCloser, error)
}
