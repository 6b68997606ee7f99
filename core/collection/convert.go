package collection

import (
	"math"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/schema/alter"
)

// convertedAtOnce is how many rows are read, converted and written at a time.
const convertedAtOnce = 1000

// convertColumn takes a step that changes the kind of a field, or how many values it
// holds, row by row, in the order of the rows.
func (w *schemaChange) convertColumn(step alter.ConvertColumn, next *schema.Snapshot) error {
	catalog, moves := w.cfg.Store.Catalog(), step.To.Name != step.From.Name
	if moves {
		if err := catalog.AddColumn(w.tx, step.Table, step.To.Column()); err != nil {
			return err
		}
	}
	after := int64(math.MinInt64)
	for {
		ids, values, last, err := w.valuesAfter(step, after)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			break
		}
		after = last
		converted := make([]any, len(values))
		for i, v := range values {
			converted[i] = alter.Convert(step.From, step.To, v)
		}
		if err := w.dropDangling(step, converted, next); err != nil {
			return err
		}
		w.recorder.converted(step, ids, values, converted)
		if _, ok := step.From.Kind.(*schema.File); ok {
			w.looseFiles(next.Named(step.Table), ids, values, stillFiles(step.To, converted))
		}
		if err := w.fill(step, ids, values, converted); err != nil {
			return err
		}
	}
	if moves {
		return catalog.DropColumn(w.tx, step.Table, step.From.Name)
	}
	return nil
}

// stillFiles are the values of a converted file field that are names of files: none if
// it has become a field of another kind.
func stillFiles(to *schema.Field, converted []any) []any {
	if _, ok := to.Kind.(*schema.File); ok {
		return converted
	}
	return make([]any, len(converted))
}

// valuesAfter are the next values to convert, those of the rows after one.
func (w *schemaChange) valuesAfter(step alter.ConvertColumn, after int64) (ids []string, values []any, last int64, err error) {
	column := store.Quote(step.From.Name)
	if step.From.Kind.Column() == store.ColumnMulti {
		column = w.cfg.Store.Dialect().ListText(column)
	}
	rows, err := w.tx.Query(`SELECT "_rowid_", "id", `+column+` FROM `+store.Quote(step.Table)+
		` WHERE "_rowid_" > $1 ORDER BY "_rowid_" LIMIT $2`, store.Int(after), store.Int(convertedAtOnce))
	if err != nil {
		return nil, nil, 0, err
	}
	for rows.Next() {
		last = rows.Int(0)
		ids = append(ids, rows.Text(1))
		values = append(values, load(step.From, rows))
	}
	return ids, values, last, rows.Close()
}

// load is the stored value. A list that stands in the column of one value is not cut
// to its last item: it may be wanted whole.
func load(f *schema.Field, rows store.Rows) any {
	if f.IsChoice() && !f.Multiple() {
		return rows.Text(2)
	}
	return f.Load(rows, 2)
}

// fill writes the values that differ from what is in the column.
func (w *schemaChange) fill(step alter.ConvertColumn, ids []string, was, is []any) error {
	var changed []string
	var values []store.Value
	for i, v := range is {
		there := step.To.Kind.Zero()
		if step.To.Name == step.From.Name {
			there = was[i]
		}
		if !step.To.Equal(v, there) {
			changed = append(changed, ids[i])
			values = append(values, step.To.Value(v))
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return w.cfg.Store.Catalog().Fill(w.tx, step.Table, step.To.Column(), changed, values)
}

// dropDangling takes out of what becomes a relation the ids that no record has.
func (w *schemaChange) dropDangling(step alter.ConvertColumn, values []any, next *schema.Snapshot) error {
	k, ok := step.To.Kind.(*schema.Relation)
	if _, was := step.From.Kind.(*schema.Relation); !ok || was {
		return nil
	}
	target := next.ByID(k.CollectionID)
	known, err := w.existing(target.Name, values)
	if err != nil {
		return err
	}
	for i, v := range values {
		switch v := v.(type) {
		case string:
			if !known[v] {
				values[i] = ""
			}
		case []string:
			kept := []string{}
			for _, id := range v {
				if known[id] {
					kept = append(kept, id)
				}
			}
			values[i] = kept
		}
	}
	return nil
}

// existing are those of the ids that a record of the table has.
func (w *schemaChange) existing(table string, values []any) (map[string]bool, error) {
	var ids []string
	for _, v := range values {
		switch v := v.(type) {
		case string:
			ids = append(ids, v)
		case []string:
			ids = append(ids, v...)
		}
	}
	known := map[string]bool{}
	rows, err := w.tx.Query(`SELECT "id" FROM `+store.Quote(table)+` WHERE "id" IN (SELECT "value" FROM `+
		w.cfg.Store.Dialect().Items("$1", `"ids"`)+`)`, store.Text(string(schema.AppendStrings(nil, ids))))
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		known[rows.Text(0)] = true
	}
	return known, rows.Close()
}
