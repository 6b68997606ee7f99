// Listing records as JSON: filter, sort, fields, expand.

package record

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// List returns a page of the collection's records that satisfy the list rule and the filter, as
// JSON (docs/wire/records.md §4.2). Faults: NotFound for an unknown collection; Forbidden if only
// superusers may list or use such a filter; Invalid for a filter, sort or cursor that cannot be
// used, a page that is too large and a query that takes too long.
func (s *Service) List(ctx context.Context, caller Caller, collection string, p ListParams) (page *Page, err error) {
	list := func(caller Caller, p ListParams) error {
		return s.readWithRetry(caller, func(rq *readRequest) error {
			page, err = rq.list(ctx, collection, p)
			return err
		})
	}
	if s.cfg.Hooks.Request.Empty() {
		err = list(caller, p)
		return page, err
	}
	e := &RequestEvent{Operation: OpList, Caller: caller, List: &p}
	err = s.aroundRequest(ctx, e, collection, func(e *RequestEvent) error { return list(e.Caller, *e.List) })
	return page, err
}

// listRequest is the work of one List.
type listRequest struct {
	rq         *readRequest
	params     ListParams
	selection  query.Select
	plan       *query.Plan
	projection *projection
	set        *rowset
	expand     *treeRead
	nodes      []*treeNode
	maxBytes   int          // of the records of the page
	tooLarge   func() error // the fault of a page of more than maxBytes

	whole bool     // the page must hold all records
	ids   []string // of the records; not collected if it is nil

	more  bool   // records follow the page
	next  string // cursor of the next page
	total int    // -1 when not counted
}

// list does the work of List, within the Request hooks: it checks the request, plans it, reads it
// in one transaction, and makes the page.
func (rq *readRequest) list(ctx context.Context, collection string, p ListParams) (*Page, error) {
	c, rule, err := rq.resolve(collection, func(c *schema.Collection) *string { return c.ListRule })
	if err != nil {
		return nil, err
	}
	if !rq.superuser {
		if err := forbidSuperuserWords(p.Filter, p.Sort); err != nil {
			return nil, err
		}
	}
	p.Clamp()
	l := &listRequest{rq: rq, params: p, set: rq.service.newRowset(), maxBytes: rq.pageLimit(), tooLarge: errPageSize}
	defer func() {
		if l.set != nil { // the page has not taken the rowset
			rq.service.recycle(l.set)
		}
	}()
	// A caller who walks through all pages must learn at the first page that the sort has no
	// cursors, not at its end.
	if p.Walk {
		if err := query.Cursors(p.Sort); err != nil {
			return nil, readFault(err, fault.Invalid)
		}
	}
	l.prepare(ctx, c, rule)
	if l.plan, err = rq.service.planner.Compile(l.selection); err != nil {
		return nil, readFault(err, fault.Invalid)
	}
	if err := rq.read(ctx, l.work(), l.run); err != nil {
		return nil, readFault(rq.viewFault(err, l.plan.Tables), fault.Invalid)
	}
	if len(l.set.rows) == 0 {
		rq.blur(ctx, rule, p.Filter)
	}
	return l.page(), nil
}

// forbidSuperuserWords returns a fault if a filter or sort holds a word that only superusers may
// use, even inside a text.
func forbidSuperuserWords(expressions ...string) error {
	for _, word := range [...]string{"@collection.", "@request."} {
		if slices.ContainsFunc(expressions, func(text string) bool { return strings.Contains(text, word) }) {
			return fault.New(fault.Forbidden, "Only superusers can filter by "+word)
		}
	}
	return nil
}

// prepare describes the read: the columns of the answer, the relations to expand, and one record
// more than the page, which tells whether another page follows.
func (l *listRequest) prepare(ctx context.Context, c *schema.Collection, rule string) {
	rq := l.rq
	l.projection = rq.service.projection(rq.snapshot, c, rq.superuser)
	l.expand, l.nodes = rq.expand(ctx, l.projection, l.params.Expand)
	l.selection = rq.selection(l.projection, rq.caller.request(rq.caller.Body), rule)
	l.selection.Filter, l.selection.Sort = l.params.Filter, l.params.Sort
	l.selection.Restricted, l.selection.Keys = !rq.superuser, true
	l.selection.Limit = l.params.PerPage + 1 // one more record tells whether there is a next page
	l.selection.Offset, l.selection.After = l.params.offset(), l.params.Cursor
}

// work returns the expected cost of run.
func (l *listRequest) work() store.Work {
	w := pageWork(l.plan.Work, l.params.PerPage+1, l.params.offset())
	if !l.params.SkipTotal {
		w = store.Work{Shape: w.Shape.With(1)} // a count reads all records
	}
	return expandWork(w, l.params.Expand, l.nodes)
}

// run reads the page, its total and its expanded relations from one snapshot of the database.
func (l *listRequest) run(r store.Reader) error {
	l.more, l.next, l.total = false, "", -1
	if l.ids != nil {
		l.ids = l.ids[:0]
	}
	l.set.reset(l.projection, l.nodes, l.expand.enrich)
	// The stamp is taken before the rows are read: a count that is kept under the stamp must not be
	// newer than the stamp.
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
	return l.expand.run(r, l.set)
}

// readRows reads the page into the rowset as JSON. The cursor of the next page is taken from the
// last row of this page, while the rows stand on it.
func (l *listRequest) readRows(r store.Reader) error {
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
		if len(l.set.buf) > l.maxBytes {
			return l.tooLarge()
		}
		l.set.add(rows, l.rq.caller)
		if l.ids != nil {
			l.ids = append(l.ids, rows.Text(0))
		}
		if err := l.rq.hold(len(l.set.buf)); err != nil {
			return err
		}
		if len(l.set.rows) == l.params.PerPage {
			l.next = l.plan.Cursor(rows)
		}
	}
	return cmp.Or(l.set.err, rows.Close())
}

// page returns the answer. If no relation was expanded, its items are the memory of the rowset.
func (l *listRequest) page() *Page {
	p := &Page{Page: l.params.Page, PerPage: l.params.PerPage, TotalItems: l.total, TotalPages: -1, Items: l.set.list()}
	if l.total >= 0 {
		p.TotalPages = (l.total + p.PerPage - 1) / p.PerPage
	}
	if l.more {
		p.Next = l.next
	}
	if len(l.set.edges) == 0 {
		p.set, p.service, l.set = l.set, l.rq.service, nil
	}
	return p
}
