// Package collection creates, changes and deletes collections: their tables,
// their rows in _collections, and the snapshot that everything else reads.
package collection

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/schema/standard"
	"github.com/loambase/loam/core/settings"
)

// Service defines collections, for superusers: every method that takes a caller begins
// with record.Caller.RequireSuperuser. It is safe for concurrent use. Errors that a
// caller may see are faults; all others are internal.
type Service struct {
	cfg     Config
	planner *query.Planner
	number  *atomic.Uint64   // of the last snapshot that was made
	listing *schema.Snapshot // describes the table _collections itself

	outer *record.Binding // the transaction that this one is bound to, see Transaction; nil if to none
}

// Config is what the service stands on. All without a default are required.
type Config struct {
	Store     store.Store
	Snapshots *atomic.Pointer[schema.Snapshot] // where new snapshots are published
	Records   *record.Service
	Blobs     blob.Store
	Changes   record.Appender   // what every change is appended to
	Settings  *settings.Service // whose rate limits follow the names of collections; default: nobody's
	Hooks     *Hooks            // default: none
	HookLimit time.Duration     // of the handlers of one hook; default 10 s
	Log       *slog.Logger
	Now       func() time.Time // default time.Now
}

// New is a service that has not loaded anything yet.
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

// Load publishes what is stored. It is also what to do when another process has
// changed collections.
func (s *Service) Load(ctx context.Context) error {
	for {
		before := s.cfg.Snapshots.Load()
		var list []*schema.Collection
		err := s.cfg.Store.Read(ctx, func(r store.Reader) (err error) {
			list, err = readRows(r)
			return err
		})
		if err != nil {
			return err
		}
		// A change that was published meanwhile may be missing in what was read.
		if s.cfg.Snapshots.CompareAndSwap(before, s.snapshot(list)) {
			return nil
		}
	}
}

// snapshot numbers a new one. Not all that are made are published, but no two
// have the same number.
func (s *Service) snapshot(list []*schema.Collection) *schema.Snapshot {
	return schema.NewSnapshot(s.number.Add(1), list)
}

// Get returns the collection with that id or, in any letter case, that name; else a
// NotFound fault. It is shared and must not be changed.
func (s *Service) Get(_ context.Context, caller record.Caller, idOrName string) (*schema.Collection, error) {
	if err := caller.RequireSuperuser(); err != nil {
		return nil, err
	}
	if c := s.cfg.Snapshots.Load().Find(idOrName); c != nil {
		return c, nil
	}
	return nil, fault.New(fault.NotFound, "")
}

// Scaffolds returns what a new collection of each type looks like, as JSON by type.
func (s *Service) Scaffolds(_ context.Context, caller record.Caller) ([]byte, error) {
	if err := caller.RequireSuperuser(); err != nil {
		return nil, err
	}
	return standard.Scaffolds()
}
