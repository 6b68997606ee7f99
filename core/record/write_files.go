// Files of a write: uploads validated and stored, stale files removed.

package record

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// A file is stored before the record that names it, and removed after the record has
// stopped naming it. So at every moment each name in a record is a file, and the worst
// that a crash leaves is a file that no record names. Such files go with their record.
// Its folder is not removed as a whole: it may already hold the files of a newer record
// with the same id, whose transaction may not even have begun.

// maxFileName bounds the name of a stored file, in bytes.
const maxFileName = 150

// leftoverAge is the age from which on a file belongs to no write that is still at work.
const leftoverAge = time.Hour

// blobKey is the key of a record's file in the blob store.
func blobKey(c *schema.Collection, id, name string) string { return fileFolder(c, id) + "/" + name }

// fileFolder is the prefix of the keys of a record's files.
func fileFolder(c *schema.Collection, id string) string { return c.ID + "/" + id }

// validateFiles checks the names that a file field is to hold, and the uploads for it
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

// uploadsOf are the uploads for the field that are among the names: a field for one
// file keeps only the last.
func (w *writeRequest) uploadsOf(field int, names []string) []upload {
	var list []upload
	for _, u := range w.input.uploads {
		if u.field == field && slices.Contains(names, u.Name) {
			list = append(list, u)
		}
	}
	return list
}

// validateUpload returns the failure of a file that the field does not take: by its name, its
// size or its type, which was detected from its content.
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

// storeFiles stores the uploads of the write, also those that its record will turn out
// not to name. It returns the keys of the files that it has stored, also with an error.
func (w *writeRequest) storeFiles(ctx context.Context) (keys []string, err error) {
	if w.earlyFault != nil || w.input == nil {
		return nil, nil
	}
	for _, u := range w.input.uploads {
		key := blobKey(w.collection, w.id, u.Name)
		keys = append(keys, key)
		err := storeFile(ctx, w.rq.service.cfg.Blobs, key, u.Upload)
		if errors.Is(err, blob.ErrKey) { // no record can have that id
			w.earlyFault = fault.Wrap(fault.Invalid, w.op.Action.failure(), err)
			return keys, nil
		}
		if err != nil {
			return keys, fmt.Errorf("store the upload for %s: %w", w.collection.Fields[u.field].Name, err)
		}
	}
	return keys, nil
}

func storeFile(ctx context.Context, blobs blob.Store, key string, u *blob.Upload) error {
	content, err := u.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	return blobs.Put(ctx, key, content, u.Size, blob.Attributes{ContentType: u.MediaType, OriginalName: u.OriginalName})
}

// unusedFiles are the keys of uploads that the record, as it was stored, does not name.
func (w *writeRequest) unusedFiles() []string {
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

// fileKeys are the keys of the files that the record names.
func (t *table) fileKeys(r *Record) []string {
	var keys []string
	for _, i := range t.files {
		for _, name := range choices(r.values[i]) {
			keys = append(keys, blobKey(t.collection, r.ID(), name))
		}
	}
	return keys
}

// droppedFiles are the keys of the files that the stored record names and r does not.
func (t *table) droppedFiles(stored, r *Record) []string {
	if len(t.files) == 0 {
		return nil
	}
	return without(t.fileKeys(stored), t.fileKeys(r))
}

// removeFiles deletes files that no record names any more, with their thumbnails. An
// error is only logged: the write that made them stale is committed.
func (s *Service) removeFiles(ctx context.Context, keys []string) {
	ctx = context.WithoutCancel(ctx)
	for _, key := range keys {
		dir, name := path.Split(key)
		err := errors.Join(s.cfg.Blobs.Delete(ctx, key), s.cfg.Blobs.DeletePrefix(ctx, dir+"thumbs_"+name))
		if err != nil {
			s.cfg.Log.Error("remove a file", "key", key, "error", err)
		}
	}
}

// removeLeftovers deletes what else lies in the folders of deleted records: files that
// none of them named, such as those of a crash or of a field that is gone. An error is
// only logged.
func (s *Service) removeLeftovers(ctx context.Context, folders []string) {
	ctx = context.WithoutCancel(ctx)
	for _, folder := range folders {
		var keys []string
		err := s.cfg.Blobs.List(ctx, folder+"/", func(b blob.Info) error {
			keys = append(keys, b.Key)
			return nil
		})
		for _, key := range keys {
			err = errors.Join(err, s.removeIfOld(ctx, key))
		}
		if err != nil {
			s.cfg.Log.Error("remove the folder of a deleted record", "folder", folder, "error", err)
		}
	}
}

// removeIfOld deletes a file that is older than leftoverAge.
func (s *Service) removeIfOld(ctx context.Context, key string) error {
	b, err := s.cfg.Blobs.Open(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	old := time.Since(b.ModTime()) > leftoverAge
	if err := b.Close(); err != nil || !old {
		return err
	}
	return s.cfg.Blobs.Delete(ctx, key)
}
