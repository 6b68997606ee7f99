// Import of files: the storage folder is copied as a whole, and files and tables that are not
// imported are reported.

package pocketbase

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// files copies the stored files with thumbs and attributes, and reports folders that belong
// to no collection.
func (m *move) files(ctx context.Context, collections []*definition) error {
	info, err := m.from.root.Lstat(storage)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // no file has ever been stored
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return refuse(storage, "is not a folder: put what it leads to in its place")
	}
	to, err := os.OpenRoot(m.to.build)
	if err != nil {
		return err
	}
	defer to.Close()
	// The size of all files is not known beforehand: until they are copied, the progress has no
	// end.
	c := &copier{ctx: ctx, from: m.from.root, to: to, progress: func(bytes int64) { m.Progress("files", bytes, bytes+1) }}
	if err := c.tree(storage); err != nil {
		return fmt.Errorf("copy the files: %w", err)
	}
	m.Progress("files", c.bytes, c.bytes)
	m.report.Files, m.report.Bytes = c.count, c.bytes
	list, err := fs.ReadDir(to.FS(), storage)
	if err != nil {
		return err
	}
	for _, entry := range list {
		known := slices.ContainsFunc(collections, func(d *definition) bool { return d.collection.ID == entry.Name() })
		if !known {
			m.report.note(kept, storage, "%s belongs to no collection", entry.Name())
		}
	}
	return nil
}

// leftovers reports the other files in the source's folder, which are not imported.
func (m *move) leftovers() {
	list, err := fs.ReadDir(m.from.root.FS(), ".")
	if err != nil {
		return // the files that matter could be read
	}
	meaning := map[string]string{
		"auxiliary.db":       "the log of requests",
		"backups":            "backups, which PocketBase can read",
		"types.d.ts":         "declarations for hooks in JavaScript",
		".autocert_cache":    "certificates, which are asked for anew",
		".notify":            "what PocketBase tells its own processes",
		".pb_temp_to_delete": "what PocketBase was about to delete",
	}
	for _, entry := range list {
		name := entry.Name()
		if name == storage || strings.HasPrefix(name, dataFile) || strings.HasPrefix(name, "auxiliary.db-") {
			continue
		}
		what, ok := meaning[name]
		if !ok {
			what = "not a part of PocketBase"
		}
		m.report.note(skipped, name, "%s", what)
	}
}

// strangers reports tables, views and triggers that belong to no collection, and the findings of
// the check of the database.
func (m *move) strangers(s *tables, collections []*definition) error {
	for _, t := range s.list {
		switch t.name {
		case "_collections", "_params":
			continue
		case "_migrations":
			n, err := s.count(t)
			if err != nil {
				return unreadable(err)
			}
			m.report.note(skipped, t.name, "the names of %d migrations, which are those of PocketBase and of its hooks", n)
			continue
		}
		if !slices.ContainsFunc(collections, func(d *definition) bool { return d.table == t }) {
			m.report.note(skipped, t.name, "a table that belongs to no collection")
		}
	}
	for _, name := range s.other {
		kind, name, _ := strings.Cut(name, " ")
		view := slices.ContainsFunc(collections, func(d *definition) bool {
			return kind == "view" && d.collection.IsView() && strings.EqualFold(d.collection.Name, name)
		})
		if !view {
			m.report.note(skipped, name, "a %s that belongs to no collection", kind)
		}
	}
	for _, text := range m.from.notes {
		m.report.note(kept, dataFile, "%s", text)
	}
	return nil
}
