// What is removed for an entry, and what stays all the same.

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
	keysAtOnce = 100         // that are removed in one turn
	turnTime   = time.Minute // that a turn may take: backups wait for its end

	// rest is the longest time for which nothing is removed after a turn. It is as long as
	// the turn was if that was shorter: requests come first.
	rest = 100 * time.Millisecond
)

// remove removes what an entry names.
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

// inTurn calls fn while nobody holds the files.
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
		// The database may have been replaced by an earlier one, in which the record still
		// names them.
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
		// A write that began again has stored the file a second time, and a record names it.
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

// removeRest removes whatever is in the folder of a record or a collection that is gone.
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

// removeUnclaimed removes files but for those of records that are there, and those that are
// being stored. The files were listed before: one whose record is yet to be stored was
// announced before it was stored.
func (q *Queue) removeUnclaimed(ctx context.Context, keys []string) error {
	folders := map[string]bool{} // by record: whether it is there
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

// folderOf is the folder of the record to which a file or thumb belongs.
func folderOf(key string) (folder, collection, id string) {
	collection, rest, _ := strings.Cut(key, "/")
	id, _, _ = strings.Cut(rest, "/")
	return collection + "/" + id, collection, id
}
