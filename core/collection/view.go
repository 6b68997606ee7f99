// Trials of a view's query: the dry run for superusers, and the check of a create or update
// before its transaction.

package collection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/alter"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Limits of a trial.
const (
	sampleSize  = 10   // number of records that are read in a trial
	maxDryQuery = 5000 // in characters
	// viewTimeout is the time in which a query must return its first records.
	viewTimeout = 5 * time.Second
)

// DryRun describes the view of a query.
type DryRun struct {
	Fields []*schema.Field `json:"fields"`
	Sample json.RawMessage `json:"sample"` // its first records, as superusers see them
}

// DryRunView derives the fields of a query and runs it for its first records. It stores nothing.
// The error for a query that cannot be used is a fault.Invalid with the reason.
func (s *Service) DryRunView(ctx context.Context, caller record.Caller, query string) (*DryRun, error) {
	if err := caller.RequireSuperuser(); err != nil {
		return nil, err
	}
	if err := dryQuery(query); err != nil {
		return nil, err
	}
	name := "temp_view_" + schema.RandomString(5, schema.AlphabetID)
	c := &schema.Collection{ID: "pbc_" + name, Name: name, Type: schema.View, View: &schema.ViewOptions{Query: query}}
	sample, err := s.try(ctx, s.cfg.Snapshots.Load(), nil, c)
	if reason, refused := queryRefusal(err); refused {
		return nil, rawError("Invalid view query.", reason, err)
	}
	if err != nil {
		return nil, err
	}
	return &DryRun{Fields: c.Fields, Sample: sample}, nil
}

// dryQuery validates the length of a query; a failure is a fault.Invalid at "query".
func dryQuery(query string) error {
	var fail *fault.Field
	switch n := utf8.RuneCountInString(query); {
	case n == 0:
		fail = fault.Leaf("validation_required", "Cannot be blank")
	case n > maxDryQuery:
		fail = fault.Leaf("validation_length_too_long",
			fmt.Sprintf("The length must be no more than %d", maxDryQuery), "max", maxDryQuery, "min", 0)
	default:
		return nil
	}
	fails := fault.Fields{}
	fails.Set(fail, "query")
	return fault.Invalidate(validateFailed, fails)
}

// rehearse tries the query of a draft before the transaction of its change, so that no other
// write waits for a slow query. It does not try drafts that are not views, or have the stored
// query. broken is the reason why the query cannot be used. The change reports a body that cannot
// be decoded.
func (s *Service) rehearse(ctx context.Context, decode func(*schema.Snapshot) (*schema.Collection, error)) (broken, err error) {
	if s.outer != nil { // in the open transaction the change tries it
		return nil, nil
	}
	stored := s.cfg.Snapshots.Load()
	draft, err := decode(stored)
	if err != nil || !newQuery(stored.ByID(draft.ID), draft) {
		return nil, nil
	}
	_, err = s.try(ctx, stored, stored.ByID(draft.ID), draft)
	if reason, refused := queryRefusal(err); refused {
		return errors.New(reason), nil
	}
	return nil, err
}

// newQuery reports whether the draft is a view whose query differs from the stored one.
func newQuery(old, draft *schema.Collection) bool {
	if draft.View == nil || draft.View.Query == "" {
		return false
	}
	return old == nil || old.View == nil || old.View.Query != draft.View.Query
}

// try derives the fields of c from its query, sets them, and reads its first records, in a
// read transaction of at most viewTimeout. old is the stored collection, nil if there is
// none.
func (s *Service) try(ctx context.Context, stored *schema.Snapshot, old, c *schema.Collection) (sample []byte, err error) {
	fields, view, err := alter.DeriveView(c.View.Query, old, others(stored, old))
	if err != nil {
		return nil, queryError{err}
	}
	c.Fields = fields
	limited, cancel := context.WithTimeout(ctx, viewTimeout)
	defer cancel()
	err = s.cfg.Store.Read(limited, func(r store.Reader) error {
		sample, err = s.sample(r, c, view)
		return err
	})
	// If the caller has gone, or its own limit has passed, that says nothing about the query.
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return sample, err
}

// others returns a lookup of collections by name that does not find c: a view cannot read
// itself.
func others(stored *schema.Snapshot, c *schema.Collection) func(name string) *schema.Collection {
	return func(name string) *schema.Collection {
		if found := stored.Named(name); found != c {
			return found
		}
		return nil
	}
}

// sample returns the JSON of the first records of a view and checks that their ids are
// distinct.
func (s *Service) sample(r store.Reader, c *schema.Collection, view store.View) ([]byte, error) {
	ids, sample, err := s.cfg.Records.Sample(r, c, s.cfg.Store.Catalog().SelectView(view), sampleSize)
	if err != nil {
		return nil, err
	}
	return sample, distinct(ids)
}

// distinct returns an error if an id is empty or not unique: a view's records are addressed by
// their ids.
func distinct(ids []string) error {
	seen := map[string]bool{}
	for _, id := range ids {
		switch {
		case id == "":
			return queryError{errors.New("the id column must not be empty")}
		case seen[id]:
			return queryError{fmt.Errorf("the id column must be unique: %q is there more than once", id)}
		}
		seen[id] = true
	}
	return nil
}
