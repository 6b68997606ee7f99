package collection

import (
	"fmt"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/schema/alter"
)

// run takes the steps one after the other. What the database says against one is
// an Invalid fault, which the message of the work begins.
func (w *schemaChange) run(steps []alter.Step, next *schema.Snapshot) error {
	for _, step := range steps {
		if err := w.recorder.step(step); err != nil {
			return err
		}
		err := w.applyStep(step, next)
		if err == nil {
			continue
		}
		reason, refused := refusal(err)
		if !refused {
			return fmt.Errorf("%T: %w", step, err)
		}
		if ix, ok := step.(alter.CreateIndex); ok {
			reason = strings.TrimSuffix(reason, ": ") // an index over expressions has no columns to tell
			fails := fault.Fields{}
			fails.Set(fault.Leaf("validation_invalid_index_expression",
				fmt.Sprintf("Failed to create index %s - %s", ix.Index.Name, reason)), "indexes", fault.Index(ix.Position))
			return w.failed(next.Find(ix.Index.Table), fault.Invalidate(w.message, fails))
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

// named is the name that a step gives to a table or view, "" if it gives none.
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

// applyStep takes one step.
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
		return cat.CreateIndex(tx, d.Index)
	case alter.DropIndex:
		return cat.DropIndex(tx, d.Name)
	case alter.CreateView:
		return cat.CreateView(tx, d.Name, d.View)
	case alter.DropView:
		return cat.DropView(tx, d.Name)
	}
	return fmt.Errorf("collection: unknown step %T", step)
}
