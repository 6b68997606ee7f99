// The record service: its configuration and caches.

package record

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/removal"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/budget"
	"github.com/loambase/loam/internal/cache"
	"github.com/loambase/loam/internal/password"
)

// Service reads and writes records under the rules of their collections. It is safe for concurrent
// use. Errors that a client can act on are faults (package fault); every other error is internal.
type Service struct {
	cfg     Config
	planner *query.Planner
	caches  *caches

	root  *Service // the service that is not bound to a transaction
	outer *writeTx // the transaction that the service is bound to; nil for the root
	depth int      // the number of transactions of hooks around it

	truncateTime time.Duration                        // the constant truncateTime, except in tests
	pause        func(context.Context, time.Duration) // the function pause, except in tests
}

// caches hold data that is shared by requests.
type caches struct {
	projections cache.PerSnapshot[schema.Snapshot, cache.Map[projectionKey, *projection]]
	tables      cache.PerSnapshot[schema.Snapshot, cache.Map[*schema.Collection, *table]]
	mappings    cache.PerSnapshot[schema.Snapshot, cache.Map[mappingKey, *mapping]]
	totals      *cache.Cache[string, total]
	rowsets     sync.Pool // of *rowset
	blur        *budget.Blur
	turns       *turns
	denials     denials
}

func newCaches(longWrite time.Duration) *caches {
	return &caches{totals: cache.New[string, total](maxTotals), blur: budget.NewBlur(), turns: newTurns(longWrite)}
}

// New returns a service. The fields of c that have no default are required.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.ReadLimit == 0 {
		c.ReadLimit = 10 * time.Second
	}
	if c.CascadeLimit <= 0 {
		c.CascadeLimit = defaultCascade
	}
	if c.GuestReadLimit == 0 {
		c.GuestReadLimit = 3 * time.Second
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
	if c.CallerPageLimit <= 0 {
		c.CallerPageLimit = 16 << 20
	}
	s := &Service{cfg: c, planner: query.New(c.Store.Dialect()), caches: newCaches(c.Store.LongWrite()), truncateTime: truncateTime, pause: pause}
	s.root = s
	return s
}

// Snapshot returns the current collections. The snapshot of a service that is bound to a
// transaction has the changes of that transaction.
func (s *Service) Snapshot() *schema.Snapshot { return s.cfg.Snapshot() }

// Config holds the dependencies and limits of a Service.
type Config struct {
	Store     store.Store
	Snapshot  func() *schema.Snapshot // returns the current snapshot; called once for each request
	Blobs     blob.Store
	Removals  *removal.Queue // of files to delete
	Passwords *password.Hasher
	Log       *slog.Logger

	Changes ChangeLog // receives the changes of every write, and returns earlier ones
	Hooks   *Hooks    // default: none

	Now       func() time.Time // default time.Now
	ReadLimit time.Duration    // of a query of a caller who is not a superuser; default 10 s
	HookLimit time.Duration    // of the handlers of one hook; default 10 s

	CascadeLimit   int           // records that a deletion of others than superusers changes; default 10,000
	GuestReadLimit time.Duration // ReadLimit for guests; default 3 s
	PageLimit      int           // bytes of the records of one page; default 256 MiB

	// CallerPageLimit is the PageLimit of callers who are not superusers. It is also the limit of
	// the bytes that expanded relations add for them. The default is 16 MiB.
	CallerPageLimit int
	Answers         *budget.Budget // of bytes of answers that are being built; default: no limit
}

// ChangeLog is the log of all changes. A *change.Log is one.
type ChangeLog interface {
	Appender
	// History does what History of change.Log does.
	History(r store.Reader, c change.Change, fn func(change.Change) (more bool, err error)) error
	// Past does what Past of change.Log does.
	Past(r store.Reader, collection, record string, fn func(change.Change) (more bool, err error)) (since time.Time, err error)
	// Since does what Since of change.Log does.
	Since(r store.Reader, from change.Token) ([]int64, error)
}

// Appender writes the changes of a transaction to the change log, as the last statement of the
// transaction. A *change.Log is an Appender.
type Appender interface {
	Append(tx store.Tx, changes []change.Change) error
}
