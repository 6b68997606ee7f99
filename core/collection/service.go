// Package collection creates, changes and deletes collections: their tables, their rows in
// _collections, and the snapshot that all other packages read.
package collection

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/removal"
	"github.com/loambase/loam/core/internal/standard"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

// Service defines collections, for superusers: every method that takes a caller begins with
// record.Caller.RequireSuperuser. It is safe for concurrent use. Errors that a caller may
// see are faults; all others are internal.
type Service struct {
	cfg     Config
	planner *query.Planner
	number  *atomic.Uint64   // number of the last snapshot
	listing *schema.Snapshot // describes the table _collections itself

	// outer is the transaction that this service is bound to, see Transaction; nil for the
	// service of the App.
	outer *record.Binding
}

// Config holds the dependencies of the service. Fields without a default are required.
type Config struct {
	Store     store.Store
	Snapshots *atomic.Pointer[schema.Snapshot] // where new snapshots are published
	Records   *record.Service
	Removals  *removal.Queue    // of files to delete
	Changes   record.Appender   // the change log
	Settings  *settings.Service // its rate limits are updated for new names of collections; default: none
	Hooks     *Hooks            // default: none
	HookLimit time.Duration     // time limit of the handlers of one hook; default 10 s
	Log       *slog.Logger
	Now       func() time.Time // default time.Now
}

// New returns a service that has not loaded any collections yet.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Hooks == nil {
		c.Hooks = &Hooks{}
	}
	if c.HookLimit <= 0 {
		c.HookLimit = 10 * time.Second
	}
	return &Service{
		cfg: c, planner: query.New(c.Store.Dialect()), number: new(atomic.Uint64),
		listing: schema.NewSnapshot(0, []*schema.Collection{listed()}),
	}
}

func (s *Service) now() string { return schema.FormatTime(s.cfg.Now()) }

// Load reads all collections from the database and publishes them as the current snapshot.
// It runs at start and whenever another process has changed collections.
func (s *Service) Load(ctx context.Context) error {
	for {
		before := s.cfg.Snapshots.Load()
		var list []*schema.Collection
		err := s.cfg.Store.Read(ctx, func(r store.Reader) (err error) {
			list, err = s.readRows(r)
			return err
		})
		if err != nil {
			return err
		}
		// A change that this process published after the read began may be missing in the list:
		// then it is read again.
		if s.cfg.Snapshots.CompareAndSwap(before, s.snapshot(list)) {
			return nil
		}
	}
}

// snapshot returns a snapshot with the next number. Some are never published, but all numbers are
// distinct, so caches may use them as keys.
func (s *Service) snapshot(list []*schema.Collection) *schema.Snapshot {
	return schema.NewSnapshot(s.number.Add(1), list)
}

// Snapshot returns the collections: for a service that is bound to a transaction, with the
// changes of the transaction.
func (s *Service) Snapshot() *schema.Snapshot { return s.cfg.Snapshots.Load() }

// Get returns the collection with the id or, in any letter case, the name. The error for an
// unknown collection is a fault.NotFound. The collection is shared with the snapshot and must not
// be changed.
func (s *Service) Get(ctx context.Context, caller record.Caller, idOrName string) (found *schema.Collection, err error) {
	e := &OperationEvent{Operation: record.OpView, Caller: caller}
	err = s.around(ctx, e, idOrName, func(e *OperationEvent) error {
		if err := e.Caller.RequireSuperuser(); err != nil {
			return err
		}
		if found = s.cfg.Snapshots.Load().Find(idOrName); found == nil {
			return fault.New(fault.NotFound, "")
		}
		return nil
	})
	return found, err
}

// Scaffolds returns a JSON object with the defaults of a new collection of each type, by type.
func (s *Service) Scaffolds(_ context.Context, caller record.Caller) ([]byte, error) {
	if err := caller.RequireSuperuser(); err != nil {
		return nil, err
	}
	return standard.Scaffolds()
}
