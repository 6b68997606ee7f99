// Thumbs of stored files: each is made once, when somebody asks for it first, and stored
// beside its original.

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

// patience is how long a request waits for a thumb that is to be made.
const patience = time.Minute

// Maker makes thumbs of stored files. It is safe for concurrent use.
type Maker struct {
	blobs  blob.Store
	memory *budget.Budget
	making singleflight.Group

	mu   sync.Mutex               // guards busy
	busy map[string]chan struct{} // thumbs that are being made, by key; a channel closes when its thumb is stored or given up
}

// NewMaker returns a Maker of thumbs of the files in the store. The budget is of bytes that
// images take while they are decoded.
func NewMaker(blobs blob.Store, memory *budget.Budget) *Maker {
	return &Maker{blobs: blobs, memory: memory, busy: map[string]chan struct{}{}}
}

// Key is where the thumb of a file is stored.
func Key(file, size string) string {
	dir, name := path.Split(file)
	return dir + "thumbs_" + name + "/" + size + "_" + name
}

// Open opens the thumb of a file; the caller closes it. size is one that the field of the
// file allows. The error is ErrImage if there can be no such thumb, budget.ErrSpent if the
// caller has to wait too long, fs.ErrNotExist if there is no such file, or that of the store.
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
	// Who asks meanwhile waits for the same one. It is made to its end, whoever leaves.
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

// make makes and stores a thumb. If its original is removed meanwhile, the thumb is too: who
// removes a file may have looked for its thumbs before this one was there.
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
	defer func() { // the decoders are other people's, and the bytes are anybody's
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrImage, p)
		}
	}()
	content, mediaType, err := img.Make(original, size)
	if err != nil {
		return err
	}
	attributes := blob.Attributes{ContentType: mediaType, OriginalName: original.Attributes().OriginalName}
	if int64(len(content)) >= original.Size() { // no thumb weighs more than its original
		if _, err := original.Seek(0, io.SeekStart); err != nil {
			return err
		}
		attributes.ContentType = original.Attributes().ContentType
		return m.blobs.Put(ctx, key, original, original.Size(), attributes)
	}
	return m.blobs.Put(ctx, key, bytes.NewReader(content), int64(len(content)), attributes)
}
