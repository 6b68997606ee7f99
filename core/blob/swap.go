// A store whose implementation can be replaced while it is in use, as when settings switch
// to S3.

package blob

import (
	"context"
	"io"
	"sync/atomic"
)

// Swap is a Store whose implementation can be replaced while it is in use: the settings
// decide where files lie. A call goes to the store that was set when it began, and an
// open Blob stays with the store that opened it, so nobody may close the earlier store
// before both have ended. Blobs are not moved from one to the other.
type Swap struct{ current atomic.Pointer[Store] }

var _ Store = (*Swap)(nil)

// NewSwap is a Swap that begins with s.
func NewSwap(s Store) *Swap {
	w := &Swap{}
	w.current.Store(&s)
	return w
}

// Set replaces the store and returns the earlier one.
func (w *Swap) Set(s Store) (earlier Store) { return *w.current.Swap(&s) }

// Current is the store that new calls go to.
func (w *Swap) Current() Store { return *w.current.Load() }

// Put implements Store.
func (w *Swap) Put(ctx context.Context, key string, r io.Reader, size int64, a Attributes) error {
	return w.Current().Put(ctx, key, r, size, a)
}

// Open implements Store.
func (w *Swap) Open(ctx context.Context, key string) (Blob, error) { return w.Current().Open(ctx, key) }

// Delete implements Store.
func (w *Swap) Delete(ctx context.Context, key string) error { return w.Current().Delete(ctx, key) }

// DeletePrefix implements Store.
func (w *Swap) DeletePrefix(ctx context.Context, prefix string) error {
	return w.Current().DeletePrefix(ctx, prefix)
}

// List implements Store.
func (w *Swap) List(ctx context.Context, prefix string, fn func(Info) error) error {
	return w.Current().List(ctx, prefix, fn)
}
