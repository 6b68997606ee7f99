// The transaction of a schema change: every create, update, delete, import and plan of
// collections goes through schemaChange.apply.

package collection

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/alter"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/removal"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// schemaChange is one change of collections in its transaction. A plan is the same change with a
// planRecorder, rolled back at its end.
type schemaChange struct {
	*Service
	tx      store.Tx
	stored  *schema.Snapshot
	caller  record.Caller
	message string // first sentence of failures
	convert bool   // fields may change to another kind

	// The query of a view is tried before the transaction (Service.rehearse), so that no write
	// waits for it.
	tried  bool  // the query of the only draft, a view, was tried before
	broken error // the reason why the query cannot be run

	// explicitRules has, by draft, the properties of the rules that the import itself contains:
	// these rules already use the new names.
	explicitRules map[*schema.Collection]map[string]bool
	// wrapError adds the name of the collection to an error; nil if only one collection is
	// changed.
	wrapError func(*schema.Collection, error) error
	warnings  []string        // about keys and rules of the body
	files     []removal.Entry // files that no record names after the commit
	recorder  *planRecorder   // nil: the change is not a plan
}

// newChange returns a change of the stored collections that has not begun. message is the first
// sentence of its failures.
func (s *Service) newChange(tx store.Tx, stored *schema.Snapshot, caller record.Caller, message string) *schemaChange {
	return &schemaChange{Service: s, tx: tx, stored: stored, caller: caller, message: message}
}

// change runs one schema change in an exclusive transaction. fn gets the stored collections in
// the transaction (another process may have changed them since the snapshot) and returns the
// snapshot that replaces them.
//
// The new snapshot is published when the commit is durable; then hooks run. Files that no record
// names any more are queued for removal. On any error nothing is changed. message is the first
// sentence of failures.
func (s *Service) change(ctx context.Context, caller record.Caller, message string, fn func(*schemaChange) (*schema.Snapshot, error)) error {
	var binding *record.Binding
	var list []*Event
	var next *schema.Snapshot
	inTransaction := func(tx store.Tx, bind record.Bind) error {
		// The engine has rolled back and retries: the bindings of the first attempt are invalid.
		if binding != nil { // an earlier attempt
			binding.Close(ctx, false)
			binding = nil
		}
		stored, err := s.readRows(tx)
		if err != nil {
			return err
		}
		w := s.newChange(tx, s.snapshot(stored), caller, message)
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
		if err := w.queueFiles(next); err != nil {
			return err
		}
		// Within App.Transaction the services of that transaction must see the new definitions at
		// once, others only after its commit: see the end of this function, and
		// Service.transaction.
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
	s.later(func() { s.after(ctx, list) })
	return nil
}

// later calls fn after the commit: at once, or at the end of the transaction that s is bound to.
func (s *Service) later(fn func()) {
	if s.outer != nil {
		s.outer.Later(fn)
		return
	}
	fn()
}

// apply makes the changes, in this order: rules are updated for renamed collections and fields;
// views are updated for changes of their sources; all drafts are validated together; tables and
// views are altered; rows of _collections are written; labels of rate limits are updated for new
// names. It returns the snapshot of all collections afterwards.
func (w *schemaChange) apply(changes []alter.Change) (*schema.Snapshot, error) {
	// The effects of a rename are appended to the changes. Only the first ones, which the caller
	// requested, are validated and altered: the others change only texts, no columns.
	requested := len(changes)
	changes, err := w.renameInRules(changes)
	if err != nil {
		return nil, err
	}
	if changes, err = w.addViews(changes, requested); err != nil {
		return nil, err
	}
	w.nameTypes(changes)
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

// nameTypes sets the names of GraphQL types in the drafts that have none. A stored collection
// keeps its present type name.
func (w *schemaChange) nameTypes(changes []alter.Change) {
	names, taken := schema.TypeNames(w.stored.All()), map[string]bool{}
	for _, name := range names {
		taken[name] = true
	}
	for _, ch := range changes {
		if ch.New != nil {
			taken[ch.New.GraphQL.TypeName] = true
		}
	}
	for _, ch := range changes {
		if ch.New == nil || ch.New.GraphQL.TypeName != "" {
			continue
		}
		name := ""
		if ch.Old != nil {
			name = names[ch.Old.ID]
		} else {
			name = schema.NewTypeName(ch.New, taken)
		}
		ch.New.GraphQL.TypeName, taken[name] = name, true
	}
}

// after returns all collections after the changes, in their order.
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

// judgeAll validates the drafts. A single change fails with its first error; an import reports
// the errors of all collections.
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

// judge validates a draft against the next snapshot, so that collections of one import may refer
// to each other.
func (w *schemaChange) judge(ch alter.Change, next *schema.Snapshot, names []store.CatalogName) error {
	if ch.New == nil {
		return nil
	}
	// A rule that was already broken (WasBroken) is not refused: otherwise a collection could not
	// be saved until all of its rules were repaired.
	fails := alter.Validate(ch.New, alter.ValidationContext{Old: ch.Old, Snapshot: next, Names: names, Convert: w.convert,
		Rule:      func(c *schema.Collection, rule string) error { return query.CheckRule(next, c, rule) },
		WasBroken: func(rule string) bool { return query.CheckRule(w.stored, ch.Old, rule) != nil }})
	if len(fails) > 0 {
		return w.failed(ch.New, fault.Invalidate(w.message, fails))
	}
	w.warnOfRules(ch.New, next)
	return nil
}

// warnOfRules adds a warning for each rule that is valid but probably means something else than
// intended, such as ?= on a field of several values.
func (w *schemaChange) warnOfRules(c *schema.Collection, next *schema.Snapshot) {
	prefix := ""
	if w.wrapError != nil { // of several collections
		prefix = c.Name + "."
	}
	c.Clone().MapRules(func(property, rule string) string {
		for _, warning := range query.Warnings(next, c, rule) {
			w.warnings = append(w.warnings, prefix+property+": "+warning)
		}
		return rule
	})
}

// failed returns err as the failure of collection c: an import adds the name of the collection.
func (w *schemaChange) failed(c *schema.Collection, err error) error {
	if w.wrapError == nil {
		return err
	}
	return w.wrapError(c, err)
}

// names returns the names that no collection or index may use: tables, views and indexes of the
// database that belong to no collection, and the indexes of the collections after the change.
// Tables of collections are left out, since alter.Validate has the collections.
func (w *schemaChange) names(changes []alter.Change, next *schema.Snapshot) ([]store.CatalogName, error) {
	all, err := w.cfg.Store.Catalog().Names(w.tx)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	now := map[string]string{} // new names of stored tables, "" for deleted ones
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
		// The database still has the table under its old name; validation compares with the new
		// name.
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

// saveRows writes the rows of _collections. The column name is unique, so in an import, where
// collections may exchange their names, each renamed row first gets a temporary name that no
// collection can have (it begins with a slash).
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
			err = w.insertRow(w.tx, ch.New)
		default:
			err = w.updateRow(w.tx, ch.New)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// deleteRow deletes the row of a collection and, for an auth collection, the rows of system
// collections about its accounts (external sign-ins, one-time passwords, origins).
func (w *schemaChange) deleteRow(c *schema.Collection) error {
	if c.IsAuth() {
		for _, table := range schema.AccountReferences() {
			if _, err := w.tx.Exec(`DELETE FROM `+store.Quote(table)+` WHERE "collectionRef" = $1`, store.Text(c.ID)); err != nil {
				return fmt.Errorf("delete references in %s: %w", table, err)
			}
		}
	}
	return deleteRow(w.tx, c.ID)
}
