// What the store of files says of them: size and media type, which no record has.

package graphql

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/loambase/loam/api/graphql/front"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/cache"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

const (
	keptFacts   = 1 << 14 // files whose facts are kept, about
	factReaders = 8       // that one operation has at a time
	factsAtOnce = 32      // of all operations
)

// storedFile is a file that a record names.
type storedFile struct{ collection, field, record, name string }

// fileFact is what the store says of a file. The type is "" for a file that is lost.
type fileFact struct {
	size      int64
	mediaType string
}

// fileFacts are those of the files that were asked for lately. A name is never given to another
// content, so no fact becomes wrong. It is safe for concurrent use.
type fileFacts struct {
	records func() *record.Service
	blobs   blob.Store
	kept    *cache.Cache[storedFile, fileFact]
	reads   chan struct{} // has an item for each read
}

func newFileFacts(records func() *record.Service, blobs blob.Store) *fileFacts {
	return &fileFacts{records, blobs, cache.New[storedFile, fileFact](keptFacts), make(chan struct{}, factsAtOnce)}
}

// read asks the store for files, several at a time. After an error nothing more is asked, and
// those that were not read are missing in the result.
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

// ask asks the store for one file, and keeps what it says unless the file is lost.
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

// factsOf are the facts that an answer is written with.
type factsOf struct {
	kept    *fileFacts
	known   map[storedFile]fileFact
	unknown map[storedFile]bool // that are to be asked for
	asked   bool                // for the unknown ones
	failure *front.Error        // why some could not be
}

// of returns the facts of a file. Before the store was asked, those that are unknown are the facts
// of a lost file.
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

// ask asks for what is unknown.
func (f *factsOf) ask(ctx context.Context, caller record.Caller) error {
	read, err := f.kept.read(ctx, caller, slices.Collect(maps.Keys(f.unknown)))
	maps.Copy(f.known, read)
	f.asked = true
	return err
}
