// Plans (POST /api/collections/plan): a dry run of a schema change that reports steps,
// losses of data, rewrites and rules that would break.

package collection

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
)

// Plan is the effect of a schema change. Lists are empty, never nil.
type Plan struct {
	Collections []PlannedCollection `json:"collections"` // the collections of the change
	Steps       []PlannedStep       `json:"steps"`       // in the order of execution
	Losses      []Loss              `json:"losses"`      // stored values that would be lost or altered
	Rewrites    []Rewrite           `json:"rewrites"`    // texts that change with new names
	Broken      []Broken            `json:"broken"`      // valid rules of other collections that would become invalid
	Warnings    []string            `json:"warnings"`    // about unknown keys and doubtful rules of the body
}

// PlannedCollection is a collection that the change creates, updates or deletes.
type PlannedCollection struct {
	Action string `json:"action"` // create, update or delete
	ID     string `json:"id"`
	Name   string `json:"name"` // after the change
	Rows   int64  `json:"rows"` // present number of records
}

// PlannedStep is one step of the change with the number of rows that it reads or writes.
type PlannedStep struct {
	Action string `json:"action"` // the name of an alter.Step
	Table  string `json:"table,omitempty"`
	Column string `json:"column,omitempty"`
	Index  string `json:"index,omitempty"`
	From   string `json:"from,omitempty"` // of a rename: the old name; of a conversion: the old kind
	To     string `json:"to,omitempty"`
	Rows   int64  `json:"rows"`
}

// The causes of a loss.
const (
	// From the coarsest to the finest: a whole collection, a field, single values.
	LossDeleted = "deleted" // the collection is deleted with its records
	LossDropped = "dropped" // the field is deleted with its values
	LossEmptied = "emptied" // a conversion makes the value empty
	LossAltered = "altered" // a conversion changes the value irreversibly
)

// Loss counts the values (or the records of a deleted collection) that would be lost or altered.
type Loss struct {
	Cause      string    `json:"cause"`
	Collection string    `json:"collection"`
	Field      string    `json:"field,omitempty"` // the present name
	Count      int64     `json:"count"`
	Examples   []Example `json:"examples,omitempty"` // some of the converted values
}

// Example is one converted value as JSON, shortened if it is long.
type Example struct {
	ID   string `json:"id"`
	From string `json:"from"`
	To   string `json:"to"`
}

// Rewrite is a text (a rule, a query, an index, a label) that changes with a new name.
type Rewrite struct {
	Collection string `json:"collection"` // "" for the settings
	Property   string `json:"property"`
	From       string `json:"from"`
	To         string `json:"to"`
}

// Broken is a rule of another collection that is valid now and would not be after the change.
type Broken struct {
	Collection string `json:"collection"`
	Property   string `json:"property"`
	Message    string `json:"message"`
}

// planned is the body of a plan request. Exactly one of its parts is set.
type planned struct {
	Create json.RawMessage
	Update *struct {
		Collection string
		Body       json.RawMessage
		Convert    bool
	}
	Delete string
	Import *Import
}

// parts counts the parts that are set.
func (p *planned) parts() (n int) {
	for _, there := range []bool{p.Create != nil, p.Update != nil, p.Delete != "", p.Import != nil} {
		if there {
			n++
		}
	}
	return n
}

// errUndone makes the engine roll back the transaction of a successful plan.
var errUndone = errors.New("collection: a plan is undone")

// Plan reports the effects of a schema change: it makes the change in a transaction that is
// rolled back. An error is the error that the change itself would return. The body has exactly
// one of: create, a collection; update, an object of collection, body and convert; delete, an id
// or name; import, an Import. The error for any other body is a fault.Invalid. Hooks do not run.
func (s *Service) Plan(ctx context.Context, caller record.Caller, body []byte) (*Plan, error) {
	if err := caller.RequireSuperuser(); err != nil {
		return nil, err
	}
	var p planned
	if err := json.Unmarshal(body, &p); err != nil {
		return nil, fault.Wrap(fault.Invalid, loadFailed, err)
	}
	if p.parts() != 1 {
		fails := fault.Fields{}
		for _, part := range []string{"create", "update", "delete", "import"} {
			fails.Set(fault.Leaf("validation_invalid_plan", "Exactly one of create, update, delete and import must be set"), part)
		}
		return nil, fault.Invalidate(validateFailed, fails)
	}
	var recorder *planRecorder
	err := s.cfg.Store.Exclusive(ctx, func(tx store.Tx) error {
		stored, err := s.readRows(tx)
		if err != nil {
			return err
		}
		w := s.newChange(tx, s.snapshot(stored), caller, createFailed)
		recorder = newPlanRecorder(tx, s.cfg.Store.Dialect(), w.stored)
		w.recorder = recorder
		if err := w.plan(&p); err != nil {
			return err
		}
		recorder.Warnings = append(recorder.Warnings, w.warnings...)
		return errUndone
	})
	if !errors.Is(err, errUndone) {
		return nil, err
	}
	return &recorder.Plan, nil
}

// plan makes the planned change.
func (w *schemaChange) plan(p *planned) (err error) {
	switch {
	case p.Create != nil:
		_, _, err = w.create(p.Create)
	case p.Update != nil:
		w.message, w.convert = updateFailed, p.Update.Convert
		_, _, err = w.update(p.Update.Collection, p.Update.Body)
	case p.Import != nil:
		if err = p.Import.check(); err == nil {
			_, err = w.applyImport(p.Import)
		}
	default:
		w.message = deleteFailed
		_, err = w.remove(w.stored.Find(p.Delete))
	}
	return err
}
