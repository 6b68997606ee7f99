package record

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

const (
	defaultPerPage = 30
	maxPerPage     = 1000
)

// List is a page of the collection's records that satisfy the list rule and the
// filter (docs/wire/records.md §4.2). Faults: NotFound for an unknown collection,
// Forbidden where only superusers may list or filter so, Invalid for what cannot
// be read as a filter, sort or cursor or takes too long.
func (s *Service) List(ctx context.Context, caller Caller, collection string, p ListParams) (page *Page, err error) {
	if s.Hooks.Request.Empty() {
		return s.list(ctx, caller, collection, p)
	}
	e := &RequestEvent{Context: ctx, Operation: OpList, Caller: caller, List: &p}
	err = s.request(e, collection, func(e *RequestEvent) error {
		page, err = s.list(ctx, e.Caller, collection, *e.List)
		return err
	})
	return page, err
}

func (s *Service) list(ctx context.Context, caller Caller, collection string, p ListParams) (page *Page, err error) {
	err = s.withReading(caller, func(rd *reading) error {
		page, err = rd.list(ctx, collection, p)
		return err
	})
	return page, err
}

func (rd *reading) list(ctx context.Context, collection string, p ListParams) (*Page, error) {
	c, rule, err := rd.collection(collection, func(c *schema.Collection) *string { return c.ListRule })
	if err != nil {
		return nil, err
	}
	if !rd.superuser {
		if err := restrict(p); err != nil {
			return nil, err
		}
	}
	p.clamp()
	l := &listing{reading: rd, params: p, set: rd.service.rowset()}
	defer func() {
		if l.set != nil {
			rd.service.recycle(l.set)
		}
	}()
	l.prepare(c, rule)
	if l.plan, err = rd.service.planner.Compile(l.selection); err != nil {
		return nil, unreadable(err, fault.Invalid)
	}
	if err := rd.readCurrent(ctx, l.run); err != nil {
		return nil, unreadable(rd.ofView(err, l.plan), fault.Invalid)
	}
	return l.page(), nil
}

// restrict refuses what only superusers may write in a filter or sort, also
// inside a text.
func restrict(p ListParams) error {
	for _, word := range [...]string{"@collection.", "@request."} {
		if strings.Contains(p.Filter, word) || strings.Contains(p.Sort, word) {
			return fault.New(fault.Forbidden, "Only superusers can filter by "+word)
		}
	}
	return nil
}

func (p *ListParams) clamp() {
	p.Page = max(p.Page, 1)
	if p.PerPage <= 0 {
		p.PerPage = defaultPerPage
	}
	p.PerPage = min(p.PerPage, maxPerPage)
}

// offset is the number of records before the page. A page that is too far to be
// numbered is empty like any other beyond the end.
func (p *ListParams) offset() int {
	if p.Cursor != "" {
		return 0
	}
	if p.Page-1 > math.MaxInt32*p.PerPage {
		return math.MaxInt32 * p.PerPage
	}
	return (p.Page - 1) * p.PerPage
}

// listing is one List at work.
type listing struct {
	*reading
	params    ListParams
	selection query.Select
	plan      *query.Plan
	shape     *shape
	set       *rowset
	expand    *expansion
	nodes     []*node

	more  bool // records follow the page
	next  string
	total int // -1 when not counted
}

func (l *listing) prepare(c *schema.Collection, rule string) {
	l.shape = l.service.shape(l.snapshot, c, l.superuser)
	l.expand = l.expansion()
	l.nodes = l.expand.nodes(c, parseExpand(l.params.Expand))
	l.selection = l.sel(l.shape, l.caller.request(l.caller.Body), rule)
	l.selection.Filter, l.selection.Sort = l.params.Filter, l.params.Sort
	l.selection.Restricted, l.selection.Keys = !l.superuser, true
	l.selection.Limit = l.params.PerPage + 1 // one more tells whether there is a next page
	l.selection.Offset, l.selection.After = l.params.offset(), l.params.Cursor
}

// run reads the page, its total and its expanded relations in one state of the
// database.
func (l *listing) run(r store.Reader) error {
	l.more, l.next, l.total = false, "", -1
	l.set.reset(l.shape, l.nodes)
	var stamp uint64
	var stamped bool
	if !l.params.SkipTotal {
		stamp, stamped = r.Stamp(l.plan.Tables...)
	}
	if !l.plan.Empty {
		if err := l.readRows(r); err != nil {
			return err
		}
	}
	if !l.params.SkipTotal {
		if err := l.count(r, stamp, stamped); err != nil {
			return fmt.Errorf("count: %w", err)
		}
	}
	l.expand.run(r, l.set)
	return nil
}

func (l *listing) readRows(r store.Reader) error {
	rows, err := r.Query(l.plan.SQL, l.plan.Args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if len(l.set.rows) == l.params.PerPage {
			l.more = true
			break
		}
		if len(l.set.buf) > l.service.PageLimit { // the page is in memory, some times over
			return &fault.Error{Kind: fault.Invalid, Reason: "the page is too large: ask for fewer records"}
		}
		l.set.add(rows, l.caller)
		if len(l.set.rows) == l.params.PerPage {
			l.next = l.plan.Cursor(rows)
		}
	}
	return cmp.Or(l.set.err, rows.Close())
}

// count sets the total, which the page itself may tell.
func (l *listing) count(r store.Reader, stamp uint64, stamped bool) error {
	seen := len(l.set.rows)
	if l.params.Cursor == "" && !l.more && (seen > 0 || l.params.Page == 1) {
		l.total = l.selection.Offset + seen
		return nil
	}
	sel := l.selection
	sel.Sort = ""
	plan, err := l.service.planner.Count(sel)
	if err != nil {
		return err
	}
	if plan.Empty {
		l.total = 0
		return nil
	}
	key, keep := totalKey(l.snapshot, plan, l.plan.Tables)
	keep = keep && stamped
	if keep {
		if n, ok := l.service.kept.totals.get(key, stamp); ok {
			l.total = n
			return nil
		}
	}
	if l.total, err = integer(r, plan.SQL, plan.Args...); err == nil && keep {
		l.service.kept.totals.put(key, stamp, l.total)
	}
	return err
}

func (l *listing) page() *Page {
	p := &Page{Page: l.params.Page, PerPage: l.params.PerPage, TotalItems: l.total, TotalPages: -1, Items: l.set.list()}
	if l.total >= 0 {
		p.TotalPages = (l.total + p.PerPage - 1) / p.PerPage
	}
	if l.more {
		p.Next = l.next
	}
	if len(l.set.edges) == 0 { // then the items are its memory
		p.set, p.service, l.set = l.set, l.service, nil
	}
	return p
}
