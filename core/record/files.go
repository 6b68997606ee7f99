// Files: how programs add, remove and open the stored files of a file field.

package record

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// Files reads and writes the files in one file field of a collection. A Files may be copied, and
// is safe for concurrent use. Service.Files makes a Files.
type Files struct {
	service           *Service
	collection, field string
	caller            Caller
}

// Files returns a Files for a file field of the collection with that id or name. The caller of its
// methods is Root; As sets another caller.
func (s *Service) Files(collection, field string) Files {
	return Files{service: s, collection: collection, field: field, caller: Root()}
}

// As returns a copy of f for another caller. The methods of the copy apply the rules to that
// caller.
func (f Files) As(caller Caller) Files {
	f.caller = caller
	return f
}

// In returns a copy of f that uses another service: the service of a transaction (core.Tx) or of
// the event of a hook.
func (f Files) In(s *Service) Files {
	f.service = s
	return f
}

// check returns an error if the field does not exist or is not a file field.
func (f Files) check() error {
	if f.service == nil {
		return errNotOpen
	}
	c := f.service.cfg.Snapshot().Find(f.collection)
	if c == nil {
		return fmt.Errorf("record: files of %s.%s: %w", f.collection, f.field, missingCollection())
	}
	if field := c.Field(f.field); field == nil {
		return fmt.Errorf("record: files of %s.%s: %w", f.collection, f.field, errNoField)
	} else if _, ok := field.Kind.(*schema.File); !ok {
		return fmt.Errorf("record: files of %s.%s: the field is of type %s, not file", f.collection, f.field, field.Type())
	}
	return nil
}

// Add stores the uploads and appends their names to the field of the record with that id; a field
// that holds a single file gets the upload in place of its file. It returns the names of all files
// in the field after the write, which is an update with the faults and hooks of Service.Update.
func (f Files) Add(ctx context.Context, id string, uploads ...*blob.Upload) (names []string, err error) {
	return f.update(ctx, id, Input{Files: map[string][]*blob.Upload{f.field + "+": uploads}})
}

// Remove removes the named files from the field of the record with that id; the files are deleted
// after the commit. Names that the field does not have are ignored. Remove returns the names of the
// files that stay. The write is an update with the faults and hooks of Service.Update.
func (f Files) Remove(ctx context.Context, id string, names ...string) (left []string, err error) {
	return f.update(ctx, id, Input{Body: map[string]any{f.field + "-": names}})
}

func (f Files) update(ctx context.Context, id string, in Input) ([]string, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	r, err := f.service.Update(ctx, f.caller, f.collection, id, in)
	if err != nil {
		return nil, err
	}
	return r.Strings(f.field), nil
}

// Open opens a file in the field of the record with that id; the caller closes it. A file of a
// protected field opens only for callers who satisfy the view rule. The fault is NotFound if the
// record, the name or the stored file does not exist or is hidden from the caller.
func (f Files) Open(ctx context.Context, id, name string) (blob.Blob, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	file, err := f.service.File(ctx, f.caller, f.collection, id, name)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(file.Record.Strings(f.field), name) { // the file is in another field
		return nil, missing()
	}
	b, err := f.service.cfg.Blobs.Open(ctx, file.Key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(fault.NotFound, "", err)
	}
	return b, err
}
