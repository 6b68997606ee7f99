// DDL: the steps of a schema change (alter.Step) are run against the database's catalog, and
// refusals of the database become validation failures.

package collection

import (
	"errors"
	"fmt"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/alter"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// run runs the steps in order. If the database refuses one, the error is a fault.Invalid: at the
// index or the name that is the reason, otherwise with the database's message.
func (w *schemaChange) run(steps []alter.Step, next *schema.Snapshot) error {
	for _, step := range steps {
		if err := w.recorder.step(step); err != nil {
			return err
		}
		// The recorder comes first: it counts the rows and values that the step changes.
		err := w.applyStep(step, next)
		if err == nil {
			continue
		}
		reason, refused := refusal(withColumns(err, step))
		if !refused {
			return fmt.Errorf("%T: %w", step, err)
		}
		if ix, ok := step.(alter.CreateIndex); ok {
			return w.indexFailed(ix, next.Find(ix.Index.Table), reason, err)
		}
		if name := named(step); name != "" && strings.Contains(reason, "already exists") {
			fails := fault.Fields{}
			fails.Set(fault.Leaf("validation_collection_name_invalid", "The database has something else of that name"), "name")
			return w.failed(next.Named(name), fault.Invalidate(w.message, fails))
		}
		if v, ok := step.(alter.CreateView); ok {
			reason = "view " + v.Name + ": " + reason
		}
		return rawError(w.message, reason, err)
	}
	return nil
}

// indexFailed returns the fault of an index that the database refuses. If stored records violate
// the index, it lists them.
func (w *schemaChange) indexFailed(step alter.CreateIndex, c *schema.Collection, reason string, err error) error {
	leaf := fault.Leaf("validation_invalid_index_expression", fmt.Sprintf("Failed to create index %s - %s", step.Index.Name, reason))
	if unique := (*store.UniqueError)(nil); errors.As(err, &unique) {
		groups, err := w.clashes(c, step.Index)
		if err != nil {
			return fmt.Errorf("list what keeps the index %s from being made: %w", step.Index.Name, err)
		}
		if len(groups) > 0 {
			leaf.Message += ": " + spelledClashes(c, step.Index, groups)
			leaf.Params = map[string]any{"clashes": groups}
		}
	}
	fails := fault.Fields{}
	fails.Set(leaf, "indexes", fault.Index(step.Position))
	return w.failed(c, fault.Invalidate(w.message, fails))
}

// named returns the name that a step gives to a table or view, "" if it gives none.
func named(step alter.Step) string {
	switch d := step.(type) {
	case alter.CreateTable:
		return d.Table
	case alter.RenameTable:
		return d.To
	case alter.CreateView:
		return d.Name
	}
	return ""
}

// withColumns completes a uniqueness violation whose columns the database does not report, as for
// an index on an expression: it uses the columns of the index of the step.
func withColumns(err error, step alter.Step) error {
	var unique *store.UniqueError
	made, ok := step.(alter.CreateIndex)
	if !ok || !errors.As(err, &unique) || len(unique.Columns) > 0 {
		return err
	}
	complete := &store.UniqueError{Table: made.Index.Table}
	for _, c := range made.Index.Columns {
		complete.Columns = append(complete.Columns, c.String())
	}
	return complete
}

// applyStep runs one step against the catalog of the engine.
func (w *schemaChange) applyStep(step alter.Step, next *schema.Snapshot) error {
	cat, tx := w.cfg.Store.Catalog(), w.tx
	switch d := step.(type) {
	case alter.CreateTable:
		return cat.CreateTable(tx, d.Table, d.Columns)
	case alter.DropTable:
		return cat.DropTable(tx, d.Table)
	case alter.RenameTable:
		return cat.RenameTable(tx, d.From, d.To)
	case alter.AddColumn:
		return cat.AddColumn(tx, d.Table, d.Column)
	case alter.RenameColumn:
		return cat.RenameColumn(tx, d.Table, d.From, d.To)
	case alter.DropColumn:
		if err := w.dropFiles(d, next); err != nil {
			return err
		}
		return cat.DropColumn(tx, d.Table, d.Column)
	case alter.ConvertColumn:
		return w.convertColumn(d, next)
	case alter.CreateIndex:
		// The savepoint keeps the transaction usable for a query of the violating records.
		return tx.Savepoint(func() error { return cat.CreateIndex(tx, d.Index) })
	case alter.DropIndex:
		return cat.DropIndex(tx, d.Name)
	case alter.CreateView:
		return cat.CreateView(tx, d.Name, d.View)
	case alter.DropView:
		return cat.DropView(tx, d.Name)
	}
	return fmt.Errorf("collection: unknown step %T", step)
}
