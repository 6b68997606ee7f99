// Files of a write: uploads are validated and stored, stale files queued for removal.

package record

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/removal"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// A file is stored before the record that names it, and removed after the record has stopped naming
// it. So at every moment each name in a record is a file. Files that no record names are in the
// queue of package removal.

// maxFileName is the maximum length of the name of a stored file, in bytes.
const maxFileName = 150

// blobKey returns the key of a record's file in the blob store.
func blobKey(c *schema.Collection, id, name string) string { return fileFolder(c, id) + "/" + name }

// fileFolder returns the prefix of the keys of a record's files.
func fileFolder(c *schema.Collection, id string) string { return c.ID + "/" + id }

// validateFiles checks the names that a file field gets, and the uploads for the field
// (docs/wire/records.md §7.2).
func (w *writeRequest) validateFiles(i int, f *schema.Field, kind *schema.File) *fault.Field {
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

// uploadsOf returns the uploads for the field that are among the names: a field for one file keeps
// only the last upload.
func (w *writeRequest) uploadsOf(field int, names []string) []upload {
	var list []upload
	for _, u := range w.input.uploads {
		if u.field == field && slices.Contains(names, u.Name) {
			list = append(list, u)
		}
	}
	return list
}

// validateUpload returns the failure of a file that the field does not accept because of its name,
// its size or its type, which was detected from its content.
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

// uploadNames returns the names of the files that the write stores.
func (w *writeRequest) uploadNames() []string {
	if w.earlyFault != nil || w.input == nil {
		return nil
	}
	var names []string
	for _, u := range w.input.uploads {
		names = append(names, u.Name)
	}
	return names
}

// storeFiles stores the uploads of the write, even those that its record will not name.
func (w *writeRequest) storeFiles(ctx context.Context, announced func() error) error {
	if len(w.uploadNames()) == 0 {
		return nil
	}
	for _, u := range w.input.uploads {
		err := storeFile(ctx, w.rq.service.cfg.Blobs, blobKey(w.collection, w.id, u.Name), u.Upload, announced)
		if errors.Is(err, blob.ErrKey) { // no record can have that id
			w.earlyFault = fault.Wrap(fault.Invalid, w.op.Action.failure(), err)
			return nil
		}
		if err != nil {
			return fmt.Errorf("store the upload for %s: %w", w.collection.Fields[u.field].Name, err)
		}
	}
	return nil
}

func storeFile(ctx context.Context, blobs blob.Store, key string, u *blob.Upload, announced func() error) error {
	content, err := u.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	a := blob.Attributes{ContentType: u.MediaType, OriginalName: u.OriginalName}
	return blob.PutAnnounced(ctx, blobs, key, content, u.Size, a, announced)
}

// unusedFiles returns the uploads that the stored record does not name.
func (w *writeRequest) unusedFiles() []removal.Entry {
	if w.input == nil {
		return nil
	}
	var names []string
	for _, u := range w.input.uploads {
		if !slices.Contains(choices(w.record.values[u.field]), u.Name) {
			names = append(names, u.Name)
		}
	}
	return staleFiles(w.collection, w.id, names)
}

// staleFiles returns the entry for the removal of files of a record.
func staleFiles(c *schema.Collection, id string, names []string) []removal.Entry {
	if len(names) == 0 {
		return nil
	}
	return []removal.Entry{{Folder: fileFolder(c, id), Names: names}}
}

// fileNames returns the names of the files of the record.
func (t *table) fileNames(r *Record) []string {
	var names []string
	for _, i := range t.files {
		names = append(names, choices(r.values[i])...)
	}
	return names
}

// droppedFiles returns the names of the files that the stored record has and r does not have.
func (t *table) droppedFiles(stored, r *Record) []string {
	if len(t.files) == 0 {
		return nil
	}
	return without(t.fileNames(stored), t.fileNames(r))
}

// FileNames returns the names of the files of a record in the transaction of the reader. found is
// false if there is no such record.
func (s *Service) FileNames(r store.Reader, collection, id string) (names []string, found bool, err error) {
	snapshot := s.cfg.Snapshot()
	c := snapshot.ByID(collection)
	if c == nil {
		// Another process may have created the collection just now.
		known, err := hasRow(r, `SELECT 1 FROM "_collections" WHERE "id" = $1`, store.Text(collection))
		if known {
			err = errStale
		}
		return nil, false, err
	}
	if c.IsView() {
		return nil, false, nil
	}
	t := s.table(snapshot, c)
	stored, err := t.read(r, id)
	if err != nil || stored == nil {
		return nil, false, err
	}
	return t.fileNames(stored), true, nil
}
