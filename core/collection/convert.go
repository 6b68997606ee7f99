// Conversion of a field that changes its kind, or between one value and several: its column is
// converted row by row.

package collection

import (
	"math"

	"github.com/loambase/loam/core/internal/alter"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// convertedAtOnce is the number of rows that are read, converted and written at a time. It bounds
// the memory of a conversion of any table.
const convertedAtOnce = 1000

// convertColumn converts the values of a column in the order of the rows. If the column of the
// step has another name afterwards, the values go to a new column and the old one is dropped at
// the end.
func (w *schemaChange) convertColumn(step alter.ConvertColumn, next *schema.Snapshot) error {
	catalog, moves := w.cfg.Store.Catalog(), step.To.Name != step.From.Name
	if moves {
		if err := catalog.AddColumn(w.tx, step.Table, step.To.Column()); err != nil {
			return err
		}
	}
	// Rows are read by their numbers, not by an offset, which would read the earlier rows again
	// each time.
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
		// Before the values are recorded and written: a plan must show the values that would be
		// stored.
		if err := w.dropDangling(step, converted, next); err != nil {
			return err
		}
		w.recorder.converted(step, ids, values, converted)
		// A conversion of a file field may drop names; their files are deleted after the commit.
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

// stillFiles returns the converted values that are still names of files, none if the field is no
// longer a file field.
func stillFiles(to *schema.Field, converted []any) []any {
	if _, ok := to.Kind.(*schema.File); ok {
		return converted
	}
	return make([]any, len(converted))
}

// valuesAfter reads the next values to convert: those of the rows whose number is greater than
// after. last is the number of the last row read.
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

// load decodes a stored value. A list in the column of a single-value select, relation or file
// field is returned as its text, not cut to its last item, since it may be converted to several
// values.
func load(f *schema.Field, rows store.Rows) any {
	if f.IsChoice() && !f.Multiple() {
		return rows.Text(2)
	}
	return f.Load(rows, 2)
}

// fill writes the converted values. It leaves out rows whose column already has the value: the
// zero value in a new column, otherwise the value before.
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

// dropDangling removes from values that become a relation the ids without a record in the target
// collection. It does not change a relation field that stays one.
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

// existing returns the set of the ids in values that have a record in the table, by one query.
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
