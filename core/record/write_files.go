package record

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// A file is stored before the record that names it and removed after the record
// that named it. What is removed is named one by one: below a record's folder may
// be files of a newer record with the same id. So at every moment each name that
// a record holds is a file, and the worst that a crash leaves is a file too many.

// maxFileName is the longest name of a stored file, in bytes.
const maxFileName = 150

// blobKey is where a file of the record is kept.
func blobKey(c *schema.Collection, id, name string) string { return c.ID + "/" + id + "/" + name }

// validateFiles judges the names that a file field is to hold and what is being
// uploaded for it (docs/wire/records.md §7.2).
func (w *write) validateFiles(i int, f *schema.Field, kind *schema.File) *fault.Field {
	names := choices(w.record.values[i])
	var known []string
	if w.stored != nil {
		known = choices(w.stored.values[i])
	}
	uploads := w.uploadsOf(i, names)
	var unknown []string
	for _, name := range names {
		if !slices.Contains(known, name) && !slices.ContainsFunc(uploads, func(u upload) bool { return u.Name == name }) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return fault.Leaf("validation_invalid_file",
			"Invalid new files: ["+strings.Join(unknown, " ")+"]", "invalidFiles", unknown)
	}
	if fail := kind.Validate(f, w.record.values[i]); fail != nil {
		return fail
	}
	for _, u := range uploads {
		if fail := validateUpload(u.Upload, kind); fail != nil {
			return fail
		}
	}
	return nil
}

// uploadsOf are the uploads for the field that are among the names: a field for
// one file keeps only the last.
func (w *write) uploadsOf(field int, names []string) []upload {
	var list []upload
	for _, u := range w.input.uploads {
		if u.field == field && slices.Contains(names, u.Name) {
			list = append(list, u)
		}
	}
	return list
}

func validateUpload(u *blob.Upload, kind *schema.File) *fault.Field {
	switch {
	case u.Name == "" || len(u.Name) > maxFileName:
		return fault.Leaf("validation_length_out_of_range",
			fmt.Sprintf("The length must be between 1 and %d", maxFileName), "max", maxFileName, "min", 1)
	case u.Name[0] == '.' || strings.ContainsAny(u.Name, `/\`):
		return fault.Leaf("validation_match_invalid", "Must be in a valid format")
	case u.Size > kind.Limit():
		return fault.Leaf("validation_file_size_limit",
			fmt.Sprintf("Failed to upload %s - the maximum allowed file size is %d bytes", u.OriginalName, kind.Limit()),
			"file", u.OriginalName, "maxSize", kind.Limit())
	case len(kind.MimeTypes) > 0 && !u.Is(kind.MimeTypes...):
		return fault.Leaf("validation_invalid_mime_type",
			fmt.Sprintf("\"%s\" mime type must be one of: %s", u.Name, strings.Join(kind.MimeTypes, ", ")))
	}
	return nil
}

// putFiles stores the uploads of a write, also those that will turn out to be
// unused. It returns what it has stored, also with an error.
func (s *Service) putFiles(ctx context.Context, w *write) (keys []string, err error) {
	if w.refused != nil || w.input == nil {
		return nil, nil
	}
	for _, u := range w.input.uploads {
		key := blobKey(w.collection, w.id, u.Name)
		keys = append(keys, key)
		err := s.put(ctx, key, u.Upload)
		if errors.Is(err, blob.ErrKey) { // no record can have that id
			w.refused = fault.Wrap(fault.Invalid, w.op.Action.failure(), err)
			return keys, nil
		}
		if err != nil {
			return keys, fmt.Errorf("store the upload for %s: %w", w.collection.Fields[u.field].Name, err)
		}
	}
	return keys, nil
}

func (s *Service) put(ctx context.Context, key string, u *blob.Upload) error {
	content, err := u.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	return s.Blobs.Put(ctx, key, content, u.Size, blob.Attributes{ContentType: u.MediaType, OriginalName: u.OriginalName})
}

// unused are the uploads that were stored for the write and that its record, as
// it is now stored, does not name.
func (w *write) unused() []string {
	if w.input == nil {
		return nil
	}
	var keys []string
	for _, u := range w.input.uploads {
		if !slices.Contains(choices(w.record.values[u.field]), u.Name) {
			keys = append(keys, blobKey(w.collection, w.id, u.Name))
		}
	}
	return keys
}

// fileKeys are the files that the record names.
func (t *table) fileKeys(r *Record) []string {
	var keys []string
	for _, i := range t.files {
		for _, name := range choices(r.values[i]) {
			keys = append(keys, blobKey(t.collection, r.ID(), name))
		}
	}
	return keys
}

// dropped are the files that the stored record names and the new one does not.
func (t *table) dropped(stored, r *Record) []string {
	if len(t.files) == 0 {
		return nil
	}
	return without(t.fileKeys(stored), t.fileKeys(r))
}

// removeFiles deletes files that no record names any more, with what was made of
// them. It does not fail: what the client asked for is done.
func (s *Service) removeFiles(ctx context.Context, keys []string) {
	ctx = context.WithoutCancel(ctx)
	for _, key := range keys {
		dir, name := path.Split(key)
		err := errors.Join(s.Blobs.Delete(ctx, key), s.Blobs.DeletePrefix(ctx, dir+"thumbs_"+name))
		if err != nil {
			s.Log.Error("remove a file", "key", key, "error", err)
		}
	}
}
