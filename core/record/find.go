// Finding records as values, for Go code: by filter, id or field.

package record

import (
	"context"
	"strconv"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Query describes records to find.
type Query struct {
	Collection string // id or name

	// Filter is an expression as in a list; "" is every record. {:name} in it stands for
	// Params["name"]: a string, a number, a bool, a time.Time or nil.
	Filter string
	Params map[string]any

	Sort   string // as in a list; "" is the order of insertion
	Limit  int    // 0: no limit
	Offset int
}

// Find returns the records that satisfy the list rule of their collection for the caller
// and the filter; Root gets all that satisfy the filter. No hook runs. Faults: NotFound
// for an unknown collection; Forbidden where only superusers may list, and for words that
// only they may use; Invalid for a filter or sort that cannot be used, a missing parameter and a query that takes too
// long.
func (s *Service) Find(ctx context.Context, caller Caller, q Query) (found []*Record, err error) {
	err = s.readWithRetry(caller, func(rq *readRequest) (err error) {
		c, rule, err := rq.resolve(q.Collection, func(c *schema.Collection) *string { return c.ListRule })
		if err != nil {
			return err
		}
		filter, bound, err := rq.bindFilter(q.Filter, q.Params, q.Sort)
		if err != nil {
			return err
		}
		plan, err := rq.service.planner.Compile(query.Select{
			Scope: rq.scope(c, rq.caller.Body), Columns: fieldNames(c), Rule: rule,
			Filter: filter, FilterExpr: bound, Sort: q.Sort, Restricted: !rq.superuser, Limit: q.Limit, Offset: q.Offset,
		})
		if err != nil {
			return readFault(err, fault.Invalid)
		}
		found = nil
		if plan.Empty {
			return nil
		}
		err = rq.read(ctx, pageWork(plan.Work, q.Limit, q.Offset), func(r store.Reader) (err error) {
			found, err = queryRecords(r, c, plan.SQL, plan.Args...)
			return err
		})
		return readFault(rq.viewFault(err, plan.Tables), fault.Invalid)
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// FindByID returns the record of that id, whatever the rules say: it is for code that
// judges its caller itself. The collection is named by id or name. The fault is NotFound
// if there is no such record or collection.
func (s *Service) FindByID(ctx context.Context, collection, id string) (*Record, error) {
	return s.FindFirst(ctx, collection, "id", id, false)
}

// FindFirst returns the oldest record whose field has that value, whatever the rules
// say; nocase ignores the letter case of ASCII letters. An empty value matches nothing:
// two records without an e-mail address do not share one. The faults are those of
// FindByID.
func (s *Service) FindFirst(ctx context.Context, collection, field string, value any, nocase bool) (found *Record, err error) {
	err = s.readWithRetry(Caller{}, func(rq *readRequest) (err error) {
		found, err = rq.findFirst(ctx, collection, field, value, nocase)
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// FindUnique is FindFirst by a field that identifies records, such as the e-mail address of
// an account: letter case counts unless the unique index of the field is COLLATE NOCASE.
func (s *Service) FindUnique(ctx context.Context, collection, field string, value any) (found *Record, err error) {
	err = s.readWithRetry(Caller{}, func(rq *readRequest) (err error) {
		c := rq.snapshot.Find(collection)
		found, err = rq.findFirst(ctx, collection, field, value, c != nil && c.FoldsCase(field))
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// findFirst is FindFirst by one snapshot. The empty value is refused before the query: of
// numbers, 0 is a value and is looked for.
func (rq *readRequest) findFirst(ctx context.Context, collection, field string, value any, nocase bool) (*Record, error) {
	c := rq.snapshot.Find(collection)
	if c == nil {
		return nil, missing()
	}
	f := c.Field(field)
	if f == nil {
		return nil, missing()
	}
	value = f.Kind.Cast(value)
	if value == "" {
		return nil, missing()
	}
	s := rq.service.cfg.Store
	sql := findSQL(s.Dialect(), c, f, nocase)
	var found []*Record
	err := s.Read(ctx, rq.ifCurrent(func(r store.Reader) (err error) {
		found, err = queryRecords(r, c, sql, f.Value(value))
		return err
	}))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, missing()
	}
	return found[0], nil
}

// findSQL returns the statement of FindFirst. Its conditions are written so that the index of
// the field serves them, on both engines.
func findSQL(d store.Dialect, c *schema.Collection, f *schema.Field, nocase bool) string {
	name, order := store.Quote(f.Name), "_rowid_"
	where := name + " = $1"
	if nocase {
		where = d.EqualFold(name, "$1")
	}
	// PostgreSQL cannot index long texts whole: the index of such a field is on its first n
	// characters. The planner uses it only for a condition that names the same expression.
	if n := strconv.Itoa(d.Prefix(c.Name, f.Name, nocase)); n != "0" {
		column, value := name, d.Param("$1", store.ColumnText)
		if nocase {
			column, value = "lower("+name+")", "lower("+value+")"
		}
		where += " AND left(" + column + ", " + n + ") = left(" + value + ", " + n + ")"
	}
	if f.Kind.Column() == store.ColumnText && !f.IsID() {
		where += " AND " + name + " != ''" // lets a partial index serve that leaves out empty texts
	}
	if c.IsView() {
		order = store.Quote("id")
	}
	return "SELECT " + columnNames(c) + " FROM " + store.Quote(c.Name) + " WHERE " + where + " ORDER BY " + order + " LIMIT 1"
}

// Count returns the number of records in the collection, whatever the rules say. The
// fault is NotFound if there is no such collection.
func (s *Service) Count(ctx context.Context, collection string) (int, error) {
	c := s.cfg.Snapshot().Find(collection)
	if c == nil {
		return 0, missing()
	}
	n := 0
	err := s.cfg.Store.Read(ctx, func(r store.Reader) (err error) {
		n, err = queryInt(r, "SELECT count(*) FROM "+store.Quote(c.Name))
		return err
	})
	return n, err
}

// queryRecords returns the records of a query whose columns are columnNames.
func queryRecords(r store.Reader, c *schema.Collection, sql string, args ...store.Value) ([]*Record, error) {
	rows, err := r.Query(sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []*Record
	for rows.Next() {
		list = append(list, load(c, rows))
	}
	return list, rows.Close()
}

// load returns the record in the row, whose columns are columnNames.
func load(c *schema.Collection, rows store.Rows) *Record {
	r := &Record{collection: c, values: make([]any, len(c.Fields)), stored: true}
	for i, f := range c.Fields {
		r.values[i] = f.Load(rows, i)
	}
	return r
}

// fieldNames are the names of all fields.
func fieldNames(c *schema.Collection) []string {
	names := make([]string, len(c.Fields))
	for i, f := range c.Fields {
		names[i] = f.Name
	}
	return names
}

// columnNames are the columns of all fields, as a SELECT lists them.
func columnNames(c *schema.Collection) string {
	list := ""
	for i, f := range c.Fields {
		if i > 0 {
			list += ", "
		}
		list += store.Quote(f.Name)
	}
	return list
}
