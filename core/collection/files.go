// Files of dropped and converted fields and of deleted collections: which ones no record
// names any more, and their deletion after the commit.

package collection

import (
	"context"
	"errors"
	"math"
	"path"
	"slices"

	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/schema/alter"
)

// dropFiles collects the files of a file field whose column is about to be dropped. Other
// fields have none.
func (w *schemaChange) dropFiles(step alter.DropColumn, next *schema.Snapshot) error {
	if _, ok := step.Field.Kind.(*schema.File); !ok {
		return nil
	}
	column := alter.ConvertColumn{Table: step.Table, From: step.Field, To: step.Field}
	for after := int64(math.MinInt64); ; {
		ids, values, last, err := w.valuesAfter(column, after)
		if err != nil || len(ids) == 0 {
			return err
		}
		after = last
		w.looseFiles(next.Named(step.Table), ids, values, make([]any, len(ids)))
	}
}

// looseFiles adds to w.files the keys of files that a record named before (was) and does
// not name any more (is). A key is collection id, record id and name, as package record
// stores uploads.
func (w *schemaChange) looseFiles(c *schema.Collection, ids []string, was, is []any) {
	for i, id := range ids {
		named := fileNames(is[i])
		for _, name := range fileNames(was[i]) {
			if !slices.Contains(named, name) {
				w.files = append(w.files, c.ID+"/"+id+"/"+name)
			}
		}
	}
}

// fileNames returns the names in a value of a file field.
func fileNames(v any) []string {
	switch v := v.(type) {
	case string:
		if v != "" {
			return []string{v}
		}
	case []string:
		return v
	}
	return nil
}

// deleteFiles deletes, after the commit, the folders of deleted collections and the files
// in w.files with their thumbnails. Failures are only logged: no record refers to the
// files, so they cost space and nothing else.
func (s *Service) deleteFiles(ctx context.Context, w *schemaChange, next *schema.Snapshot) {
	ctx = context.WithoutCancel(ctx)
	for _, c := range w.stored.All() {
		if next.ByID(c.ID) != nil {
			continue
		}
		if err := s.cfg.Blobs.DeletePrefix(ctx, c.ID); err != nil {
			s.cfg.Log.Error("delete files of a deleted collection", "collection", c.ID, "error", err)
		}
	}
	for _, key := range w.files {
		dir, name := path.Split(key)
		if err := errors.Join(s.cfg.Blobs.Delete(ctx, key), s.cfg.Blobs.DeletePrefix(ctx, dir+"thumbs_"+name)); err != nil {
			s.cfg.Log.Error("delete a file of a deleted field", "key", key, "error", err)
		}
	}
}
