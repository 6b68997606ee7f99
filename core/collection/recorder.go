// planRecorder: the part of a plan that is recorded while the change runs: steps with their rows,
// losses, rewrites, broken rules.

package collection

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/loambase/loam/core/internal/alter"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/sqlindex"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

const (
	maxExamples = 3
	maxExample  = 200 // bytes of a value
)

// planRecorder collects the Plan of a change. Its methods do nothing if it is nil, so that a
// change that is not a plan may call them.
type planRecorder struct {
	Plan
	tx      store.Tx
	dialect store.Dialect
	stored  *schema.Snapshot
	// Each table is counted once.
	rows map[string]int64 // row counts by the present names of the tables
}

func newPlanRecorder(tx store.Tx, dialect store.Dialect, stored *schema.Snapshot) *planRecorder {
	return &planRecorder{tx: tx, dialect: dialect, stored: stored, rows: map[string]int64{}, Plan: Plan{Collections: []PlannedCollection{}, Steps: []PlannedStep{},
		Losses: []Loss{}, Rewrites: []Rewrite{}, Broken: []Broken{}, Warnings: []string{}}}
}

// begin records the collections of the change with their row counts.
func (n *planRecorder) begin(changes []alter.Change) error {
	if n == nil {
		return nil
	}
	for _, ch := range changes {
		c := PlannedCollection{Action: "create", ID: ch.Collection().ID, Name: ch.Collection().Name}
		if ch.Old != nil {
			if c.Action = "update"; ch.New == nil {
				c.Action = "delete"
			}
			var err error
			if c.Rows, err = n.count(ch.Old.Name); err != nil {
				return err
			}
		}
		n.Collections = append(n.Collections, c)
	}
	return nil
}

// count returns the number of rows of a table.
func (n *planRecorder) count(table string) (int64, error) {
	if rows, known := n.rows[table]; known {
		return rows, nil
	}
	rows, err := store.Number(n.tx, `SELECT COUNT(*) FROM `+store.Quote(table))
	if err == nil {
		n.rows[table] = rows
	}
	return rows, err
}

// step records a step before it is run. Rows is set for steps that read or write every row.
func (n *planRecorder) step(step alter.Step) (err error) {
	if n == nil {
		return nil
	}
	var p PlannedStep
	touched := "" // the table whose rows the step reads or writes
	switch d := step.(type) {
	case alter.CreateTable:
		p = PlannedStep{Action: "createTable", Table: d.Table}
		n.rows[d.Table] = 0
	case alter.DropTable:
		p, touched = PlannedStep{Action: "dropTable", Table: d.Table}, d.Table
	case alter.RenameTable:
		p = PlannedStep{Action: "renameTable", From: d.From, To: d.To}
		delete(n.rows, d.From)
		delete(n.rows, d.To)
	case alter.AddColumn:
		p, touched = PlannedStep{Action: "addColumn", Table: d.Table, Column: d.Column.Name}, d.Table
	case alter.DropColumn:
		p, touched = PlannedStep{Action: "dropColumn", Table: d.Table, Column: d.Column}, d.Table
	case alter.ConvertColumn:
		p, touched = PlannedStep{Action: "convertColumn", Table: d.Table, Column: d.From.Name, From: kindOf(d.From), To: kindOf(d.To)}, d.Table
	case alter.RenameColumn:
		p = PlannedStep{Action: "renameColumn", Table: d.Table, From: d.From, To: d.To}
	case alter.CreateIndex:
		p, touched = PlannedStep{Action: "createIndex", Table: d.Index.Table, Index: d.Index.Name}, d.Index.Table
	case alter.DropIndex:
		p = PlannedStep{Action: "dropIndex", Index: d.Name}
	case alter.CreateView:
		p = PlannedStep{Action: "createView", Table: d.Name}
	case alter.DropView:
		p = PlannedStep{Action: "dropView", Table: d.Name}
	}
	if touched != "" {
		if p.Rows, err = n.count(touched); err != nil {
			return err
		}
	}
	n.Steps = append(n.Steps, p)
	return n.dropped(step, p.Rows)
}

// dropped records the loss of a table's records or a column's values. Empty tables and columns
// are no loss.
func (n *planRecorder) dropped(step alter.Step, rows int64) error {
	switch d := step.(type) {
	case alter.DropTable:
		if rows > 0 {
			n.Losses = append(n.Losses, Loss{Cause: LossDeleted, Collection: d.Table, Count: rows})
		}
	case alter.DropColumn:
		filled, err := store.Number(n.tx, `SELECT COUNT(*) FROM `+store.Quote(d.Table)+` WHERE `+filled(d.Field, n.dialect))
		if err != nil {
			return err
		}
		if filled > 0 {
			n.Losses = append(n.Losses, Loss{Cause: LossDropped, Collection: d.Table, Field: d.Column, Count: filled})
		}
	}
	return nil
}

// filled returns the SQL condition that a column has another value than the zero value of its
// field.
func filled(f *schema.Field, dialect store.Dialect) string {
	column := store.Quote(f.Name)
	switch f.Kind.Column() {
	case store.ColumnNumber:
		return column + ` <> 0`
	case store.ColumnBool:
		return column + ` = TRUE`
	case store.ColumnMulti:
		return dialect.Length(column) + ` > 0`
	case store.ColumnJSON:
		return `CAST(` + column + ` AS text) NOT IN ('', 'null', '""', '[]', '{}')`
	case store.ColumnGeo:
		return `CAST(` + column + ` AS text) NOT IN ('', '{"lon":0,"lat":0}')`
	}
	return column + ` <> ''`
}

// kindOf returns the kind of a field for display: "multiple select".
func kindOf(f *schema.Field) string {
	if f.Multiple() {
		return "multiple " + f.Type()
	}
	return f.Type()
}

// converted records the losses of a conversion. A value is lost if it cannot be converted back:
// emptied if the new value is empty, otherwise altered.
func (n *planRecorder) converted(step alter.ConvertColumn, ids []string, was, is []any) {
	if n == nil {
		return
	}
	for i, v := range was {
		if step.From.IsZero(v) || step.From.Equal(alter.Convert(step.To, step.From, is[i]), v) {
			continue
		}
		cause := LossAltered
		if step.To.IsZero(is[i]) {
			cause = LossEmptied
		}
		loss := n.loss(cause, step.Table, step.From.Name)
		loss.Count++
		if len(loss.Examples) < maxExamples {
			loss.Examples = append(loss.Examples, Example{ids[i], example(v), example(is[i])})
		}
	}
}

// loss returns the entry of a field and cause, and creates it if need be.
func (n *planRecorder) loss(cause, collection, field string) *Loss {
	i := slices.IndexFunc(n.Losses, func(l Loss) bool { return l.Cause == cause && l.Collection == collection && l.Field == field })
	if i < 0 {
		i = len(n.Losses)
		n.Losses = append(n.Losses, Loss{Cause: cause, Collection: collection, Field: field})
	}
	return &n.Losses[i]
}

// example returns a value as JSON, cut after maxExample bytes.
func example(v any) string {
	raw, err := json.Marshal(v)
	if err != nil { // invalid JSON of an old database
		return fmt.Sprintf("%q", v)
	}
	return cut(string(raw))
}

// cut returns the text, cut at a whole character after maxExample bytes.
func cut(text string) string {
	if len(text) <= maxExample {
		return text
	}
	end := maxExample
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// rewrite records a text that changes with a new name.
func (n *planRecorder) rewrite(collection, property, from, to string) {
	if n != nil {
		n.Rewrites = append(n.Rewrites, Rewrite{collection, property, from, to})
	}
}

// end records the effects of the change: indexes and view queries with new names, and rules of
// other collections that it would break.
func (n *planRecorder) end(next *schema.Snapshot) error {
	if n == nil {
		return nil
	}
	for _, is := range next.All() {
		was := n.stored.ByID(is.ID)
		if was == nil || was == is {
			continue
		}
		for _, ix := range was.Indexes {
			if now := namesake(ix, is); now != "" && now != ix {
				n.rewrite(is.Name, "indexes", ix, now)
			}
		}
		if was.View != nil && is.View != nil && was.View.Query != is.View.Query {
			n.rewrite(is.Name, "viewQuery", was.View.Query, is.View.Query)
		}
	}
	for _, c := range next.All() {
		if !slices.ContainsFunc(n.Collections, func(p PlannedCollection) bool { return p.ID == c.ID }) {
			n.judge(c, next)
		}
	}
	return nil
}

// namesake returns the index of the collection that has the same name as another index, ""
// if none.
func namesake(text string, c *schema.Collection) string {
	ix, err := sqlindex.Parse(text)
	if err != nil {
		return ""
	}
	for _, other := range c.Indexes {
		if parsed, err := sqlindex.Parse(other); err == nil && strings.EqualFold(parsed.Name, ix.Name) {
			return other
		}
	}
	return ""
}

// judge records the rules of a collection that are valid now and would not be after the change. A
// rule of the stored collection is parsed only if the new one is broken, which is rare.
func (n *planRecorder) judge(c *schema.Collection, next *schema.Snapshot) {
	was := n.stored.ByID(c.ID)
	stored := map[string]string{}
	was.Clone().MapRules(func(property, text string) string {
		stored[property] = text
		return text
	})
	c.Clone().MapRules(func(property, text string) string {
		err := query.CheckRule(next, c, text)
		if before, had := stored[property]; err != nil && had && query.CheckRule(n.stored, was, before) == nil {
			n.Broken = append(n.Broken, Broken{c.Name, property, err.Error()})
		}
		return text
	})
}
