// Removing the files of an entry, except files that a record names.

package removal

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/internal/store"
)

const (
	keysAtOnce = 100         // maximum number of files removed in one turn
	turnTime   = time.Minute // maximum time of a turn: backups wait for its end

	// rest is the maximum pause after a turn, which leaves the store to requests. The pause after a
	// shorter turn is as long as the turn.
	rest = 100 * time.Millisecond
)

// remove removes the files of an entry.
func (q *Queue) remove(ctx context.Context, r row) error {
	if len(r.Names) > 0 {
		keys := make([]string, len(r.Names))
		for i, name := range r.Names {
			keys[i] = r.Folder + "/" + name
		}
		for chunk := range slices.Chunk(keys, keysAtOnce) {
			if err := q.inTurn(ctx, func(ctx context.Context) error { return q.removeNamed(ctx, r, chunk) }); err != nil {
				return err
			}
		}
	}
	if r.Rest {
		if err := q.removeRest(ctx, r); err != nil {
			return err
		}
	}
	// A thumb that was being made may be stored after its file was removed; the maker then deletes
	// the thumb. The entry stays until then, because the process may be killed in between.
	return q.cfg.Thumbs(ctx, r.Folder)
}

// inTurn holds the files and calls fn, with the time limit of a turn.
func (q *Queue) inTurn(ctx context.Context, fn func(context.Context) error) error {
	release, err := q.Hold(ctx)
	if err != nil {
		return err
	}
	begun := time.Now()
	limited, cancel := context.WithTimeout(ctx, turnTime)
	err = fn(limited)
	cancel()
	release()
	if err == nil {
		wait(ctx, min(time.Since(begun), rest), nil)
	}
	return err
}

// removeNamed removes files of one record, with their thumbs.
func (q *Queue) removeNamed(ctx context.Context, r row, keys []string) error {
	collection, id, _ := strings.Cut(r.Folder, "/")
	var named []string
	var queued bool
	err := q.cfg.Store.Read(ctx, func(reader store.Reader) (err error) {
		// A restore may have replaced the database with an earlier state, in which the record
		// still names the files.
		if queued, err = has(reader, r.id); err != nil || !queued {
			return err
		}
		named, _, err = q.cfg.Names(reader, collection, id)
		return err
	})
	if err != nil || !queued {
		return err
	}
	for _, key := range keys {
		dir, name := path.Split(key)
		// A repeated write has stored the file again, and a record names the file.
		if slices.Contains(named, name) {
			continue
		}
		if err := q.cfg.Blobs.Delete(ctx, key); err != nil {
			return err
		}
		if err := q.cfg.Blobs.DeletePrefix(ctx, dir+"thumbs_"+name); err != nil {
			return err
		}
	}
	return nil
}

// removeRest removes all files in the folder of a deleted record or collection.
func (q *Queue) removeRest(ctx context.Context, r row) error {
	var keys []string
	flush := func() error {
		part := keys
		keys = nil
		return q.inTurn(ctx, func(ctx context.Context) error { return q.removeUnclaimed(ctx, part) })
	}
	err := q.cfg.Blobs.List(ctx, r.Folder, func(b blob.Info) error {
		if keys = append(keys, b.Key); len(keys) < keysAtOnce {
			return nil
		}
		return flush()
	})
	if err != nil || len(keys) == 0 {
		return err
	}
	return flush()
}

// removeUnclaimed removes files, except files of existing records and files of unfinished uploads.
// The keys were listed before, and an upload is announced before its file is stored, so each listed
// file of an unfinished upload is in the table.
func (q *Queue) removeUnclaimed(ctx context.Context, keys []string) error {
	folders := map[string]bool{} // whether the record of a folder exists
	var claimed map[string]bool
	err := q.cfg.Store.Read(ctx, func(r store.Reader) (err error) {
		var list []string
		for _, key := range keys {
			folder, collection, id := folderOf(key)
			if _, known := folders[folder]; known {
				continue
			}
			list = append(list, folder)
			if _, folders[folder], err = q.cfg.Names(r, collection, id); err != nil {
				return fmt.Errorf("whether the record of %s is there: %w", folder, err)
			}
		}
		claimed, err = uploading(r, list)
		return err
	})
	if err != nil {
		return err
	}
	for _, key := range keys {
		if folder, _, _ := folderOf(key); folders[folder] || claimed[key] {
			continue
		}
		if err := q.cfg.Blobs.Delete(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// folderOf returns the folder and the ids of the record to which a file or a thumb belongs.
func folderOf(key string) (folder, collection, id string) {
	collection, rest, _ := strings.Cut(key, "/")
	id, _, _ = strings.Cut(rest, "/")
	return collection + "/" + id, collection, id
}
