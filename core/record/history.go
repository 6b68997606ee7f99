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

// History holds the changes of a record that the change log has.
type History struct {
	Revisions []Revision // the newest first
	More      bool       // the limit left out older changes
	Since     time.Time  // the log has no earlier changes; the zero time if it is empty
}

// Revision is one change of a record.
type Revision struct {
	change.Change
	Values []ValueChange // of an update: the changed fields
}

// ValueChange is a field with its values before and after a change, as the kind of the field stores
// them.
type ValueChange struct {
	Field         *schema.Field
	Before, After any
}

// History returns the latest changes of a record, at most limit, even if the record is deleted.
// Passwords and token keys are not among the values, since the log does not have them; fields that
// the collection no longer has are left out. The caller must be a superuser. The fault is NotFound
// for an unknown collection and for a view; Invalid if reading takes too long.
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

// history reads the changes from the present backwards. The value of a field after a change is the
// value that the next change replaced or, if there is none, the present value.
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
