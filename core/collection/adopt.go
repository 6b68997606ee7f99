// Adoption: the collections and tables of another installation (the import of a PocketBase
// folder) become those of a new one, without validation, in one transaction.

package collection

import (
	"context"
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/alter"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// AdoptTx is the transaction of Service.Adopt. Its methods create the tables, indexes and views
// of collections that were defined elsewhere. Names, ids, rules and options are not validated;
// Judge reports the failures of a later save. An AdoptTx is not safe for concurrent use and ends
// with the call of Adopt.
type AdoptTx struct {
	Tx      store.Tx
	service *Service
}

// Adopt fills a new installation. fn creates the tables and writes their rows through the
// AdoptTx, and returns the collections in their order; missing system collections are added.
// Hooks do not run and the change log gets no entries.
//
// The error for an installation that has records, or more collections than a new one, is a
// fault.Invalid. On any error nothing is changed. The engine may retry the transaction, so fn may
// be called more than once and must start anew each time.
func (s *Service) Adopt(ctx context.Context, caller record.Caller, fn func(*AdoptTx) ([]*schema.Collection, error)) error {
	if err := caller.RequireSuperuser(); err != nil {
		return err
	}
	return s.cfg.Store.Exclusive(ctx, func(tx store.Tx) error {
		if err := s.clear(tx); err != nil {
			return err
		}
		list, err := fn(&AdoptTx{Tx: tx, service: s})
		if err != nil {
			return err
		}
		list = slices.Clone(list)
		for _, c := range list {
			if err := s.insertRow(tx, c); err != nil {
				return err
			}
		}
		// The version of the source may have fewer system collections.
		for _, c := range missing(s.snapshot(list), s.now()) {
			if err := s.adoptMissing(tx, c); err != nil {
				return err
			}
			list = append(list, c)
		}
		next := s.snapshot(list)
		tx.OnCommit(func() { s.cfg.Snapshots.Store(next) })
		return nil
	})
}

// adoptMissing creates the table, the indexes and the row of a missing system collection.
func (s *Service) adoptMissing(tx store.Tx, c *schema.Collection) error {
	a := &AdoptTx{Tx: tx, service: s}
	if err := a.Table(c); err != nil {
		return err
	}
	if _, err := a.Indexes(c); err != nil {
		return err
	}
	return s.insertRow(tx, c)
}

// clear drops the empty collections of a new installation, so that the adopted ones can use their
// names and ids. It refuses an installation that is not new.
func (s *Service) clear(tx store.Tx) error {
	stored, err := s.readRows(tx)
	if err != nil {
		return err
	}
	// Only the collections of a new installation may be there.
	usual := schema.NewSnapshot(0, missing(schema.NewSnapshot(0, nil), s.now()))
	for _, c := range stored {
		if usual.Find(c.Name) == nil {
			return fault.New(fault.Invalid, "The installation is not new: it has the collection "+c.Name+".")
		}
		filled, err := hasRows(tx, c.Name)
		if err != nil {
			return err
		}
		if filled {
			return fault.New(fault.Invalid, "The installation is not new: there are records in "+c.Name+".")
		}
		if err := s.cfg.Store.Catalog().DropTable(tx, c.Name); err != nil {
			return err
		}
		if err := deleteRow(tx, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// hasRows reports whether the table has a row.
func hasRows(tx store.Tx, table string) (bool, error) {
	rows, err := tx.Query(`SELECT 1 FROM ` + store.Quote(table) + ` LIMIT 1`)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	found := rows.Next()
	return found, rows.Close()
}

// Table creates the table of a collection, without its indexes: Indexes creates them after the
// records are in the table, which is faster, and allows single indexes to be refused. The error
// for a refusal of the database is a fault.Invalid.
func (a *AdoptTx) Table(c *schema.Collection) error {
	table := alter.Diff(nil, c)[0].(alter.CreateTable)
	err := a.service.cfg.Store.Catalog().CreateTable(a.Tx, table.Table, table.Columns)
	if reason, ok := refusal(err); ok {
		return rawError(createFailed, reason, err)
	}
	return err
}

// Column adds a column that belongs to no field, so that its values are kept by the import.
// refused is the reason of the database for refusing it; err is any other failure.
func (a *AdoptTx) Column(c *schema.Collection, column store.Column) (refused string, err error) {
	err = a.Tx.Savepoint(func() error {
		return a.service.cfg.Store.Catalog().AddColumn(a.Tx, c.Name, column)
	})
	if reason, ok := refusal(err); ok {
		return reason, nil
	}
	return "", err
}

// RefusedIndex is an index that the database refused: its definition and the reason.
type RefusedIndex struct{ Index, Reason string }

// Indexes creates the indexes of a collection whose records are in its table. It removes an index
// that the database refuses (for values that are not unique, for example) from c.Indexes and
// returns it.
func (a *AdoptTx) Indexes(c *schema.Collection) ([]RefusedIndex, error) {
	var refused []RefusedIndex
	for _, step := range alter.Diff(nil, c)[1:] {
		made := step.(alter.CreateIndex)
		err := a.Tx.Savepoint(func() error { return a.service.cfg.Store.Catalog().CreateIndex(a.Tx, made.Index) })
		if err == nil {
			continue
		}
		reason, ok := refusal(err)
		if !ok {
			return nil, err
		}
		refused = append(refused, RefusedIndex{c.Indexes[made.Position], reason})
	}
	c.Indexes = slices.DeleteFunc(c.Indexes, func(text string) bool {
		return slices.ContainsFunc(refused, func(r RefusedIndex) bool { return r.Index == text })
	})
	return refused, nil
}

// View creates a view. find resolves the collections that its query reads, which must exist
// already. If the query cannot be used, refused is the reason, and the view is created without
// rows: the definition is kept, so that a superuser can correct the query.
func (a *AdoptTx) View(c *schema.Collection, find func(name string) *schema.Collection) (refused string, err error) {
	catalog := a.service.cfg.Store.Catalog()
	view, err := alter.AdoptView(c, find)
	if err == nil {
		err = a.Tx.Savepoint(func() error { return catalog.CreateView(a.Tx, c.Name, view) })
		if err == nil {
			return "", nil
		}
	} else {
		err = queryError{err}
	}
	reason, ok := queryRefusal(err)
	if !ok {
		return "", err
	}
	return reason, catalog.CreateView(a.Tx, c.Name, alter.EmptyView(c))
}

// Judge returns the failures that a save of the collection would have now. all has the
// collections of the installation.
func (a *AdoptTx) Judge(all *schema.Snapshot, c *schema.Collection) (fault.Fields, error) {
	names, err := a.service.cfg.Store.Catalog().Names(a.Tx)
	if err != nil {
		return nil, err
	}
	return alter.Validate(c, alter.ValidationContext{Old: c, Snapshot: all, Names: names,
		Rule: func(c *schema.Collection, rule string) error { return query.CheckRule(all, c, rule) }}), nil
}
