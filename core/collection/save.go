package collection

import (
	"context"
	"slices"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/store"
)

const (
	createFailed = "Failed to create collection."
	updateFailed = "Failed to update collection."
)

// Create makes the collection that the body describes. What the body leaves out
// has the default of its type.
func (s *Service) Create(ctx context.Context, body []byte) (created *schema.Collection, err error) {
	err = s.asked(ctx, change.Create, "", body, func(body []byte) error {
		created, err = s.createFrom(ctx, body)
		return err
	})
	return created, err
}

func (s *Service) createFrom(ctx context.Context, body []byte) (*schema.Collection, error) {
	var created *schema.Collection
	decode := func(stored *schema.Snapshot) (*schema.Collection, error) {
		return schema.DecodeNew(body, stored, s.now())
	}
	broken, err := s.rehearse(ctx, decode)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, func(tx store.Tx, stored *schema.Snapshot) (*schema.Snapshot, error) {
		draft, err := decode(stored)
		if err != nil {
			return nil, err
		}
		draft.SetBroken(broken)
		next, err := s.follow(stored, append(slices.Clone(stored.All()), draft), createFailed)
		if err != nil {
			return nil, err
		}
		if err := s.judge(tx, nil, draft, stored, next, createFailed); err != nil {
			return nil, err
		}
		created = draft
		return next, s.withViews(tx, stored, next, createFailed, func() error { return s.create(tx, draft) })
	})
	if err != nil {
		return nil, err
	}
	return created, nil
}

// create makes table, indexes and row.
func (s *Service) create(tx store.Tx, c *schema.Collection) error {
	if err := s.run(tx, schema.Diff(nil, c), createFailed); err != nil {
		return err
	}
	return insertRow(tx, c)
}

// Update merges the body over the stored collection and brings the table to its
// new form. No collection: a NotFound fault.
func (s *Service) Update(ctx context.Context, idOrName string, body []byte) (updated *schema.Collection, err error) {
	err = s.asked(ctx, change.Update, idOrName, body, func(body []byte) error {
		updated, err = s.updateFrom(ctx, idOrName, body)
		return err
	})
	return updated, err
}

func (s *Service) updateFrom(ctx context.Context, idOrName string, body []byte) (*schema.Collection, error) {
	var updated *schema.Collection
	decode := func(stored *schema.Snapshot) (*schema.Collection, error) {
		old := stored.Find(idOrName)
		if old == nil {
			return nil, fault.New(fault.NotFound, "")
		}
		return schema.DecodeOver(old, body, s.now())
	}
	broken, err := s.rehearse(ctx, decode)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, func(tx store.Tx, stored *schema.Snapshot) (*schema.Snapshot, error) {
		draft, err := decode(stored)
		if err != nil {
			return nil, err
		}
		old := stored.Find(idOrName)
		if draft.ID != old.ID {
			return nil, rawError(updateFailed, "the id of a collection cannot be changed", nil)
		}
		list := slices.Clone(stored.All())
		list[slices.Index(list, old)] = draft
		draft.SetBroken(broken)
		next, err := s.follow(stored, list, updateFailed)
		if err != nil {
			return nil, err
		}
		if err := s.judge(tx, old, draft, stored, next, updateFailed); err != nil {
			return nil, err
		}
		updated = draft
		return next, s.withViews(tx, stored, next, updateFailed, func() error {
			if err := s.run(tx, schema.Diff(old, draft), updateFailed); err != nil {
				return err
			}
			return updateRow(tx, draft)
		})
	})
	if err != nil {
		return nil, err
	}
	return updated, nil
}

// EnsureSystem creates the system collections that are missing and, in a new
// database, the collection users.
func (s *Service) EnsureSystem(ctx context.Context) error {
	if len(missing(s.Snapshots.Load(), s.now())) == 0 {
		return nil
	}
	return s.change(ctx, func(tx store.Tx, stored *schema.Snapshot) (*schema.Snapshot, error) {
		list := slices.Clone(stored.All())
		for _, c := range missing(stored, s.now()) {
			if err := s.create(tx, c); err != nil {
				return nil, err
			}
			list = append(list, c)
		}
		return s.snapshot(list), nil
	})
}

// missing are the collections that a database with those stored should have.
func missing(stored *schema.Snapshot, now string) []*schema.Collection {
	list := schema.SystemCollections(now)
	if len(stored.All()) == 0 {
		return append(list, schema.Users(now))
	}
	return slices.DeleteFunc(list, func(c *schema.Collection) bool { return stored.Find(c.Name) != nil })
}
