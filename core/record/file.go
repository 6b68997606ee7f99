// The stored file of a record: its access check and its key.

package record

import (
	"context"
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/alter"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// StoredFile is a file of a record.
type StoredFile struct {
	Key    string // the key in Config.Blobs, which may have lost the file
	Field  *schema.File
	Record *Record // the record that names the file
}

// File returns the named file of a record (docs/wire/records.md §7). A file of a protected field is
// only for callers who satisfy the view rule of the collection; other files are for everybody who
// knows their names. The fault is NotFound if the file does not exist or the caller may not have
// it.
func (s *Service) File(ctx context.Context, caller Caller, collection, id, name string) (file StoredFile, err error) {
	err = s.readWithRetry(caller, func(rq *readRequest) error {
		c := rq.snapshot.Find(collection)
		if c == nil {
			return fault.New(fault.NotFound, "Missing or invalid collection context.")
		}
		r, err := rq.findFirst(ctx, c.ID, "id", id, false)
		if err != nil {
			return err
		}
		i := r.fileField(name)
		if i < 0 {
			return missing()
		}
		file = StoredFile{Field: c.Fields[i].Kind.(*schema.File), Record: r}
		if file.Field.Protected {
			if err := rq.mayView(ctx, r); err != nil {
				return err
			}
		}
		if !c.IsView() {
			file.Key = blobKey(c, id, name)
			return nil
		}
		file.Key, err = rq.fileBehind(ctx, c, c.Fields[i].Name, name)
		return err
	})
	if err != nil {
		return StoredFile{}, err
	}
	return file, nil
}

// FileKey returns the blob key of the file with that name in a file field of a record. It applies
// no rule: its caller must have read the name from a record that caller may see. The fault is
// NotFound for an unknown collection, and for a file of a view that no record names any more.
func (s *Service) FileKey(ctx context.Context, caller Caller, collection, field, id, name string) (key string, err error) {
	err = s.readWithRetry(caller, func(rq *readRequest) error {
		c := rq.snapshot.Find(collection)
		switch {
		case c == nil:
			return missing()
		case !c.IsView():
			key = blobKey(c, id, name)
			return nil
		}
		key, err = rq.fileBehind(ctx, c, field, name)
		return err
	})
	return key, err
}

// fileField returns the position of the file field that names the file, -1 if none does.
func (r *Record) fileField(name string) int {
	return slices.IndexFunc(r.collection.Fields, func(f *schema.Field) bool {
		_, ok := f.Kind.(*schema.File)
		return ok && name != "" && slices.Contains(choices(r.Get(f.Name)), name)
	})
}

// mayView returns the fault of a record that the caller may not view, else nil.
func (rq *readRequest) mayView(ctx context.Context, r *Record) error {
	rule, err := rq.ruleFor(r.collection.ViewRule)
	if err != nil {
		return missing()
	}
	if rule == "" {
		return nil
	}
	ok, err := rq.satisfies(ctx, r, rule)
	if err == nil && !ok {
		return missing()
	}
	return err
}

// fileBehind returns the key of a file that a field of a view names: the key of the file in the
// first record that has it in the underlying field.
func (rq *readRequest) fileBehind(ctx context.Context, view *schema.Collection, field, name string) (string, error) {
	c, f := alter.FileSource(view, field, rq.snapshot.Find)
	if c == nil {
		return "", missing()
	}
	path := f.Name
	if f.Kind.(*schema.File).Multiple() {
		path += ":each"
	}
	where, err := lang.Bind(path+" ?= {:name}", map[string]any{"name": name})
	if err != nil {
		return "", err
	}
	plan, err := rq.service.planner.Compile(query.Select{
		Scope: query.Scope{Snapshot: rq.snapshot, Collection: c, Now: rq.now}, Columns: []string{"id"}, FilterExpr: where, Limit: 1,
	})
	if err != nil {
		return "", err
	}
	var ids []string
	err = rq.read(ctx, plan.Work, func(r store.Reader) (err error) {
		ids, err = store.Texts(r, plan.SQL, plan.Args...)
		return err
	})
	switch {
	case err != nil:
		return "", readFault(err, fault.NotFound)
	case len(ids) == 0:
		return "", missing()
	}
	return blobKey(c, ids[0], name), nil
}
