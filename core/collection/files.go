// Files of dropped and converted fields and of deleted collections that no record names any more.

package collection

import (
	"math"
	"slices"

	"github.com/loambase/loam/core/internal/alter"
	"github.com/loambase/loam/core/internal/removal"
	"github.com/loambase/loam/core/schema"
)

// dropFiles collects the files of a file field whose column is about to be dropped. Other fields
// have none.
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

// looseFiles adds to w.files the files that a record named before (was) and no longer names (is).
func (w *schemaChange) looseFiles(c *schema.Collection, ids []string, was, is []any) {
	for i, id := range ids {
		named := fileNames(is[i])
		loose := slices.DeleteFunc(slices.Clone(fileNames(was[i])), func(name string) bool { return slices.Contains(named, name) })
		if len(loose) > 0 {
			w.files = append(w.files, removal.Entry{Folder: c.ID + "/" + id, Names: loose})
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

// queueFiles queues the folders of deleted collections and w.files for removal.
func (w *schemaChange) queueFiles(next *schema.Snapshot) error {
	for _, c := range w.stored.All() {
		if next.ByID(c.ID) == nil {
			w.files = append(w.files, removal.Entry{Folder: c.ID, Rest: true})
		}
	}
	return w.cfg.Removals.Add(w.tx, w.files)
}
