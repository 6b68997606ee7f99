// Reading logs through the planner of records: pages, single entries, and numbers by hour.

package logs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// described is the definition of the table for the planner. No snapshot of the App has it.
var described = describe()

// hourColumn is the column of hours since 1970 in the view of the compact form. No filter can name
// the column, because its name has a space.
const hourColumn = "entry hour"

// describedHours is described with the column hourColumn, for Stats.
var describedHours = describe(&schema.Field{Name: hourColumn, Kind: &schema.Number{}})

func describe(more ...*schema.Field) *schema.Snapshot {
	return schema.NewSnapshot(0, []*schema.Collection{{ID: table, Name: table, Type: schema.Base, Fields: append([]*schema.Field{
		{Name: "id", Kind: &schema.Text{PrimaryKey: true}},
		{Name: "level", Kind: &schema.Number{}},
		{Name: "message", Kind: &schema.Text{}},
		{Name: "data", Kind: &schema.JSON{}},
		{Name: "created", Kind: &schema.Date{}},
	}, more...)}})
}

func (s *Service) scope(of *schema.Snapshot) query.Scope {
	return query.Scope{Snapshot: of, Collection: of.All()[0], Request: &query.Request{}, Now: s.cfg.Now()}
}

// read lists the columns of an entry in the order in which the API returns them.
var read = []string{"id", "created", "data", "message", "level"}

// List returns one page of the entries as JSON, sorted by Sort, or the oldest first if Sort is "".
// Filter and Sort may use id, created, level, message, and data with a path. With Walk, Page.Next
// is the Cursor of the next page. Expand is ignored. A Filter or Sort that cannot be planned, and a
// Cursor of another Sort, is an Invalid fault. A caller who is not a superuser gets the fault of
// record.Caller.RequireSuperuser.
func (s *Service) List(ctx context.Context, caller record.Caller, p record.ListParams) (*record.Page, error) {
	p.Clamp()
	page := &record.Page{Page: p.Page, PerPage: p.PerPage, TotalItems: -1, TotalPages: -1}
	const far = 1 << 40 // the offset must not overflow
	sel := query.Select{
		Scope: s.scope(described), Columns: read, Filter: p.Filter, Sort: p.Sort,
		Limit: p.PerPage, Offset: min(p.Page-1, far) * p.PerPage,
	}
	if p.Cursor != "" {
		sel.After, sel.Offset = p.Cursor, 0
	}
	if p.Walk {
		sel.Keys = true
		sel.Limit++ // an entry beyond the page shows that there is a next page
	}
	err := s.reading(ctx, caller, func(db *database) (func(store.Reader) error, error) {
		items, err := db.planner.Compile(sel)
		if err != nil {
			return nil, err
		}
		count, err := db.planner.Count(sel)
		return func(r store.Reader) (err error) {
			if !p.SkipTotal {
				if page.TotalItems, err = number(r, count); err != nil {
					return err
				}
				page.TotalPages = (page.TotalItems + page.PerPage - 1) / page.PerPage
			}
			page.Items, page.Next, err = encode(r, items, p.PerPage)
			return err
		}, err
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// Get returns one entry as JSON. The fault is NotFound for an unknown id, and that of
// record.Caller.RequireSuperuser for a caller who is not a superuser.
func (s *Service) Get(ctx context.Context, caller record.Caller, id string) (entry []byte, err error) {
	err = s.reading(ctx, caller, func(db *database) (func(store.Reader) error, error) {
		return func(r store.Reader) error {
			row, found, err := rowOf(r, plain(id))
			if err != nil || !found {
				return err
			}
			entry, _, err = encode(r, &query.Plan{SQL: byRow, Args: []store.Value{store.Int(row)}}, 1)
			return err
		}, nil
	})
	if err != nil {
		return nil, err
	}
	if entry == nil {
		return nil, fault.New(fault.NotFound, "")
	}
	return entry[1 : len(entry)-1], nil
}

// Hour is the number of entries in an hour.
type Hour struct {
	Date  string `json:"date"` // the beginning of the hour
	Total int64  `json:"total"`
}

// Stats counts the entries that match the filter by hour, the oldest hour first. Hours without
// entries are left out. The faults are those of List.
func (s *Service) Stats(ctx context.Context, caller record.Caller, filter string) (hours []Hour, err error) {
	err = s.reading(ctx, caller, func(db *database) (func(store.Reader) error, error) {
		sel := s.byHour(db, filter)
		_, err := db.planner.Aggregate(sel)
		return func(r store.Reader) error {
			hours = []Hour{}
			for sel.Offset = 0; sel.Offset == len(hours); sel.Offset += sel.Limit { // until a page is not full
				plan, err := db.planner.Aggregate(sel)
				if err != nil {
					return err
				}
				if hours, err = appendHours(hours, r, plan); err != nil {
					return err
				}
			}
			return nil
		}, err
	})
	return hours, err
}

// byHour returns the aggregate that counts the entries of the filter by hour: by hourColumn in the
// compact form, by the parts of the time in the plain form.
func (s *Service) byHour(db *database, filter string) query.Aggregate {
	sel := query.Aggregate{Filter: filter, Values: []query.Figure{{Func: query.Count}}, Limit: query.MaxGroups}
	if db.compact {
		sel.Scope, sel.GroupBy = s.scope(describedHours), []query.GroupKey{{Path: hourColumn}}
		return sel
	}
	sel.Scope = s.scope(described)
	for _, part := range []query.DatePart{query.Year, query.Month, query.Day, query.Hour} {
		sel.GroupBy = append(sel.GroupBy, query.GroupKey{Path: "created", Part: part})
	}
	return sel
}

func appendHours(hours []Hour, r store.Reader, plan *query.AggregatePlan) ([]Hour, error) {
	rows, err := r.Query(plan.SQL, plan.Args...)
	if err != nil {
		return nil, err
	}
	count := len(plan.Outputs) - 1 // index of the count, which follows the keys
	for rows.Next() {
		h := Hour{Total: plan.Value(rows, count).(int64)}
		if count == 1 {
			h.Date = time.Unix(int64(plan.Value(rows, 0).(float64))*3600, 0).UTC().Format(hourLayout)
		} else {
			h.Date = fmt.Sprintf("%04d-%02d-%02d %02d:00:00.000Z", plan.Value(rows, 0), plan.Value(rows, 1), plan.Value(rows, 2), plan.Value(rows, 3))
		}
		hours = append(hours, h)
	}
	return hours, rows.Close()
}

// hourLayout is the time layout of Hour.Date.
const hourLayout = "2006-01-02 15:00:00.000Z"

// reading calls plan, and then the returned function in one read transaction. Errors of plan become
// Invalid faults with their reason, since the caller is a superuser.
func (s *Service) reading(ctx context.Context, caller record.Caller, plan func(*database) (func(store.Reader) error, error)) error {
	if err := caller.RequireSuperuser(); err != nil {
		return err
	}
	db, err := s.open(ctx)
	if err != nil {
		return unavailable(err)
	}
	fn, err := plan(db)
	var wrong *query.Error
	if errors.As(err, &wrong) {
		return &fault.Error{Kind: fault.Invalid, Reason: wrong.Message, Err: err}
	}
	if err != nil {
		return err
	}
	s.settle(ctx)
	switch err = db.Read(ctx, fn); {
	case errors.Is(err, store.ErrTimeout):
		return fault.Wrap(fault.Invalid, "The query takes too long.", err)
	case damaged(err):
		s.replace(db, err)
		return unavailable(err)
	}
	return err
}

// unavailable returns the fault of logs that cannot be read at the moment.
func unavailable(err error) error {
	if fault.KindOf(err) == fault.Unavailable {
		return err
	}
	return fault.Wrap(fault.Unavailable, "The logs cannot be read at the moment.", err)
}

// number reads the result of a plan that counts.
func number(r store.Reader, plan *query.Plan) (n int, err error) {
	if plan.Empty {
		return 0, nil
	}
	total, err := store.Number(r, plan.SQL, plan.Args...)
	return int(total), err
}

// encode returns the first entries of a plan, at most limit, as a JSON list. next is the cursor of
// the last of them if there are more entries, else "".
func encode(r store.Reader, plan *query.Plan, limit int) (list []byte, next string, err error) {
	if plan.Empty {
		return []byte("[]"), "", nil
	}
	rows, err := r.Query(plan.SQL, plan.Args...)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	dst, last := []byte{'['}, ""
	for n := 0; rows.Next(); n++ {
		if n == limit {
			next = last
			break
		}
		if n == limit-1 {
			last = plan.Cursor(rows)
		}
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"id":`...)
		dst = schema.AppendString(dst, rows.Bytes(0))
		dst = append(dst, `,"created":`...)
		dst = schema.AppendString(dst, rows.Bytes(1))
		dst = append(dst, `,"data":`...)
		dst = schema.AppendJSON(dst, rows.Bytes(2))
		dst = append(dst, `,"message":`...)
		dst = schema.AppendString(dst, rows.Bytes(3))
		dst = append(dst, `,"level":`...)
		dst = schema.AppendNumber(dst, rows.Float(4))
		dst = append(dst, '}')
	}
	return append(dst, ']'), next, rows.Close()
}
