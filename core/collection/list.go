// List of collections (GET /api/collections): pages, filters and sorts over the table
// _collections, through the planner of records.

package collection

import (
	"context"
	"errors"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// listed returns a collection that describes the columns of _collections that filters and sorts
// may use. It exists only for the planner and is in no snapshot of collections.
func listed() *schema.Collection {
	text := func(name string) *schema.Field { return &schema.Field{Name: name, Kind: &schema.Text{}} }
	return &schema.Collection{ID: "_collections", Name: "_collections", Type: schema.Base, Fields: []*schema.Field{
		{Name: "id", Kind: &schema.Text{PrimaryKey: true}},
		text("created"), text("updated"), text("name"), text("type"),
		{Name: "system", Kind: &schema.Bool{}},
	}}
}

// List returns one page of the collections, as JSON. Filter and sort may use id, created,
// updated, name, system and type; the error for an expression that cannot be planned is a
// fault.Invalid. Expand and Cursor are ignored.
func (s *Service) List(ctx context.Context, caller record.Caller, p record.ListParams) (page *record.Page, err error) {
	e := &OperationEvent{Operation: record.OpList, Caller: caller, List: &p}
	err = s.around(ctx, e, "", func(e *OperationEvent) (err error) {
		page, err = s.listAsked(ctx, e.Caller, *e.List)
		return err
	})
	return page, err
}

// listAsked does the work of List, within the Request hooks.
func (s *Service) listAsked(ctx context.Context, caller record.Caller, p record.ListParams) (*record.Page, error) {
	if err := caller.RequireSuperuser(); err != nil {
		return nil, err
	}
	p.Clamp()
	page := &record.Page{Page: p.Page, PerPage: p.PerPage, TotalItems: -1, TotalPages: -1}
	sel := query.Select{
		Scope:   query.Scope{Snapshot: s.listing, Collection: s.listing.All()[0], Request: &query.Request{}, Now: s.cfg.Now()},
		Columns: []string{"id"}, Filter: p.Filter, Sort: p.Sort,
	}
	items, err := s.planner.Compile(paged(sel, page))
	if err != nil {
		return nil, unreadable(err)
	}
	count, err := s.planner.Count(sel)
	if err != nil {
		return nil, unreadable(err)
	}
	err = s.cfg.Store.Read(ctx, func(r store.Reader) error {
		if !p.SkipTotal {
			if err := total(r, count, page); err != nil {
				return err
			}
		}
		ids, err := ids(r, items)
		if err != nil {
			return err
		}
		page.Items, err = encode(s.cfg.Snapshots.Load(), ids)
		return err
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// paged returns the select of one page. The page number is limited so that the offset
// cannot overflow; such a page is empty.
func paged(sel query.Select, page *record.Page) query.Select {
	sel.Limit = page.PerPage
	const far = 1 << 40
	sel.Offset = min(page.Page-1, far) * page.PerPage
	return sel
}

// unreadable turns an error of the planner into a fault.Invalid with its reason: the caller is a
// superuser.
func unreadable(err error) error {
	var wrong *query.Error
	if errors.As(err, &wrong) {
		return &fault.Error{Kind: fault.Invalid, Reason: wrong.Message, Err: err}
	}
	return err
}

// total counts all items of the list into the page.
func total(r store.Reader, count *query.Plan, page *record.Page) error {
	page.TotalItems = 0
	if !count.Empty {
		n, err := store.Number(r, count.SQL, count.Args...)
		if err != nil {
			return err
		}
		page.TotalItems = int(n)
	}
	page.TotalPages = (page.TotalItems + page.PerPage - 1) / page.PerPage
	return nil
}

// ids runs the plan and returns the ids of the collections in their order.
func ids(r store.Reader, plan *query.Plan) ([]string, error) {
	if plan.Empty {
		return nil, nil
	}
	return store.Texts(r, plan.SQL, plan.Args...)
}

// encode returns the JSON of the collections with the ids. A collection that was deleted after
// the snapshot was taken is left out.
func encode(s *schema.Snapshot, ids []string) ([]byte, error) {
	list := make([]*schema.Collection, 0, len(ids))
	for _, id := range ids {
		if c := s.ByID(id); c != nil {
			list = append(list, c)
		}
	}
	return schema.Marshal(list)
}
