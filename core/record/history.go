// The history of a record, as far as the change log goes back.

package record

import (
	"context"
	"fmt"
	"time"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// History is what the change log holds of a record.
type History struct {
	Revisions []Revision // the newest first
	More      bool       // the limit left older ones out
	Since     time.Time  // the change log holds nothing of before; the zero time if it is empty
}

// Revision is one change of a record.
type Revision struct {
	change.Change
	Values []ValueChange // of an update: the fields that it has changed
}

// ValueChange is a field with its values before and after a change, as its kind stores them.
type ValueChange struct {
	Field         *schema.Field
	Before, After any
}

// History returns the latest changes of a record, limit at most, also of one that is gone.
// Passwords and token keys are not among the values, since the log has none; fields that the
// collection has no more are left out. It is for superusers. The fault is NotFound for an
// unknown collection and for a view; Invalid if reading takes too long.
func (s *Service) History(ctx context.Context, caller Caller, collection, id string, limit int) (h *History, err error) {
	if err := caller.RequireSuperuser(); err != nil {
		return nil, err
	}
	err = s.readWithRetry(caller, func(rq *readRequest) error {
		in := rq.snapshot.Find(collection)
		if in == nil || in.IsView() {
			return missingCollection()
		}
		h = &History{}
		return rq.read(ctx, store.Work{}, func(r store.Reader) error {
			return s.history(r, s.table(rq.snapshot, in), id, limit, h)
		})
	})
	if err != nil {
		return nil, err
	}
	return h, nil
}

// history reads the changes from the present backwards: of each field, the value after a
// change is the one that the next change has replaced, or the present one.
func (s *Service) history(r store.Reader, t *table, id string, limit int, h *History) error {
	now, err := t.read(r, id)
	if err != nil {
		return err
	}
	later := t.blank.Clone()
	if now != nil {
		later = t.withoutSecrets(now)
	}
	h.Since, err = s.cfg.Changes.Past(r, t.collection.ID, id, func(c change.Change) (more bool, err error) {
		if h.More = len(h.Revisions) == limit; h.More {
			return false, nil
		}
		image, err := t.image(&c)
		if err != nil {
			return false, err
		}
		revision := Revision{Change: c}
		for i, f := range t.collection.Fields {
			before, changed := image[i]
			if !changed {
				continue
			}
			if c.Action == change.Update {
				revision.Values = append(revision.Values, ValueChange{f, before, later.values[i]})
			}
			later.values[i] = before
		}
		h.Revisions = append(h.Revisions, revision)
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("history of %s/%s: %w", t.collection.Name, id, err)
	}
	return nil
}
