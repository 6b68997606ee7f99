// What the service counts for metrics.

package record

import (
	"sync"
	"sync/atomic"

	"github.com/loambase/loam/core/cache"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/schema"
)

// Figures are what a Service has counted since it was made.
type Figures struct {
	Denials []Denials
	Caches  map[string]cache.Usage // by names of "expressions", "plans", "totals"
}

// Denials are how often rules of a collection have refused a caller. Records that a list or
// view rule hides are none, since nobody knows whether they were there; one that a view asks
// for by its id and does not find is.
type Denials struct {
	Collection *schema.Collection
	Action     string // "read", "create", "update" or "delete"
	Count      uint64
}

// Figures returns the figures. Collections that are gone are not among them.
func (s *Service) Figures() Figures {
	snapshot := s.cfg.Snapshot()
	f := Figures{Caches: s.planner.Caches(snapshot)}
	f.Caches["totals"] = s.caches.totals.Usage()
	s.caches.denials.Range(func(key, count any) bool {
		at := key.(denialKey)
		if c := snapshot.ByID(at.collection); c != nil {
			f.Denials = append(f.Denials, Denials{c, at.action, count.(*atomic.Uint64).Load()})
		}
		return true
	})
	return f
}

// Origin returns of what expressions a statement was made that the service has run: see
// query.Planner.
func (s *Service) Origin(sql string) (query.Origin, bool) { return s.planner.Origin(sql) }

// denials counts by denialKey.
type denials struct{ sync.Map }

type denialKey struct{ collection, action string }

const actionRead = "read"

// denied counts a denial.
func (s *Service) denied(c *schema.Collection, action string) {
	key := denialKey{c.ID, action}
	count, ok := s.caches.denials.Load(key)
	if !ok {
		count, _ = s.caches.denials.LoadOrStore(key, &atomic.Uint64{})
	}
	count.(*atomic.Uint64).Add(1)
}
