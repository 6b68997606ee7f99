// Thumbs of stored files. Each thumb is made at the first request, and stored beside its original.

package thumb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/internal/budget"
)

// patience is the time limit for making a thumb.
const patience = time.Minute

// Maker makes thumbs of stored files. It is safe for concurrent use.
type Maker struct {
	blobs  blob.Store
	memory *budget.Budget
	making singleflight.Group

	mu   sync.Mutex               // guards busy
	busy map[string]chan struct{} // thumbs that are being made, by key; a channel closes when its thumb is stored or given up
}

// NewMaker returns a Maker for the files in the store. The budget memory has the bytes that making
// thumbs takes.
func NewMaker(blobs blob.Store, memory *budget.Budget) *Maker {
	return &Maker{blobs: blobs, memory: memory, busy: map[string]chan struct{}{}}
}

// Key returns the key of the thumb of a file in the store.
func Key(file, size string) string {
	dir, name := path.Split(file)
	return dir + "thumbs_" + name + "/" + size + "_" + name
}

// Open opens the thumb of a file; the caller closes the thumb. The caller of Open checks that the
// field of the file allows the size. The error is ErrImage if no such thumb can be made,
// budget.ErrSpent if the wait for memory is too long, fs.ErrNotExist if the file does not exist, or
// that of the store.
func (m *Maker) Open(ctx context.Context, caller budget.Caller, file, size string) (blob.Blob, error) {
	parsed, ok := ParseSize(size)
	if !ok {
		return nil, ErrImage
	}
	key := Key(file, size)
	b, err := m.blobs.Open(ctx, key)
	if !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	// Concurrent requests for the thumb wait for the same call, which goes on when requests end.
	made := m.making.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		defer m.enter(key)()
		return nil, m.make(ctx, caller, file, key, parsed)
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case result := <-made:
		if result.Err != nil {
			return nil, result.Err
		}
	}
	return m.blobs.Open(ctx, key)
}

// enter marks the thumb with that key as being made until leave is called.
func (m *Maker) enter(key string) (leave func()) {
	made := make(chan struct{})
	m.mu.Lock()
	m.busy[key] = made
	m.mu.Unlock()
	return func() {
		m.mu.Lock()
		delete(m.busy, key)
		m.mu.Unlock()
		close(made)
	}
}

// Settle waits until all thumbs of files below the folder that are being made now are stored or
// given up. When Settle returns nil, the thumbs of files that were removed before the call are
// deleted. The error is that of ctx.
func (m *Maker) Settle(ctx context.Context, folder string) error {
	var busy []chan struct{}
	m.mu.Lock()
	for key, made := range m.busy {
		if strings.HasPrefix(key, folder+"/") {
			busy = append(busy, made)
		}
	}
	m.mu.Unlock()
	for _, made := range busy {
		select {
		case <-made:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// make makes and stores a thumb. If the original was removed in the meantime, make deletes the
// thumb, because the removal may have listed the thumbs before this thumb was stored.
func (m *Maker) make(ctx context.Context, caller budget.Caller, file, key string, size Size) error {
	if err := m.store(ctx, caller, file, key, size); err != nil {
		return err
	}
	original, err := m.blobs.Open(ctx, file)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, m.blobs.Delete(ctx, key))
	}
	if err != nil {
		return err
	}
	return original.Close()
}

// store makes and stores a thumb.
func (m *Maker) store(ctx context.Context, caller budget.Caller, file, key string, size Size) (err error) {
	original, err := m.blobs.Open(ctx, file)
	if err != nil {
		return err
	}
	defer original.Close()
	img, err := Inspect(original)
	if err != nil {
		return err
	}
	if img.Cost(size) > MaxMemory {
		return ErrImage
	}
	room, err := m.memory.Acquire(ctx, caller, img.Cost(size))
	if err != nil {
		return err
	}
	defer room.Release()
	defer func() { // decoders of foreign images may panic
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrImage, p)
		}
	}()
	content, mediaType, err := img.Make(original, size)
	if err != nil {
		return err
	}
	attributes := blob.Attributes{ContentType: mediaType, OriginalName: original.Attributes().OriginalName}
	if int64(len(content)) >= original.Size() { // no thumb has more bytes than its original
		if _, err := original.Seek(0, io.SeekStart); err != nil {
			return err
		}
		attributes.ContentType = original.Attributes().ContentType
		return m.blobs.Put(ctx, key, original, original.Size(), attributes)
	}
	return m.blobs.Put(ctx, key, bytes.NewReader(content), int64(len(content)), attributes)
}
