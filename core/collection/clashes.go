// Failures of unique indexes list the records that violate the index, so that these can be
// corrected.

package collection

import (
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// maxClashes is the maximum number of such records in a failure.
const maxClashes = 20

// clashes returns the records of the collection with equal keys of the index, in groups: each
// record with its id and the texts of the index, unless they are hidden.
func (w *schemaChange) clashes(c *schema.Collection, ix store.Index) ([][]map[string]string, error) {
	ids, err := w.cfg.Store.Catalog().Clashes(w.tx, ix, maxClashes)
	if err != nil {
		return nil, err
	}
	shown := shownColumns(c, ix)
	groups := make([][]map[string]string, len(ids))
	for i, group := range ids {
		for _, id := range group {
			r, err := w.texts(c, shown, id)
			if err != nil {
				return nil, err
			}
			groups[i] = append(groups[i], r)
		}
	}
	return groups, nil
}

// shownColumns returns the text fields among the columns of the index whose values may be shown.
func shownColumns(c *schema.Collection, ix store.Index) (names []string) {
	for _, column := range ix.Columns {
		f := c.Field(column.Name)
		if f == nil || f.Hidden || f.IsID() || f.Type() == "password" || f.Kind.Column() != store.ColumnText {
			continue
		}
		names = append(names, f.Name)
	}
	return names
}

// texts returns the id and the columns of one record, each cut like an example.
func (w *schemaChange) texts(c *schema.Collection, columns []string, id string) (map[string]string, error) {
	r := map[string]string{"id": id}
	if len(columns) == 0 {
		return r, nil
	}
	quoted := make([]string, len(columns))
	for i, name := range columns {
		quoted[i] = store.Quote(name)
	}
	rows, err := w.tx.Query("SELECT "+strings.Join(quoted, ", ")+" FROM "+store.Quote(c.Name)+` WHERE "id" = $1`, store.Text(id))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		for i, name := range columns {
			r[name] = cut(rows.Text(i))
		}
	}
	return r, rows.Close()
}

// spelledClashes describes the groups in a sentence.
func spelledClashes(c *schema.Collection, ix store.Index, groups [][]map[string]string) string {
	shown := shownColumns(c, ix)
	spelled := make([]string, len(groups))
	for i, group := range groups {
		records := make([]string, len(group))
		for j, r := range group {
			records[j] = r["id"]
			for _, name := range shown {
				records[j] += " (" + r[name] + ")"
			}
		}
		spelled[i] = strings.Join(records, " and ")
	}
	return strings.Join(spelled, ", ")
}
