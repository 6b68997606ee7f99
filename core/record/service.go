package record

import (
	"log/slog"
	"sync"
	"time"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/password"
	"github.com/loambase/loam/core/schema"
)

// Service reads and writes records under the rules of their collections. It is
// safe for concurrent use. Errors are faults (package fault); what is not one is
// internal.
type Service struct {
	Config
	planner *query.Planner
	kept    *kept

	root  *Service // the one that is bound to no transaction
	outer *unit    // the transaction that this one is bound to; nil for the root
	depth int      // of such bindings
}

// kept is what is kept from one request to the next.
type kept struct {
	shapes  shapes    // see visible.go
	tables  tables    // see sql.go
	totals  totals    // see total.go
	rowsets sync.Pool // of *rowset
}

// New is a service on what c names.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.ReadLimit == 0 {
		c.ReadLimit = 10 * time.Second
	}
	if c.Hooks == nil {
		c.Hooks = &Hooks{}
	}
	if c.HookLimit <= 0 {
		c.HookLimit = 10 * time.Second
	}
	if c.PageLimit <= 0 {
		c.PageLimit = 256 << 20
	}
	s := &Service{Config: c, planner: query.New(c.Store.Dialect()), kept: &kept{}}
	s.root = s
	return s
}

// Config is what the service stands on. All without a default are required.
type Config struct {
	Store     store.Store
	Snapshot  func() *schema.Snapshot // the current one; taken once a request
	Blobs     blob.Store
	Passwords *password.Hasher
	Log       *slog.Logger

	Changes Appender // what every write appends to
	Hooks   *Hooks   // default: none

	Now       func() time.Time // default time.Now
	ReadLimit time.Duration    // of a query of a non-superuser; default 10 s
	HookLimit time.Duration    // of the handlers of one hook; default 10 s
	PageLimit int              // bytes of the records of one page; default 256 MiB
}

// Appender takes what a transaction has changed, as its last act: a *change.Log.
type Appender interface {
	Append(tx store.Tx, changes []change.Change) error
}

// ListParams are the parameters of a list (docs/wire/records.md §4.2), not yet
// clamped.
type ListParams struct {
	Page, PerPage int
	SkipTotal     bool
	Filter, Sort  string
	Expand        string
	Cursor        string // keyset cursor of an earlier page; Page is then ignored
}

// Page is one page of records. Items is a JSON array of record objects.
type Page struct {
	Page, PerPage          int
	TotalItems, TotalPages int // -1 when not counted
	Items                  []byte
	Next                   string // cursor of the next page; "" at the end and where the sort has none

	set     *rowset // whose memory Items is, if not nil
	service *Service
}

// Release gives the memory of Items back, to be used for other pages: nothing may
// refer to it any more. It is for who reads many pages and may be left out.
func (p *Page) Release() {
	if p.set == nil {
		return
	}
	p.service.recycle(p.set)
	p.Items, p.set = nil, nil
}

// Input is what a client sent for one record.
type Input struct {
	Body  map[string]any            // decoded, modifiers not yet resolved (docs/wire/records.md §3.16)
	Files map[string][]*blob.Upload // by the key of the part: field, field+, +field
}

// Op is one request of a batch.
type Op struct {
	Caller     Caller // method, headers and query of the sub-request; Auth of the outer one
	Action     Action
	Collection string // id or name
	ID         string // update, delete
	Input      Input
	Expand     string

	// Refused, if not nil, is why this is no write at all. In a batch it is told
	// when its turn comes: of several that fail, the first is named.
	Refused *fault.Error
}

// Action is what an Op does.
type Action uint8

// The actions of a batch.
const (
	ActionCreate Action = iota
	ActionUpdate
	ActionUpsert
	ActionDelete
)
