package record

import (
	"context"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// FindByID is the record of that id, whatever the rules say: for code, not for
// callers. The collection is named by id or name. A missing one, of record or
// collection, is a fault that is NotFound.
func (s *Service) FindByID(ctx context.Context, collection, id string) (*Record, error) {
	return s.FindFirst(ctx, collection, "id", id, false)
}

// FindFirst is the oldest record whose field has that value, letter case of ASCII
// aside if nocase, with the faults of FindByID. Nothing is found by an empty text:
// to have no email address is not to have the same.
func (s *Service) FindFirst(ctx context.Context, collection, field string, value any, nocase bool) (found *Record, err error) {
	err = s.withReading(Caller{}, func(rd *reading) (err error) {
		found, err = rd.findFirst(ctx, collection, field, value, nocase)
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

func (rd *reading) findFirst(ctx context.Context, collection, field string, value any, nocase bool) (*Record, error) {
	c := rd.snapshot.Find(collection)
	if c == nil {
		return nil, fault.New(fault.NotFound, "")
	}
	f := c.Field(field)
	if f == nil {
		return nil, fault.New(fault.NotFound, "")
	}
	value = f.Kind.Cast(value)
	if value == "" {
		return nil, fault.New(fault.NotFound, "")
	}
	s := rd.service.Store
	sql := findSQL(s.Dialect(), c, f, nocase)
	var found *Record
	err := s.Read(ctx, rd.current(func(r store.Reader) error {
		rows, err := r.Query(sql, f.Value(value))
		if err != nil {
			return err
		}
		defer rows.Close()
		if rows.Next() {
			found = load(c, rows)
		}
		return rows.Close()
	}))
	if err == nil && found == nil {
		err = fault.New(fault.NotFound, "")
	}
	return found, err
}

func findSQL(d store.Dialect, c *schema.Collection, f *schema.Field, nocase bool) string {
	name, order := quoteName(f.Name), "_rowid_"
	where := name + " = $1"
	if nocase {
		where = d.EqualFold(name, "$1")
	}
	if f.Kind.Column() == store.ColumnText && !f.IsID() {
		where += " AND " + name + " != ''" // lets an index serve that leaves empty texts out
	}
	if c.IsView() {
		order = quoteName("id")
	}
	return "SELECT " + columnNames(c) + " FROM " + quoteName(c.Name) + " WHERE " + where + " ORDER BY " + order + " LIMIT 1"
}

// Count is the number of records in the collection, whatever the rules say.
func (s *Service) Count(ctx context.Context, collection string) (int, error) {
	c := s.Snapshot().Find(collection)
	if c == nil {
		return 0, fault.New(fault.NotFound, "")
	}
	n := 0
	err := s.Store.Read(ctx, func(r store.Reader) (err error) {
		n, err = integer(r, "SELECT count(*) FROM "+quoteName(c.Name))
		return err
	})
	return n, err
}

// load is the record in the row, which holds columnNames.
func load(c *schema.Collection, rows store.Rows) *Record {
	r := &Record{collection: c, values: make([]any, len(c.Fields))}
	for i, f := range c.Fields {
		r.values[i] = f.Load(rows, i)
	}
	return r
}

// columnNames are the columns of all fields, as a SELECT lists them.
func columnNames(c *schema.Collection) string {
	list := ""
	for i, f := range c.Fields {
		if i > 0 {
			list += ", "
		}
		list += quoteName(f.Name)
	}
	return list
}

func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
