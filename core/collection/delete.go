package collection

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/store"
)

const deleteFailed = "Failed to delete collection."

// Delete drops the collection with its records, their files and what other
// system collections hold about them. System collections and those that another
// one refers to cannot be deleted.
func (s *Service) Delete(ctx context.Context, idOrName string) error {
	return s.asked(ctx, change.Delete, idOrName, nil, func([]byte) error { return s.remove(ctx, idOrName) })
}

func (s *Service) remove(ctx context.Context, idOrName string) error {
	var id string
	err := s.change(ctx, func(tx store.Tx, stored *schema.Snapshot) (*schema.Snapshot, error) {
		c := stored.Find(idOrName)
		if c == nil {
			return nil, fault.New(fault.NotFound, "")
		}
		if c.System {
			return nil, fault.New(fault.Invalid, deleteFailed)
		}
		if names := referrers(stored, c); len(names) > 0 {
			return nil, fault.New(fault.Invalid, "Failed to delete collection probably due to existing reference in "+
				strings.Join(names, ", ")+".")
		}
		if err := s.drop(tx, c); err != nil {
			return nil, err
		}
		id = c.ID
		return s.snapshot(slices.DeleteFunc(slices.Clone(stored.All()),
			func(other *schema.Collection) bool { return other == c })), nil
	})
	if err != nil {
		return err
	}
	s.later(func() {
		// The answer does not depend on the files: nothing refers to them any more.
		if err := s.Blobs.DeletePrefix(context.WithoutCancel(ctx), id); err != nil {
			s.Log.Error("delete files of a deleted collection", "collection", id, "error", err)
		}
	})
	return nil
}

// referrers are the names of the other collections with a relation to c.
func referrers(stored *schema.Snapshot, c *schema.Collection) []string {
	var names []string
	for _, ref := range stored.References(c.ID) {
		if ref.Collection.ID != c.ID {
			names = append(names, ref.Collection.Name)
		}
	}
	return slices.Compact(names) // they come in the order of the names
}

func (s *Service) drop(tx store.Tx, c *schema.Collection) error {
	if err := s.Store.Catalog().DropTable(tx, c.Name); err != nil {
		if reason, refused := refusal(err); refused {
			return rawError(deleteFailed, reason, err)
		}
		return fmt.Errorf("drop table: %w", err)
	}
	if c.IsAuth() {
		for _, table := range []string{schema.ExternalAuths, schema.MFAs, schema.OTPs, schema.AuthOrigins} {
			if _, err := tx.Exec(`DELETE FROM "`+table+`" WHERE "collectionRef" = $1`, store.Text(c.ID)); err != nil {
				return fmt.Errorf("delete references in %s: %w", table, err)
			}
		}
	}
	return deleteRow(tx, c.ID)
}

// Truncate deletes every record of the collection with its files and, by the
// rules of deletion, what refers to it: all or nothing. A view, or records that
// others require, are an Invalid fault.
func (s *Service) Truncate(ctx context.Context, idOrName string) error {
	c, err := s.Get(idOrName)
	if err != nil {
		return err
	}
	return s.Records.Truncate(ctx, c.ID)
}
