// Pages of a list: offset and cursor pagination.

package record

import (
	"math"

	"github.com/loambase/loam/core/fault"
)

// The default and the greatest size of a page, in records.
const (
	defaultPerPage = 30
	maxPerPage     = 1000
)

// ListParams are the parameters of a list as the client sent them
// (docs/wire/records.md §4.2). List brings them into their ranges.
type ListParams struct {
	Page, PerPage int
	SkipTotal     bool
	Filter, Sort  string
	Expand        string
	Cursor        string // Page.Next of an earlier page; Page is then ignored
	Walk          bool   // Page.Next is wanted: a sort without cursors is fault.Invalid
}

// Clamp brings page and page size into the bounds of every list.
func (p *ListParams) Clamp() {
	p.Page = max(p.Page, 1)
	if p.PerPage <= 0 {
		p.PerPage = defaultPerPage
	}
	p.PerPage = min(p.PerPage, maxPerPage)
}

// offset is the number of records before the page. Its ceiling keeps the product
// within an int; pages that far are empty in any case.
func (p *ListParams) offset() int {
	if p.Cursor != "" {
		return 0
	}
	if p.Page-1 > math.MaxInt32*p.PerPage {
		return math.MaxInt32 * p.PerPage
	}
	return (p.Page - 1) * p.PerPage
}

// errPageSize is the fault of a page whose records exceed pageLimit. All of a
// page is in memory, and for a moment more than once.
func errPageSize() error {
	return &fault.Error{Kind: fault.Invalid, Reason: "the page is too large: ask for fewer records"}
}

// Page is one page of records. Items is a JSON array of record objects.
type Page struct {
	Page, PerPage          int
	TotalItems, TotalPages int // -1 when not counted
	Items                  []byte
	Next                   string // cursor of the next page; "" at the end and where the sort has none

	set     *rowset // owns the memory of Items, if not nil
	service *Service
}

// Release returns the memory of Items to the service, for other pages. Nothing may
// refer to Items afterwards. Calling it is optional; it saves memory where many pages
// are read.
func (p *Page) Release() {
	if p.set == nil {
		return
	}
	p.service.recycle(p.set)
	p.Items, p.set = nil, nil
}
