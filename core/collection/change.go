package collection

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/schema/alter"
)

// schemaChange is one change of collections in its transaction. A plan is the same
// change, recorded and rolled back at its end.
type schemaChange struct {
	*Service
	tx      store.Tx
	stored  *schema.Snapshot
	caller  record.Caller
	message string // begins what failures say
	convert bool   // fields may become ones of another kind

	tried  bool  // the query of the one draft, a view, was tried before
	broken error // why it cannot be run

	// explicitRules are, by draft, the rules that the import itself contains: they use the
	// new names already.
	explicitRules map[*schema.Collection]map[string]bool
	// wrapError names the collection in an error; nil if the change is of one collection.
	wrapError func(*schema.Collection, error) error
	warnings  []string      // what the body says that means nothing, or not what it looks like
	files     []string      // keys of files that no record names when the change is committed
	recorder  *planRecorder // nil: nothing is planned
}

func (s *Service) newChange(tx store.Tx, stored *schema.Snapshot, caller record.Caller, message string) *schemaChange {
	return &schemaChange{Service: s, tx: tx, stored: stored, caller: caller, message: message}
}

// change runs one change of collections in a transaction. fn gets the change with the
// stored collections as the transaction sees them (another process may have been
// faster) and returns them as they are to be. They are published when that is durable;
// then the files that no record names any more are deleted. If anything fails, nothing
// has changed. message begins what failures say.
func (s *Service) change(ctx context.Context, caller record.Caller, message string, fn func(*schemaChange) (*schema.Snapshot, error)) error {
	var binding *record.Binding
	var list []*Event
	var w *schemaChange
	var next *schema.Snapshot
	inTransaction := func(tx store.Tx, bind record.Bind) error {
		if binding != nil { // tried before
			binding.Close(ctx, false)
			binding = nil
		}
		stored, err := readRows(tx)
		if err != nil {
			return err
		}
		w = s.newChange(tx, s.snapshot(stored), caller, message)
		if next, err = fn(w); err != nil {
			return err
		}
		list = events(w.stored, next, caller)
		logged := changes(list, caller.Actor())
		if binding, err = s.inTx(ctx, tx, bind, list, next); err != nil {
			return err
		}
		if binding != nil {
			logged = append(logged, binding.End()...)
		}
		if s.outer == nil {
			tx.OnCommit(func() { s.cfg.Snapshots.Store(next) })
		}
		return s.cfg.Changes.Append(tx, logged)
	}
	err := s.cfg.Records.BindWithRetry(ctx, func(bind record.Bind) error {
		return s.cfg.Store.Exclusive(ctx, func(tx store.Tx) error { return inTransaction(tx, bind) })
	})
	if binding != nil {
		binding.Close(ctx, err == nil)
	}
	if err != nil {
		return err
	}
	if s.outer != nil {
		s.cfg.Snapshots.Store(next)
	}
	s.later(func() {
		s.after(ctx, list)
		s.deleteFiles(ctx, w, next)
	})
	return nil
}

// later calls fn, now or when the transaction that s is bound to is durable.
func (s *Service) later(fn func()) {
	if s.outer != nil {
		s.outer.Later(fn)
		return
	}
	fn()
}

// apply makes the changes: what else names a collection or field follows, the drafts
// are judged together, and tables, rows and settings are submitted to their new form. It
// returns all collections as they are then.
func (w *schemaChange) apply(changes []alter.Change) (*schema.Snapshot, error) {
	requested := len(changes)
	changes, err := w.renameInRules(changes)
	if err != nil {
		return nil, err
	}
	if changes, err = w.addViews(changes, requested); err != nil {
		return nil, err
	}
	next := w.snapshot(w.after(changes))
	names, err := w.names(changes, next)
	if err != nil {
		return nil, err
	}
	if err := w.recorder.begin(changes[:requested]); err != nil {
		return nil, err
	}
	if err := w.judgeAll(changes[:requested], next, names); err != nil {
		return nil, err
	}
	if err := w.redefine(changes[:requested], next, names); err != nil {
		return nil, err
	}
	if err := w.saveRows(changes); err != nil {
		return nil, err
	}
	if err := w.relabel(changes); err != nil {
		return nil, err
	}
	return next, w.recorder.end(next)
}

// after are all collections as the changes leave them.
func (w *schemaChange) after(changes []alter.Change) []*schema.Collection {
	list := slices.Clone(w.stored.All())
	for _, ch := range changes {
		switch i := slices.Index(list, ch.Old); {
		case ch.Old == nil:
			list = append(list, ch.New)
		case ch.New == nil:
			list = slices.Delete(list, i, i+1)
		default:
			list[i] = ch.New
		}
	}
	return list
}

// judgeAll validates the drafts. An import names all collections that are wrong.
func (w *schemaChange) judgeAll(changes []alter.Change, next *schema.Snapshot, names []store.CatalogName) error {
	var failed []error
	for _, ch := range changes {
		if err := w.judge(ch, next, names); err != nil {
			if w.wrapError == nil {
				return err
			}
			failed = append(failed, err)
		}
	}
	return joinFailures(failed)
}

// judge validates a draft among all collections as they are to be.
func (w *schemaChange) judge(ch alter.Change, next *schema.Snapshot, names []store.CatalogName) error {
	if ch.New == nil {
		return nil
	}
	fails := alter.Validate(ch.New, alter.ValidationContext{Old: ch.Old, Snapshot: next, Names: names, Convert: w.convert,
		Rule:      func(c *schema.Collection, rule string) error { return query.CheckRule(next, c, rule) },
		WasBroken: func(rule string) bool { return query.CheckRule(w.stored, ch.Old, rule) != nil }})
	if len(fails) > 0 {
		return w.failed(ch.New, fault.Invalidate(w.message, fails))
	}
	return nil
}

// failed is the failure of one of the collections.
func (w *schemaChange) failed(c *schema.Collection, err error) error {
	if w.wrapError == nil {
		return err
	}
	return w.wrapError(c, err)
}

// names are what the names of collections and indexes may not be: what else is in the
// database, and the indexes of the collections as they are to be.
func (w *schemaChange) names(changes []alter.Change, next *schema.Snapshot) ([]store.CatalogName, error) {
	all, err := w.cfg.Store.Catalog().Names(w.tx)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	now := map[string]string{} // name of a stored table: that of its collection, "" if it goes
	listed := map[string]bool{}
	for _, c := range w.stored.All() {
		now[strings.ToLower(c.Name)] = c.Name
		for _, ix := range c.ParsedIndexes() {
			listed[strings.ToLower(ix.Name)] = true
		}
	}
	for _, ch := range changes {
		if ch.Old != nil {
			now[strings.ToLower(ch.Old.Name)] = ""
			if ch.New != nil {
				now[strings.ToLower(ch.Old.Name)] = ch.New.Name
			}
		}
	}
	var names []store.CatalogName
	for _, n := range all {
		if n.Kind != "index" {
			if _, ours := now[strings.ToLower(n.Name)]; !ours {
				names = append(names, n)
			}
			continue
		}
		if table, ours := now[strings.ToLower(n.Table)]; ours {
			if n.Table = table; table == "" || listed[strings.ToLower(n.Name)] {
				continue
			}
		}
		names = append(names, n)
	}
	for _, c := range next.All() {
		for _, ix := range c.ParsedIndexes() {
			names = append(names, store.CatalogName{Kind: "index", Name: ix.Name, Table: c.Name})
		}
	}
	return names, nil
}

// saveRows writes the rows of the collections. Their names are unique, so those that get
// another one give theirs up first.
func (w *schemaChange) saveRows(changes []alter.Change) error {
	for _, ch := range changes {
		switch {
		case ch.New == nil:
			if err := w.deleteRow(ch.Old); err != nil {
				return err
			}
		case ch.Old != nil && ch.Old.Name != ch.New.Name && len(changes) > 1:
			const rename = `UPDATE "_collections" SET "name" = $2 WHERE "id" = $1`
			if _, err := w.tx.Exec(rename, store.Text(ch.Old.ID), store.Text("/"+ch.Old.ID)); err != nil {
				return err
			}
		}
	}
	for _, ch := range changes {
		var err error
		switch {
		case ch.New == nil:
		case ch.Old == nil:
			err = insertRow(w.tx, ch.New)
		default:
			err = updateRow(w.tx, ch.New)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// deleteRow deletes the row of a collection and what others hold about it.
func (w *schemaChange) deleteRow(c *schema.Collection) error {
	if c.IsAuth() {
		for _, table := range []string{schema.ExternalAuths, schema.MFAs, schema.OTPs, schema.AuthOrigins} {
			if _, err := w.tx.Exec(`DELETE FROM `+store.Quote(table)+` WHERE "collectionRef" = $1`, store.Text(c.ID)); err != nil {
				return fmt.Errorf("delete references in %s: %w", table, err)
			}
		}
	}
	return deleteRow(w.tx, c.ID)
}
