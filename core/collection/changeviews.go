// Views in a schema change: the views that change with the collections that they read, and the
// order in which views are dropped and created.

package collection

import (
	"errors"
	"slices"

	"github.com/loambase/loam/core/internal/alter"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// addViews appends a change for each view whose query or fields change with its sources. The
// first changes, as many as requested, are those of the caller; a view among them is not added
// again.
func (w *schemaChange) addViews(changes []alter.Change, requested int) ([]alter.Change, error) {
	sent := func(c *schema.Collection) bool {
		return slices.ContainsFunc(changes[:requested], func(ch alter.Change) bool { return ch.New == c })
	}
	list, err := alter.FollowViews(w.stored, w.after(changes), sent, w.now())
	if err != nil {
		return nil, rawError(w.message, err.Error(), err)
	}
	for _, c := range list {
		old := w.stored.ByID(c.ID)
		known := func(ch alter.Change) bool { return ch.New == c }
		if c.View != nil && c != old && !slices.ContainsFunc(changes, known) {
			changes = append(changes, alter.Change{Old: old, New: c})
		}
	}
	return changes, nil
}

// redefine alters the tables and views of the database to match the next snapshot. Neither engine
// alters a table that a view reads. So redefine first drops the affected views and creates them
// last, each after the views that it reads.
func (w *schemaChange) redefine(requested []alter.Change, next *schema.Snapshot, names []store.CatalogName) error {
	drop, create := alter.ViewChanges(w.stored, next)
	if err := w.run(drop, next); err != nil {
		return err
	}
	tables := slices.DeleteFunc(slices.Clone(requested), func(ch alter.Change) bool { return ch.Collection().IsView() })
	if err := w.run(alter.DiffAll(tables), next); err != nil {
		return err
	}
	for _, c := range create {
		// Only a submitted view is tried: the query of any other view has run before.
		if i := slices.IndexFunc(requested, func(ch alter.Change) bool { return ch.New == c }); i >= 0 {
			if err := w.tryView(requested[i], next, names); err != nil {
				return err
			}
		}
		step, err := alter.NewView(c, next)
		if err != nil {
			return rawError(w.message, err.Error(), err)
		}
		if err := w.run([]alter.Step{step}, next); err != nil {
			return err
		}
	}
	return nil
}

// tryView runs the query of a new view for its first records. A query that fails is a validation
// failure of the draft. It does nothing if the query is the stored one or was tried before the
// transaction.
func (w *schemaChange) tryView(ch alter.Change, next *schema.Snapshot, names []store.CatalogName) error {
	if w.tried || !newQuery(ch.Old, ch.New) {
		return nil
	}
	step, err := alter.NewView(ch.New, next)
	if err == nil {
		_, err = w.sample(w.tx, ch.New, step.View)
	}
	reason, refused := queryRefusal(err)
	if !refused {
		return err
	}
	ch.New.SetBroken(errors.New(reason))
	return w.judge(ch, next, names)
}
