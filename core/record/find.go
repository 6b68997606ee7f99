// Finding records as values, for Go code: by filter, id or field.

package record

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Query describes records to find.
type Query struct {
	Collection string   // id or name
	IDs        []string // only records with one of these ids; nil: no restriction

	// Filter is a filter expression of the API; "" selects every record. {:name} in Filter stands
	// for Params["name"]: a string, a number, a bool, a time.Time or nil. Params are bound as
	// values, never pasted into the expression.
	Filter string
	Params map[string]any

	Sort   string // a sort of the API; "" is the order of insertion, and no order with IDs
	Limit  int    // 0: no limit
	Offset int

	// Expand names relations whose related records are read too, in the syntax of Service.Expand.
	Expand string
}

// in wraps an error with the name of the query's collection. The kind of a fault stays the same.
func (q *Query) in(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("records of %q: %w", q.Collection, err)
}

// sink collects the rows of a query. reset drops the collected rows, since a read may be repeated.
type sink interface {
	reset(*schema.Collection) error
	columns() []int // positions of the fields to read; nil: all fields
	row(store.Rows) error
}

// recordSink is a sink that appends a Record for each row.
type recordSink struct {
	service *Service
	in      *schema.Collection
	list    []*Record
}

func (k *recordSink) reset(c *schema.Collection) error {
	k.in, k.list = c, nil
	return nil
}

func (k *recordSink) columns() []int { return nil }

func (k *recordSink) row(rows store.Rows) error {
	k.list = append(k.list, k.service.load(k.in, rows))
	return nil
}

// ruleOf returns the rule of a collection that records must satisfy: listRule or viewRule.
type ruleOf func(*schema.Collection) *string

func listRule(c *schema.Collection) *string { return c.ListRule }

func viewRule(c *schema.Collection) *string { return c.ViewRule }

// Find returns the records that satisfy the filter and, for the caller, the list rule of the
// collection; for Root no rule applies. No hook runs. The error names the collection. Faults:
// NotFound for an unknown collection; Forbidden where only superusers may list, and for words of
// the filter that only superusers may use; Invalid for a filter, sort or relation that cannot be
// used, for a missing parameter, and for a query that takes too long.
func (s *Service) Find(ctx context.Context, caller Caller, q Query) ([]*Record, error) {
	list, _, err := s.findRecords(ctx, caller, q, listRule, nil)
	return list, err
}

// FindOne returns the first record of a query, with the faults of Find, and NotFound if no record
// satisfies the query.
func (s *Service) FindOne(ctx context.Context, caller Caller, q Query) (*Record, error) {
	q.Limit = 1
	list, err := s.Find(ctx, caller, q)
	if err == nil && len(list) == 0 {
		err = q.in(missing())
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// findRecords runs find and returns the rows as Records, with the related records of q.Expand.
func (s *Service) findRecords(ctx context.Context, caller Caller, q Query, rule ruleOf, walk *string) (list []*Record, next string, err error) {
	into := &recordSink{service: s}
	if next, err = s.find(ctx, caller, q, rule, walk, into); err != nil {
		return nil, "", err
	}
	return into.list, next, nil
}

// find runs a query and adds its rows to the sink. If walk is not nil, the query reads the page
// after the cursor *walk ("" for the first page), and next is the cursor of the following page.
func (s *Service) find(ctx context.Context, caller Caller, q Query, rule ruleOf, walk *string, into sink) (next string, err error) {
	err = s.readWithRetry(caller, func(rq *readRequest) error {
		plan, c, err := rq.planFind(&q, rule, walk, into)
		if err != nil {
			return err
		}
		relations, err := rq.relations(ctx, c, q.Expand)
		if err != nil || plan.Empty {
			return err
		}
		work := expandWork(pageWork(plan.Work, q.Limit, q.Offset), q.Expand, relations.nodes)
		err = rq.read(ctx, work, func(r store.Reader) (err error) {
			if next, err = readInto(r, c, plan, walk != nil, into); err != nil {
				return err
			}
			if records, ok := into.(*recordSink); ok {
				err = relations.read(r, records.list)
			}
			return err
		})
		return readFault(rq.viewFault(err, plan.Tables), fault.Invalid)
	})
	return next, q.in(err)
}

// planFind compiles a query and resets the sink.
func (rq *readRequest) planFind(q *Query, rule ruleOf, walk *string, into sink) (*query.Plan, *schema.Collection, error) {
	sel, err := rq.selectFind(q, rule)
	if err != nil {
		return nil, nil, err
	}
	if err := into.reset(sel.Collection); err != nil {
		return nil, nil, err
	}
	sel.Columns = fieldNames(sel.Collection)
	if only := into.columns(); only != nil {
		sel.Columns = make([]string, len(only))
		for i, field := range only {
			sel.Columns[i] = sel.Collection.Fields[field].Name
		}
	}
	sel.Sort, sel.Limit, sel.Offset = q.Sort, q.Limit, q.Offset
	if walk != nil {
		if err := query.Cursors(q.Sort); err != nil {
			return nil, nil, readFault(err, fault.Invalid)
		}
		sel.Keys, sel.After = true, *walk
	}
	plan, err := rq.service.planner.Compile(sel)
	return plan, sel.Collection, readFault(err, fault.Invalid)
}

// readInto adds the rows of a plan to the sink. With walk, next is the cursor of the last row.
func readInto(r store.Reader, c *schema.Collection, plan *query.Plan, walk bool, into sink) (next string, err error) {
	if err := into.reset(c); err != nil {
		return "", err
	}
	rows, err := r.Query(plan.SQL, plan.Args...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	for rows.Next() {
		if err := into.row(rows); err != nil {
			return "", err
		}
		if walk {
			next = plan.Cursor(rows)
		}
	}
	return next, rows.Close()
}

// selectFind returns the selection of a query, without columns, order and limit.
func (rq *readRequest) selectFind(q *Query, rule ruleOf) (query.Select, error) {
	c, text, err := rq.resolve(q.Collection, rule)
	if err != nil {
		return query.Select{}, err
	}
	params := q.Params
	if params == nil && strings.Contains(q.Filter, "{:") {
		params = map[string]any{} // the error names the missing parameter
	}
	filter, bound, err := rq.bindFilter(q.Filter, params, q.Sort)
	if err != nil {
		return query.Select{}, err
	}
	return query.Select{Scope: rq.scope(c, rq.caller.Body), IDs: q.IDs, Rule: text, Filter: filter, FilterExpr: bound, Restricted: !rq.superuser}, nil
}

// FindByIDs returns the records of those ids in the order of the ids, without applying rules. A
// record is returned once even if its id is repeated, and unknown ids are skipped. The fault is
// NotFound for an unknown collection.
func (s *Service) FindByIDs(ctx context.Context, collection string, ids ...string) ([]*Record, error) {
	return s.findByIDs(ctx, Root(), Query{Collection: collection, IDs: ids})
}

func (s *Service) findByIDs(ctx context.Context, caller Caller, q Query) ([]*Record, error) {
	if q.IDs == nil {
		q.IDs = []string{} // nil would select all records
	}
	list, _, err := s.findRecords(ctx, caller, q, viewRule, nil)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*Record, len(list))
	for _, r := range list {
		byID[r.ID()] = r
	}
	ordered := list[:0]
	for _, id := range q.IDs {
		if r := byID[id]; r != nil {
			ordered = append(ordered, r)
			delete(byID, id)
		}
	}
	return ordered, nil
}

// CountMatching returns the number of records that Find would return without Limit and Offset, with
// the faults of Find.
func (s *Service) CountMatching(ctx context.Context, caller Caller, q Query) (n int, err error) {
	err = s.readWithRetry(caller, func(rq *readRequest) error {
		sel, err := rq.selectFind(&q, listRule)
		if err != nil {
			return err
		}
		plan, err := rq.service.planner.Count(sel)
		if err != nil {
			return readFault(err, fault.Invalid)
		}
		if n = 0; plan.Empty {
			return nil
		}
		err = rq.read(ctx, plan.Work, func(r store.Reader) (err error) {
			n, err = queryInt(r, plan.SQL, plan.Args...)
			return err
		})
		return readFault(rq.viewFault(err, plan.Tables), fault.Invalid)
	})
	if err != nil {
		return 0, q.in(err)
	}
	return n, nil
}

// FindByID returns the record with that id, without applying rules: its caller decides who may see
// the record. The collection is named by id or name. The fault is NotFound if there is no such
// record or collection.
func (s *Service) FindByID(ctx context.Context, collection, id string) (*Record, error) {
	return s.FindFirst(ctx, collection, "id", id, false)
}

// FindFirst returns the oldest record whose field has that value, without applying rules; nocase
// ignores the letter case of ASCII letters. An empty value matches nothing: two records without an
// e-mail address do not share one. The faults are those of FindByID.
func (s *Service) FindFirst(ctx context.Context, collection, field string, value any, nocase bool) (found *Record, err error) {
	err = s.readWithRetry(Caller{}, func(rq *readRequest) (err error) {
		found, err = rq.findFirst(ctx, collection, field, value, nocase)
		return err
	})
	if err != nil {
		return nil, (&Query{Collection: collection}).in(err)
	}
	return found, nil
}

// FindUnique does the same as FindFirst, by a field that identifies records, such as the e-mail
// address of an account: letter case counts unless the unique index of the field is COLLATE NOCASE.
func (s *Service) FindUnique(ctx context.Context, collection, field string, value any) (found *Record, err error) {
	err = s.readWithRetry(Caller{}, func(rq *readRequest) (err error) {
		c := rq.snapshot.Find(collection)
		found, err = rq.findFirst(ctx, collection, field, value, c != nil && c.FoldsCase(field))
		return err
	})
	if err != nil {
		return nil, (&Query{Collection: collection}).in(err)
	}
	return found, nil
}

// findFirst does the work of FindFirst in one snapshot. Empty values are refused before the query,
// except the number 0.
func (rq *readRequest) findFirst(ctx context.Context, collection, field string, value any, nocase bool) (*Record, error) {
	c := rq.snapshot.Find(collection)
	if c == nil {
		return nil, fmt.Errorf("there is no such collection: %w", missing())
	}
	f := c.Field(field)
	if f == nil {
		return nil, fmt.Errorf("there is no field %q: %w", field, missing())
	}
	value = f.Kind.Cast(value)
	if value == "" {
		return nil, missing()
	}
	s := rq.service.cfg.Store
	sql := findSQL(s.Dialect(), c, f, nocase)
	var found []*Record
	err := s.Read(ctx, rq.ifCurrent(func(r store.Reader) (err error) {
		found, err = rq.service.queryRecords(r, c, sql, f.Value(value))
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

// findSQL returns the statement of FindFirst. Its conditions have the form that lets the index of
// the field serve them, on both engines.
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

// Count returns the number of records in the collection, without applying rules. The fault is
// NotFound if there is no such collection.
func (s *Service) Count(ctx context.Context, collection string) (int, error) {
	c := s.cfg.Snapshot().Find(collection)
	if c == nil {
		return 0, (&Query{Collection: collection}).in(missingCollection())
	}
	n := 0
	err := s.cfg.Store.Read(ctx, func(r store.Reader) (err error) {
		n, err = queryInt(r, "SELECT count(*) FROM "+store.Quote(c.Name))
		return err
	})
	return n, err
}

// queryRecords runs a statement that selects columnNames, and returns its rows as Records.
func (s *Service) queryRecords(r store.Reader, c *schema.Collection, sql string, args ...store.Value) ([]*Record, error) {
	rows, err := r.Query(sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []*Record
	for rows.Next() {
		list = append(list, s.load(c, rows))
	}
	return list, rows.Close()
}

// load returns the record in the row, whose columns are columnNames, with s as its home.
func (s *Service) load(c *schema.Collection, rows store.Rows) *Record {
	r := load(c, rows)
	r.home = s
	return r
}

// load returns the record in the row, whose columns are columnNames.
func load(c *schema.Collection, rows store.Rows) *Record {
	r := &Record{collection: c, values: make([]any, len(c.Fields)), stored: true}
	for i, f := range c.Fields {
		r.values[i] = f.Load(rows, i)
	}
	return r
}

// fieldNames returns the names of all fields.
func fieldNames(c *schema.Collection) []string {
	names := make([]string, len(c.Fields))
	for i, f := range c.Fields {
		names[i] = f.Name
	}
	return names
}

// columnNames returns the columns of all fields, as a SELECT lists them.
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
