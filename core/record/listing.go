// Listings: a whole list at one moment, for subscribers who are then told of its changes.

package record

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// The bounds of a listing.
const (
	maxListing      = 10_000  // records
	maxListingBytes = 8 << 20 // of their JSON
)

// ErrListingSize is in the chain of the fault of a listing that exceeds its bounds.
var ErrListingSize = errors.New("record: the listing is too large")

// ListingParams are the parameters of a listing. Fields with the names of fields of ListParams have
// their meaning.
type ListingParams struct {
	Record               string // only the record of this id, by the view rule
	Filter, Sort, Expand string
	Limit                int          // maximum number of records; 0: no maximum
	Since                change.Token // the start of the subscriber's changes, for Listing.Seen
}

// Listing holds the records of a list at one moment, and the conditions under which the list may
// change.
type Listing struct {
	Items []Listed
	Seen  []int64 // the transactions after Since whose changes the listing has; see change.Log.Since

	// Reads are the ids of the collections any change of which may change the listing. The
	// collection of the listing is among them only if more of it is read than each record for
	// itself.
	Reads []string
	// Restless is set if any change may change the listing, since it reads a view.
	Restless bool
	// Clock is set if time may change the listing.
	Clock bool
}

// Listed is a record of a listing. Its JSON must not be changed.
type Listed struct {
	ID   string
	JSON []byte
}

// Listing lists records as List does, but all at once and without the Request hooks. For an update
// of a listing that the caller was shown before, empty answers are not delayed. The faults are
// those of List, and Invalid with ErrListingSize for a listing that is too large.
func (s *Service) Listing(ctx context.Context, caller Caller, collection string, p ListingParams, update bool) (listing *Listing, err error) {
	err = s.readWithRetry(caller, func(rq *readRequest) error {
		listing, err = rq.listing(ctx, collection, p, update)
		return err
	})
	return listing, err
}

// LiveTree reads a tree as Tree does, without the Request hooks. For an update of a tree that the
// caller was shown before, empty answers are not delayed. The listing has no items: it holds the
// conditions under which the tree may change, also beside an error about the root alone
// (Branch.Err).
func (s *Service) LiveTree(ctx context.Context, caller Caller, root *Node, update bool) (branch *Branch, listing *Listing, err error) {
	err = s.readWithRetry(caller, func(rq *readRequest) error {
		listing = &Listing{}
		t := rq.newTree(ctx)
		t.reads = func(plan *query.Plan) { listing.reads(rq, plan, "") }
		reads, err := t.readRoots(ctx, []*Node{root}, nil)
		if err != nil {
			return err
		}
		if !update {
			rq.blurTrees(ctx, reads)
		}
		branch = reads[0].branch(s)
		return nil
	})
	var at *RootError
	if errors.As(err, &at) {
		err = at.Err
	}
	return branch, listing, err
}

func (rq *readRequest) listing(ctx context.Context, collection string, p ListingParams, update bool) (*Listing, error) {
	l, rule, err := rq.newListing(ctx, collection, &p)
	if err != nil {
		return nil, err
	}
	defer rq.service.recycle(l.set)
	listing := &Listing{}
	l.expand.reads = func(plan *query.Plan) { listing.reads(rq, plan, "") }
	err = rq.read(ctx, l.work(), func(r store.Reader) (err error) {
		*listing = Listing{}
		listing.reads(rq, l.plan, l.projection.collection.Name)
		if p.Since != "" {
			if listing.Seen, err = rq.service.cfg.Changes.Since(r, p.Since); err != nil {
				return err
			}
		}
		listing.Items, err = l.items(r)
		return err
	})
	if err != nil {
		return nil, readFault(rq.viewFault(err, l.plan.Tables), fault.Invalid)
	}
	if len(listing.Items) == 0 && !update {
		rq.blur(ctx, rule, p.Filter)
	}
	return listing, nil
}

// newListing resolves, checks and plans the listing.
func (rq *readRequest) newListing(ctx context.Context, collection string, p *ListingParams) (l *listRequest, rule string, err error) {
	c, rule, err := rq.resolve(collection, func(c *schema.Collection) *string {
		if p.Record != "" {
			return c.ViewRule
		}
		return c.ListRule
	})
	if err != nil {
		return nil, "", err
	}
	if !rq.superuser {
		if err := forbidSuperuserWords(p.Filter, p.Sort); err != nil {
			return nil, "", err
		}
	}
	// A sort without cursors has no lasting order.
	if err := query.Cursors(p.Sort); err != nil {
		return nil, "", readFault(err, fault.Invalid)
	}
	limit := maxListing
	if p.Limit > 0 {
		limit = min(limit, p.Limit)
	}
	params := ListParams{Page: 1, PerPage: limit, SkipTotal: true, Filter: p.Filter, Sort: p.Sort, Expand: p.Expand}
	l = &listRequest{rq: rq, params: params, set: rq.service.newRowset(), maxBytes: min(maxListingBytes, rq.pageLimit()), tooLarge: errListingSize}
	l.prepare(ctx, c, rule)
	l.selection.ID, l.selection.Keys = p.Record, false
	l.whole = p.Limit == 0
	if l.plan, err = rq.service.planner.Compile(l.selection); err != nil {
		rq.service.recycle(l.set)
		return nil, "", readFault(err, fault.Invalid)
	}
	return l, rule, nil
}

// items reads the records.
func (l *listRequest) items(r store.Reader) ([]Listed, error) {
	l.ids = []string{}
	if err := l.run(r); err != nil {
		return nil, err
	}
	if l.whole && l.more || l.set.size(math.MaxInt) > maxListingBytes {
		return nil, errListingSize()
	}
	list := make([]Listed, len(l.ids))
	for i, id := range l.ids {
		list[i] = Listed{ID: id, JSON: l.set.appendJSON(nil, i)}
	}
	return list, nil
}

func errListingSize() error {
	return &fault.Error{Kind: fault.Invalid, Message: "The list is too large to be watched whole.", Err: ErrListingSize}
}

// reads adds the tables that a plan reads. The collection own is not added if each of its records
// is judged for itself: callers who follow changes do that.
func (l *Listing) reads(rq *readRequest, plan *query.Plan, own string) {
	l.Clock = l.Clock || plan.Volatile
	for _, name := range plan.Tables {
		if name == own && strings.Count(plan.SQL, store.Quote(name)+" AS ") < 2 {
			continue
		}
		c := rq.snapshot.Find(name)
		if c == nil || c.IsView() {
			l.Restless = true
		} else if !slices.Contains(l.Reads, c.ID) {
			l.Reads = append(l.Reads, c.ID)
		}
	}
}
