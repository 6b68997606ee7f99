package collection

import (
	"errors"
	"fmt"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/store"
)

// run takes the steps one after the other. What the database says against one is
// an Invalid fault; message begins it.
func (s *Service) run(tx store.Tx, steps []schema.Step, message string) error {
	for _, step := range steps {
		err := apply(s.Store.Catalog(), tx, step)
		if err == nil {
			continue
		}
		reason, refused := refusal(err)
		if !refused {
			return fmt.Errorf("%T: %w", step, err)
		}
		if ix, ok := step.(schema.CreateIndex); ok {
			fails := fault.Fields{}
			fails.Set(fault.Leaf("validation_invalid_index_expression",
				fmt.Sprintf("Failed to create index %s - %s", ix.Index.Name, reason)), "indexes", fault.Index(ix.Position))
			return fault.Invalidate(message, fails)
		}
		if v, ok := step.(schema.CreateView); ok {
			reason = "view " + v.Name + ": " + reason
		}
		return rawError(message, reason, err)
	}
	return nil
}

// rawError is a failure whose cause is told though it is no validation error: it
// is a superuser's own statement that failed.
func rawError(message, reason string, err error) error {
	return fault.Wrap(fault.Invalid, message+" Raw error: \n"+reason, err)
}

// refusal is what the database has against a statement, if that is why it failed.
func refusal(err error) (reason string, ok bool) {
	var statement *store.StatementError
	if errors.As(err, &statement) {
		return statement.Message, true
	}
	var unique *store.UniqueError
	if errors.As(err, &unique) {
		return "values are not unique: " + strings.Join(unique.Columns, ", "), true
	}
	return "", false
}

func apply(cat store.Catalog, tx store.Tx, step schema.Step) error {
	switch d := step.(type) {
	case schema.CreateTable:
		return cat.CreateTable(tx, d.Table, d.Columns)
	case schema.RenameTable:
		return cat.RenameTable(tx, d.From, d.To)
	case schema.AddColumn:
		return cat.AddColumn(tx, d.Table, d.Column)
	case schema.RenameColumn:
		return cat.RenameColumn(tx, d.Table, d.From, d.To)
	case schema.DropColumn:
		return cat.DropColumn(tx, d.Table, d.Column)
	case schema.CreateIndex:
		return cat.CreateIndex(tx, d.Index)
	case schema.DropIndex:
		return cat.DropIndex(tx, d.Name)
	case schema.CreateView:
		return cat.CreateView(tx, d.Name, d.View)
	case schema.DropView:
		return cat.DropView(tx, d.Name)
	}
	return fmt.Errorf("collection: unknown step %T", step)
}
