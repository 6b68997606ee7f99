// Pages of a list: offset and cursor pagination.

package record

import (
	"math"

	"github.com/loambase/loam/core/fault"
)

// The default and the maximum size of a page, in records.
const (
	defaultPerPage = 30
	maxPerPage     = 1000
)

// ListParams are the parameters of a list as the client sent them (docs/wire/records.md §4.2). List
// clamps them to their ranges.
type ListParams struct {
	Page, PerPage int
	SkipTotal     bool
	Filter, Sort  string
	Expand        string
	Cursor        string // Page.Next of an earlier page; Page is then ignored
	Walk          bool   // asks for Page.Next: a sort without cursors is fault.Invalid
}

// Clamp limits the number and the size of the page to the bounds of every list.
func (p *ListParams) Clamp() {
	p.Page = max(p.Page, 1)
	if p.PerPage <= 0 {
		p.PerPage = defaultPerPage
	}
	p.PerPage = min(p.PerPage, maxPerPage)
}

// offset returns the number of records before the page. Its maximum keeps the product within an
// int; pages at that offset are empty in any case.
func (p *ListParams) offset() int {
	if p.Cursor != "" {
		return 0
	}
	if p.Page-1 > math.MaxInt32*p.PerPage {
		return math.MaxInt32 * p.PerPage
	}
	return (p.Page - 1) * p.PerPage
}

// errPageSize returns the fault of a page whose records exceed pageLimit. A page is in memory as a
// whole, and for a moment more than once.
func errPageSize() error {
	return &fault.Error{Kind: fault.Invalid, Reason: "the page is too large: ask for fewer records"}
}

// Page is one page of records. Items is a JSON array of record objects.
type Page struct {
	Page, PerPage          int
	TotalItems, TotalPages int // -1 when not counted
	Items                  []byte
	Next                   string // cursor of the next page; "" at the end and if the sort has no cursors

	set     *rowset // owns the memory of Items; may be nil
	service *Service
}

// Release returns the memory of Items to the service, for other pages. Items must not be used
// afterwards. Calling Release is optional; it saves memory if many pages are read.
func (p *Page) Release() {
	if p.set == nil {
		return
	}
	p.service.recycle(p.set)
	p.Items, p.set = nil, nil
}
