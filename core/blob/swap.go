// A store whose implementation can be replaced while it is in use, for example when the settings
// switch to S3.

package blob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/internal/tally"
)

// Swap is a Store whose implementation can be replaced while it is in use: the settings name the
// store of files. A call uses the store that was set when the call began, and an open Blob stays
// with the store that opened it, so the earlier store must not be closed before both have ended.
// Blobs are not moved from one store to the other.
type Swap struct {
	current atomic.Pointer[Store]
	calls   [len(operations)]tally.Calls
}

// operations are the names of the methods in Figures, in the order of the constants below.
var operations = [...]string{"put", "open", "delete", "delete_prefix", "list"}

const (
	callPut = iota
	callOpen
	callDelete
	callDeletePrefix
	callList
)

// Figures returns the counts of calls by method: "put", "open", "delete", "delete_prefix" and
// "list". A call for a missing blob does not count as failed.
func (w *Swap) Figures() map[string]tally.CallCount {
	figures := map[string]tally.CallCount{}
	for i, name := range operations {
		figures[name] = w.calls[i].Read()
	}
	return figures
}

// ended counts a call that began at began, and returns err.
func (w *Swap) ended(call int, began time.Time, err error) error {
	failed := err
	if errors.Is(err, fs.ErrNotExist) {
		failed = nil
	}
	w.calls[call].Ended(began, failed)
	return err
}

var _ Store = (*Swap)(nil)

// NewSwap returns a Swap that begins with s.
func NewSwap(s Store) *Swap {
	w := &Swap{}
	w.current.Store(&s)
	return w
}

// Set replaces the store and returns the earlier one.
func (w *Swap) Set(s Store) (earlier Store) { return *w.current.Swap(&s) }

// Current returns the store that new calls use.
func (w *Swap) Current() Store { return *w.current.Load() }

// Put implements Store.
func (w *Swap) Put(ctx context.Context, key string, r io.Reader, size int64, a Attributes) error {
	return w.ended(callPut, time.Now(), w.Current().Put(ctx, key, r, size, a))
}

// Open implements Store.
func (w *Swap) Open(ctx context.Context, key string) (Blob, error) {
	began := time.Now()
	b, err := w.Current().Open(ctx, key)
	return b, w.ended(callOpen, began, err)
}

// Delete implements Store.
func (w *Swap) Delete(ctx context.Context, key string) error {
	return w.ended(callDelete, time.Now(), w.Current().Delete(ctx, key))
}

// DeletePrefix implements Store.
func (w *Swap) DeletePrefix(ctx context.Context, prefix string) error {
	return w.ended(callDeletePrefix, time.Now(), w.Current().DeletePrefix(ctx, prefix))
}

// List implements Store.
func (w *Swap) List(ctx context.Context, prefix string, fn func(Info) error) error {
	return w.ended(callList, time.Now(), w.Current().List(ctx, prefix, fn))
}
