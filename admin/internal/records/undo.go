package records

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/where"
)

const (
	shelves    = 20 // deletions that can be undone
	shelfLife  = 10 * time.Minute
	shelfBytes = 8 << 20 // the size limit of one deletion, as JSON
)

// shelf holds deleted records in memory for ten minutes, so that a deletion can be undone. It is
// safe for concurrent use.
type shelf struct {
	mu   sync.Mutex // guards the fields below
	kept []deletion // the oldest deletion first
}

// deletion is a set of records that were deleted together.
type deletion struct {
	id, collection string
	records        []*record.Record
	at             time.Time
}

// keep reads records before their deletion and returns the id of the deletion, for take. The id is
// "" if an undo could not restore everything: if records have files or passwords, if other records
// refer to them, or if they are larger than shelfBytes.
func (s *shelf) keep(c *console.Call, in *schema.Collection, ids []string) (string, error) {
	if hasPasswords(in) {
		return "", nil
	}
	held, err := isReferredTo(c, in, anyOf(ids))
	if held || err != nil {
		return "", err
	}
	var found []*record.Record
	size := 0
	for _, id := range ids {
		r, err := c.App.Records().FindByID(c.R.Context(), in.ID, id)
		if err != nil {
			return "", err
		}
		text, err := r.MarshalJSON()
		if err != nil {
			return "", err
		}
		if size += len(text); size > shelfBytes || hasFiles(r) {
			return "", nil
		}
		found = append(found, r)
	}
	d := deletion{schema.RandomString(15, schema.AlphabetID), in.ID, found, c.App.Now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.kept) > 0 && (len(s.kept) >= shelves || c.App.Now().Sub(s.kept[0].at) > shelfLife) {
		s.kept = s.kept[1:]
	}
	s.kept = append(s.kept, d)
	return d.id, nil
}

func hasPasswords(in *schema.Collection) bool {
	return slices.ContainsFunc(in.Fields, func(f *schema.Field) bool { return f.IsPassword() })
}

func hasFiles(r *record.Record) bool {
	for _, f := range r.Collection().Fields {
		if f.Type() == "file" && len(r.Strings(f.Name)) > 0 {
			return true
		}
	}
	return false
}

// isReferredTo reports whether a stored record refers to a record with one of the ids.
func isReferredTo(c *console.Call, in *schema.Collection, ids []any) (bool, error) {
	for _, ref := range c.App.Snapshot().References(in.ID) {
		expr := where.In(ref.Field.Name, ids...)
		if ref.Field.Multiple() {
			expr = where.AnyIn(ref.Field.Name+":each", ids...)
		}
		branch, err := c.App.Records().Tree(c.R.Context(), c.Caller, &record.Node{Collection: ref.Collection.ID, Fields: []string{"id"}, Where: expr, Limit: 1})
		if err == nil {
			err = branch.Err
		}
		if err != nil || len(branch.Records) > 0 {
			return true, err
		}
	}
	return false, nil
}

// take removes the deletion with the id from the shelf and returns it.
func (s *shelf) take(id string) (deletion, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, d := range s.kept {
		if d.id == id {
			s.kept = append(s.kept[:i:i], s.kept[i+1:]...)
			return d, true
		}
	}
	return deletion{}, false
}

// undo creates the records of a deletion again, with their ids and dates, in one transaction.
func (s *shelf) undo(c *console.Call) error {
	d, ok := s.take(c.Param("deletion"))
	if !ok {
		return fault.New(fault.NotFound, "This deletion can not be undone any more.")
	}
	err := c.App.Transaction(c.R.Context(), func(tx *core.Tx) error { return d.putBack(tx.Context, tx.Records, c.Caller) })
	if err != nil {
		return named(err, "Nothing was put back.")
	}
	return c.Event("bulkdone", map[string]any{"words": "Put back " + ui.Counted(len(d.records), "record")})
}

func (d deletion) putBack(ctx context.Context, to *record.Service, caller record.Caller) error {
	for _, r := range d.records {
		input := record.Input{Body: map[string]any{}, Dates: map[string]time.Time{}}
		for _, f := range r.Collection().Fields {
			switch f.Type() {
			case "autodate":
				input.Dates[f.Name] = r.Time(f.Name)
			case "file":
			default:
				input.Body[f.Name] = r.Get(f.Name)
			}
		}
		if _, err := to.Create(ctx, caller, d.collection, input); err != nil {
			return err
		}
	}
	return nil
}
