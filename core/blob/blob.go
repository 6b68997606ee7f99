// Package blob stores files: uploads, their stored names, their attributes, and the stores.
package blob

import (
	"context"
	"io"
	"time"
)

// Store keeps blobs by key: collectionId/recordId/filename (docs/wire/records.md §7.7). Keys use
// "/" and never leave the store's root. A Store is safe for concurrent use.
type Store interface {
	// Put stores a blob durably, and replaces a blob with the same key. size is the number of bytes
	// of r, or UnknownSize; if r has another number of bytes, Put returns an error and stores
	// nothing. After an error an earlier blob of the key is unchanged. A key that no blob can have
	// is ErrKey.
	Put(ctx context.Context, key string, r io.Reader, size int64, a Attributes) error
	// Open opens a blob for reading; the caller closes it. For a missing blob errors.Is(err,
	// fs.ErrNotExist) is true.
	Open(ctx context.Context, key string) (Blob, error)
	// Delete removes a blob. A missing blob is not an error.
	Delete(ctx context.Context, key string) error
	// DeletePrefix removes every blob below a folder ("collectionId/recordId").
	DeletePrefix(ctx context.Context, prefix string) error
	// List calls fn for every blob below prefix. An error of fn ends List and is returned.
	List(ctx context.Context, prefix string, fn func(Info) error) error
}

// Info describes a blob in a list.
type Info struct {
	Key     string
	Size    int64
	ModTime time.Time
}

// UnknownSize is the size of a blob that is known only at its end. A store on another
// machine has to buffer parts of such a blob.
const UnknownSize = -1

// Attributes are stored beside a blob.
type Attributes struct {
	ContentType  string
	OriginalName string // the name that the client sent, at most 255 bytes
}

// Blob is an open blob.
type Blob interface {
	io.ReadSeekCloser
	Attributes() Attributes
	Size() int64
	ModTime() time.Time
}

// Remote is a Blob that clients can also get directly from its store.
type Remote interface {
	Blob
	// Address returns a URL at which anyone can GET the blob with these headers, and the time at
	// which the URL expires: after life at most, and not before half of it unless the keys of the
	// store expire earlier. Calls at nearly the same time return the same URL. It is "" if life is
	// too short.
	Address(life time.Duration, h Headers) (url string, until time.Time, err error)
}

// Headers are the headers of an answer with a blob.
type Headers struct {
	ContentType        string
	ContentDisposition string
	CacheControl       string
}

// Upload is a file that a client has sent and that is not stored yet.
type Upload struct {
	OriginalName string // the name that the client sent, shortened to maxOriginalName
	Name         string // the name under which it will be stored (docs/wire/records.md §7.3)
	Size         int64  // in bytes
	MediaType    string // detected from the content, without parameters
	Open         func() (io.ReadCloser, error)
}
