package collection

import (
	"context"
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/schema/alter"
)

// AdoptTx is the one transaction in which a new installation gets collections that
// were defined elsewhere. They are taken as they are: names, ids, rules and options
// are not judged.
type AdoptTx struct {
	Tx      store.Tx
	service *Service
}

// Adopt calls fn to make tables and fill them. It returns the collections in their
// order; the system collections that are not among them are added. Hooks do not run
// and the change log learns nothing. An installation that has records, or other
// collections than a new one has, is an Invalid fault. If anything fails, nothing
// has changed. fn may be called more than once.
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
			if err := insertRow(tx, c); err != nil {
				return err
			}
		}
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

// adoptMissing makes a system collection.
func (s *Service) adoptMissing(tx store.Tx, c *schema.Collection) error {
	a := &AdoptTx{Tx: tx, service: s}
	if err := a.Table(c); err != nil {
		return err
	}
	if _, err := a.Indexes(c); err != nil {
		return err
	}
	return insertRow(tx, c)
}

// clear drops the collections of a new installation.
func (s *Service) clear(tx store.Tx) error {
	stored, err := readRows(tx)
	if err != nil {
		return err
	}
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

// hasRows says whether the table has a row.
func hasRows(tx store.Tx, table string) (bool, error) {
	rows, err := tx.Query(`SELECT 1 FROM ` + store.Quote(table) + ` LIMIT 1`)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	found := rows.Next()
	return found, rows.Close()
}

// Table makes the table of a collection, without its indexes.
func (a *AdoptTx) Table(c *schema.Collection) error {
	table := alter.Diff(nil, c)[0].(alter.CreateTable)
	err := a.service.cfg.Store.Catalog().CreateTable(a.Tx, table.Table, table.Columns)
	if reason, ok := refusal(err); ok {
		return rawError(createFailed, reason, err)
	}
	return err
}

// Column adds a column to the table that belongs to no field. refused says why the
// database does not take it, if so.
func (a *AdoptTx) Column(c *schema.Collection, column store.Column) (refused string, err error) {
	err = a.Tx.Savepoint(func() error {
		return a.service.cfg.Store.Catalog().AddColumn(a.Tx, c.Name, column)
	})
	if reason, ok := refusal(err); ok {
		return reason, nil
	}
	return "", err
}

// RefusedIndex is an index that could not be made.
type RefusedIndex struct{ Index, Reason string }

// Indexes makes the indexes of a collection whose records are in its table. Those
// that the database refuses are taken out of the definition and returned.
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

// View makes a view that reads collections which find knows by their names and which
// are made already. If its query cannot be used, which refused says why, the view is
// made all the same, without records: whoever corrects it finds it as it was.
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

// Judge is what would be refused of the collection if it were saved now; all are
// the collections that there are.
func (a *AdoptTx) Judge(all *schema.Snapshot, c *schema.Collection) (fault.Fields, error) {
	names, err := a.service.cfg.Store.Catalog().Names(a.Tx)
	if err != nil {
		return nil, err
	}
	return alter.Validate(c, alter.ValidationContext{Old: c, Snapshot: all, Names: names,
		Rule: func(c *schema.Collection, rule string) error { return query.CheckRule(all, c, rule) }}), nil
}
