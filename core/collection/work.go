package collection

import (
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

// work is one change of collections, at work in its transaction. A plan is the same
// work, with notes of what it does and undone at the end.
type work struct {
	*Service
	tx      store.Tx
	stored  *schema.Snapshot
	caller  record.Caller
	message string // begins what failures say
	convert bool   // fields may become ones of another kind

	tried  bool  // the query of the one draft, a view, was tried before
	broken error // why it cannot be run

	said     map[*schema.Collection]map[string]bool // rules of drafts that an import says, in the new names
	blame    func(*schema.Collection, error) error  // makes the failure of one of the collections; nil: it is that one's alone
	warnings []string                               // what the body says that means nothing, or not what it looks like
	files    []string                               // keys of files that no record names when the change is committed
	notes    *notes                                 // nil: nobody asks
}

func (s *Service) work(tx store.Tx, stored *schema.Snapshot, caller record.Caller, message string) *work {
	return &work{Service: s, tx: tx, stored: stored, caller: caller, message: message}
}

// apply makes the changes: what else names a collection or field follows, the drafts
// are judged together, and tables, rows and settings are brought to their new form. It
// returns all collections as they are then.
func (w *work) apply(changes []alter.Change) (*schema.Snapshot, error) {
	asked := len(changes)
	changes, err := w.follow(changes)
	if err != nil {
		return nil, err
	}
	if changes, err = w.followViews(changes, asked); err != nil {
		return nil, err
	}
	next := w.snapshot(w.after(changes))
	names, err := w.names(changes, next)
	if err != nil {
		return nil, err
	}
	if err := w.notes.begin(w, changes[:asked]); err != nil {
		return nil, err
	}
	if err := w.judgeAll(changes[:asked], next, names); err != nil {
		return nil, err
	}
	if err := w.redefine(changes[:asked], next, names); err != nil {
		return nil, err
	}
	if err := w.keep(changes); err != nil {
		return nil, err
	}
	if err := w.relabel(changes); err != nil {
		return nil, err
	}
	return next, w.notes.end(w, next)
}

// either is the collection of a change, new or old.
func either(ch alter.Change) *schema.Collection {
	if ch.New != nil {
		return ch.New
	}
	return ch.Old
}

// after are all collections as the changes leave them.
func (w *work) after(changes []alter.Change) []*schema.Collection {
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
func (w *work) judgeAll(changes []alter.Change, next *schema.Snapshot, names []store.CatalogName) error {
	var failed []error
	for _, ch := range changes {
		if err := w.judge(ch, next, names); err != nil {
			if w.blame == nil {
				return err
			}
			failed = append(failed, err)
		}
	}
	return joinFailures(failed)
}

// judge validates a draft among all collections as they are to be.
func (w *work) judge(ch alter.Change, next *schema.Snapshot, names []store.CatalogName) error {
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
func (w *work) failed(c *schema.Collection, err error) error {
	if w.blame == nil {
		return err
	}
	return w.blame(c, err)
}

// names are what the names of collections and indexes may not be: what else is in the
// database, and the indexes of the collections as they are to be.
func (w *work) names(changes []alter.Change, next *schema.Snapshot) ([]store.CatalogName, error) {
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

// keep writes the rows of the collections. Their names are unique, so those that get
// another one give theirs up first.
func (w *work) keep(changes []alter.Change) error {
	for _, ch := range changes {
		switch {
		case ch.New == nil:
			if err := w.forget(ch.Old); err != nil {
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

// forget deletes the row of a collection and what others hold about it.
func (w *work) forget(c *schema.Collection) error {
	if c.IsAuth() {
		for _, table := range []string{schema.ExternalAuths, schema.MFAs, schema.OTPs, schema.AuthOrigins} {
			if _, err := w.tx.Exec(`DELETE FROM `+store.Quote(table)+` WHERE "collectionRef" = $1`, store.Text(c.ID)); err != nil {
				return fmt.Errorf("delete references in %s: %w", table, err)
			}
		}
	}
	return deleteRow(w.tx, c.ID)
}
