// Create and update of a collection from a JSON body, warnings in the answer, and the
// system collections of a new installation.

package collection

import (
	"context"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/alter"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Create creates the collection that the body describes and returns it. Missing properties have
// the defaults of its type. The error for a body that cannot be decoded, or that is not valid, is
// a fault.Invalid. The collection is shared with the snapshot and must not be changed.
func (s *Service) Create(ctx context.Context, caller record.Caller, body []byte) (created *schema.Collection, err error) {
	e := &OperationEvent{Operation: record.OpCreate, Caller: caller, Body: body}
	err = s.around(ctx, e, "", func(e *OperationEvent) (err error) {
		created, err = s.createAsked(ctx, e.Caller, e.Body)
		return err
	})
	return created, err
}

// createAsked does the work of Create, within the Request hooks.
func (s *Service) createAsked(ctx context.Context, caller record.Caller, body []byte) (created *schema.Collection, err error) {
	if err := caller.RequireSuperuser(); err != nil {
		return nil, err
	}
	err = s.withHooks(ctx, caller, change.Create, "", body, func(body []byte) error {
		created, err = s.createFrom(ctx, caller, body)
		return err
	})
	return created, err
}

// createFrom creates a collection from the body after the hooks.
func (s *Service) createFrom(ctx context.Context, caller record.Caller, body []byte) (created *schema.Collection, err error) {
	var warnings []string
	broken, err := s.rehearse(ctx, func(stored *schema.Snapshot) (*schema.Collection, error) {
		return alter.DecodeNew(body, stored, s.now())
	})
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, caller, createFailed, func(w *schemaChange) (next *schema.Snapshot, err error) {
		w.tried, w.broken = s.outer == nil, broken
		created, next, err = w.create(body)
		warnings = w.warnings
		return next, err
	})
	if err != nil {
		return nil, err
	}
	return warned(created, warnings), nil
}

// warned returns the collection with the warnings for the response. It is a copy: the published
// collection has no warnings.
func warned(c *schema.Collection, warnings []string) *schema.Collection {
	if len(warnings) == 0 {
		return c
	}
	copied := *c
	copied.Warnings = warnings
	return &copied
}

// create adds a collection within the change.
func (w *schemaChange) create(body []byte) (*schema.Collection, *schema.Snapshot, error) {
	draft, err := alter.DecodeNew(body, w.stored, w.now())
	if err != nil {
		return nil, nil, err
	}
	w.warnings = append(w.warnings, alter.UnknownKeys(draft, body)...)
	draft.SetBroken(w.broken)
	next, err := w.apply([]alter.Change{{New: draft}})
	return draft, next, err
}

// Update merges the body over the stored collection and alters its table. The error for an
// unknown collection is a fault.NotFound; for a body that cannot be decoded, is not valid, or
// changes the kind of a field, it is a fault.Invalid.
func (s *Service) Update(ctx context.Context, caller record.Caller, idOrName string, body []byte) (*schema.Collection, error) {
	return s.update(ctx, caller, idOrName, body, false)
}

// UpdateConverting is Update, but a field may change its kind: its values are converted as
// Service.Plan reports.
func (s *Service) UpdateConverting(ctx context.Context, caller record.Caller, idOrName string, body []byte) (*schema.Collection, error) {
	return s.update(ctx, caller, idOrName, body, true)
}

// update implements Update and UpdateConverting. The query of a view is tried before the
// transaction, which keeps all writes waiting.
func (s *Service) update(ctx context.Context, caller record.Caller, idOrName string, body []byte, convert bool) (updated *schema.Collection, err error) {
	e := &OperationEvent{Operation: record.OpUpdate, Caller: caller, Body: body}
	err = s.around(ctx, e, idOrName, func(e *OperationEvent) (err error) {
		updated, err = s.updateAsked(ctx, e.Caller, idOrName, e.Body, convert)
		return err
	})
	return updated, err
}

// updateAsked does the work of update, within the Request hooks.
func (s *Service) updateAsked(ctx context.Context, caller record.Caller, idOrName string, body []byte, convert bool) (updated *schema.Collection, err error) {
	if err := caller.RequireSuperuser(); err != nil {
		return nil, err
	}
	var warnings []string
	err = s.withHooks(ctx, caller, change.Update, idOrName, body, func(body []byte) error {
		broken, err := s.rehearse(ctx, func(stored *schema.Snapshot) (*schema.Collection, error) {
			if old := stored.Find(idOrName); old != nil {
				return alter.DecodeOver(old, body, s.now())
			}
			return nil, fault.New(fault.NotFound, "")
		})
		if err != nil {
			return err
		}
		return s.change(ctx, caller, updateFailed, func(w *schemaChange) (next *schema.Snapshot, err error) {
			w.convert, w.tried, w.broken = convert, s.outer == nil, broken
			updated, next, err = w.update(idOrName, body)
			warnings = w.warnings
			return next, err
		})
	})
	if err != nil {
		return nil, err
	}
	return warned(updated, warnings), nil
}

// update changes a collection within the change.
func (w *schemaChange) update(idOrName string, body []byte) (*schema.Collection, *schema.Snapshot, error) {
	old := w.stored.Find(idOrName)
	if old == nil {
		return nil, nil, fault.New(fault.NotFound, "")
	}
	decode := alter.DecodeOver
	if w.convert {
		decode = alter.DecodeConverting
	}
	draft, err := decode(old, body, w.now())
	if err != nil {
		return nil, nil, err
	}
	if draft.ID != old.ID {
		// The table, the folders of files and relations of other collections are bound to the id.
		return nil, nil, rawError(updateFailed, "the id of a collection cannot be changed", nil)
	}
	w.warnings = append(w.warnings, alter.UnknownKeys(draft, body)...)
	draft.SetBroken(w.broken)
	next, err := w.apply([]alter.Change{{Old: old, New: draft}})
	return draft, next, err
}
