// Import of records: tables are created, filled in the order of the rows, and indexed; then views
// are created.

package pocketbase

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// adopt creates and fills the tables of all collections, then the views, and reports properties
// that a save would refuse. The engine may retry the transaction, so adopt works on clones.
func (m *move) adopt(ctx context.Context, a *collection.AdoptTx, s *tables, read *contents) ([]*schema.Collection, error) {
	began := time.Now()
	// The function changes the collections, and may run twice.
	list := make([]*schema.Collection, len(read.collections))
	for i, d := range read.collections {
		list[i] = d.collection.Clone()
		if list[i].IsView() {
			continue
		}
		if err := m.fillTable(ctx, a, s, list[i], d.table); err != nil {
			return nil, err
		}
	}
	m.report.Took = time.Since(began)
	if err := m.adoptViews(a, list); err != nil {
		return nil, err
	}
	m.report.Collections = len(list)
	return list, m.judge(a, list)
}

// judge reports properties of the collections that would be refused if they were saved now.
func (m *move) judge(a *collection.AdoptTx, list []*schema.Collection) error {
	all := schema.NewSnapshot(0, list)
	for _, c := range list {
		fails, err := a.Judge(all, c)
		if err != nil {
			return err
		}
		for _, line := range fails.Lines() {
			m.report.note(kept, c.Name, "%s", line)
		}
	}
	return nil
}

// fillTable creates the table of a collection, copies its records, and then creates its
// indexes.
func (m *move) fillTable(ctx context.Context, a *collection.AdoptTx, s *tables, c *schema.Collection, from *table) error {
	// Indexes are created after the records: building them once is faster, and if the values do not
	// allow an index, that index alone is left out.
	if err := a.Table(c); err != nil {
		return err
	}
	if from == nil {
		m.report.note(adjusted, c.Name, "there was no table for it: it has no records")
	} else {
		extra, err := m.extraColumns(a, c, from)
		if err != nil {
			return err
		}
		if err := m.copyRecords(ctx, s, c, from, extra, record.NewBulk(a.Tx, c, extra)); err != nil {
			return err
		}
	}
	refused, err := a.Indexes(c)
	for _, r := range refused {
		m.report.note(adjusted, c.Name, "the index %s was left out: %s", r.Index, r.Reason)
	}
	return err
}

// extraColumns creates the columns of the source that belong to no field, since views may read
// them.
func (m *move) extraColumns(a *collection.AdoptTx, c *schema.Collection, from *table) ([]store.Column, error) {
	var extra []store.Column
	for _, name := range from.columns {
		if slices.ContainsFunc(c.Fields, func(f *schema.Field) bool { return strings.EqualFold(f.Name, name) }) {
			continue
		}
		// The type of the column in the source may mean nothing; a text can hold every value.
		column := store.Column{Name: name, Kind: store.ColumnText}
		refusal, err := a.Column(c, column)
		if err != nil {
			return nil, err
		}
		if refusal != "" {
			m.report.note(skipped, c.Name, "the column %s, which belongs to no field: %s", name, refusal)
			continue
		}
		m.report.note(kept, c.Name, "the column %s belongs to no field; it is kept as text, and no field of that name can be added before it is dropped", name)
		extra = append(extra, column)
	}
	return extra, nil
}

// copyRecords copies the rows of a table, row by row, in bounded memory.
func (m *move) copyRecords(ctx context.Context, s *tables, c *schema.Collection, from *table, extra []store.Column, to *record.Bulk) error {
	cells := m.cells(c, from)
	others := make([]int, len(extra))
	for i, column := range extra {
		others[i] = from.column(column.Name)
	}
	total, err := s.count(from)
	if err != nil {
		return unreadable(err)
	}
	ids := newIDs(c, from)
	to.Renamed = ids.rename
	rows, err := s.all(from)
	if err != nil {
		return unreadable(err)
	}
	defer rows.Close()
	values := make([]store.Value, len(cells)+len(extra))
	done := int64(0)
	for ; rows.Next(); done++ {
		if done%1024 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			m.Progress(c.Name, done, max(total, done+1))
		}
		for i := range cells {
			values[i] = cells[i].value(rows, ids.column)
		}
		for i, column := range others {
			values[len(cells)+i] = m.plainText(rows, column)
		}
		ids.see(values[ids.at].AsText())
		if err := to.Add(values); err != nil {
			return err
		}
	}
	if err := rows.Close(); err != nil {
		return unreadable(err)
	}
	if err := to.Flush(); err != nil {
		return err
	}
	m.Progress(c.Name, done, done)
	m.report.Records += done
	for i := range cells {
		cells[i].notes(m.report, c.Name)
	}
	ids.notes(m.report, c.Name)
	return nil
}

// cells returns a cell for each field of the collection.
func (m *move) cells(c *schema.Collection, from *table) []cell {
	list := make([]cell, len(c.Fields))
	for i, f := range c.Fields {
		list[i] = cell{field: f, from: from.column(f.Name), tidy: m.App.DB != ""}
		if list[i].from < 0 {
			m.report.note(adjusted, c.Name, "the field %s had no column: it is empty in all records", f.Name)
		}
	}
	return list
}

// plainText returns the value of a column that belongs to no field.
func (m *move) plainText(rows store.Rows, column int) store.Value {
	text := rows.Text(column)
	if m.App.DB != "" {
		text = (&cell{}).tidyText(text)
	}
	return store.Text(text)
}

// ids checks the ids of records against the pattern of the field, and counts new ones.
type ids struct {
	at      int // the position of the field
	column  int // of the source, 0 if there is none
	pattern *regexp.Regexp

	odd     int64
	oddID   string
	renamed int64
}

func newIDs(c *schema.Collection, from *table) *ids {
	i := &ids{at: c.FieldIndex("id"), column: max(0, from.column("id"))}
	if key, ok := c.Fields[i.at].Kind.(*schema.Text); ok {
		i.pattern, _ = regexp.Compile(key.Pattern) // a wrong pattern is reported with the collection
	}
	return i
}

func (i *ids) see(id string) {
	if id != "" && i.pattern != nil && !i.pattern.MatchString(id) {
		i.odd++
		i.oddID = id
	}
}

func (i *ids) rename(_, _ string) { i.renamed++ }

func (i *ids) notes(report *Report, collection string) {
	if i.odd > 0 {
		report.note(kept, collection, "id: %d records have ids of another shape than the field asks for, such as %q", i.odd, shortened(i.oddID))
	}
	if i.renamed > 0 {
		report.note(adjusted, collection, "id: %d records had no id of their own and have a new one", i.renamed)
	}
}
