// File facts: size and media type of files. Records do not have them; the blob store does.

package graphql

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/cache"
)

const (
	keptFacts   = 1 << 14 // files in the cache, about
	factReaders = 8       // concurrent reads of one operation
	factsAtOnce = 32      // concurrent reads of all operations
)

// storedFile identifies a file by the record and the field that name it.
type storedFile struct{ collection, field, record, name string }

// fileFact is the size and the media type of a file. A file that the store does not have has the
// zero fileFact.
type fileFact struct {
	size      int64
	mediaType string
}

// fileFacts reads facts from the blob store and caches them. The content of a stored file never
// changes, so cached facts stay true. It is safe for concurrent use.
type fileFacts struct {
	records func() *record.Service
	blobs   blob.Store
	kept    *cache.Cache[storedFile, fileFact]
	reads   chan struct{} // holds an item for each read in progress
}

func newFileFacts(records func() *record.Service, blobs blob.Store) *fileFacts {
	return &fileFacts{records, blobs, cache.New[storedFile, fileFact](keptFacts), make(chan struct{}, factsAtOnce)}
}

// read reads the facts of files from the store, several at a time. It stops at the first error. The
// result has the facts that were read, also beside an error.
func (f *fileFacts) read(ctx context.Context, caller record.Caller, files []storedFile) (map[storedFile]fileFact, error) {
	facts, failed := make([]fileFact, len(files)), make([]bool, len(files))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(factReaders)
	for i, file := range files {
		group.Go(func() (err error) {
			facts[i], err = f.ask(ctx, caller, file)
			failed[i] = err != nil
			return err
		})
	}
	err := group.Wait()
	read := make(map[storedFile]fileFact, len(files))
	for i, file := range files {
		if !failed[i] {
			read[file] = facts[i]
		}
	}
	return read, err
}

// ask reads the facts of one file from the store and caches them. A file that the store does not
// have gets the zero fileFact, which is not cached.
func (f *fileFacts) ask(ctx context.Context, caller record.Caller, file storedFile) (fact fileFact, err error) {
	select {
	case f.reads <- struct{}{}:
		defer func() { <-f.reads }()
	case <-ctx.Done():
		return fact, ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return fact, err
	}
	key, err := f.records().FileKey(ctx, caller, file.collection, file.field, file.record, file.name)
	if fault.KindOf(err) == fault.NotFound {
		return fact, nil
	}
	if err != nil {
		return fact, err
	}
	b, err := f.blobs.Open(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return fact, nil
	}
	if err != nil {
		return fact, err
	}
	fact = fileFact{b.Size(), b.Attributes().ServedType(file.name)}
	f.kept.Put(file, fact)
	return fact, b.Close()
}

// factsOf are the facts of the files of one answer. The answer is encoded twice if some facts are
// not cached: the first encoding collects the unknown files, ask reads their facts, and the second
// encoding writes the facts.
type factsOf struct {
	kept    *fileFacts
	known   map[storedFile]fileFact
	unknown map[storedFile]bool // files for ask
	asked   bool                // ask was called
	failure *front.Error        // why ask could not read all facts
}

// of returns the facts of a file. Before ask, an unknown file is noted for ask and gets the zero
// fileFact. known is false if ask could not read the facts.
func (f *factsOf) of(file storedFile) (fact fileFact, known bool) {
	if fact, known = f.known[file]; known || f.asked {
		return fact, known
	}
	if fact, known = f.kept.kept.Get(file); known {
		f.known[file] = fact
	} else {
		f.unknown[file] = true
	}
	return fact, true
}

// ask reads the facts of the unknown files from the store.
func (f *factsOf) ask(ctx context.Context, caller record.Caller) error {
	read, err := f.kept.read(ctx, caller, slices.Collect(maps.Keys(f.unknown)))
	maps.Copy(f.known, read)
	f.asked = true
	return err
}
