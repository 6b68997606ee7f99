// Figures: the counters of a Service, for metrics.

package record

import (
	"sync"
	"sync/atomic"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/cache"
)

// Figures are the counters of a Service since its start.
type Figures struct {
	Denials []Denials
	Caches  map[string]cache.Usage // by the names "expressions", "plans" and "totals"
}

// Denials counts the operations of one kind that the rules of a collection have refused. Records
// that a rule hides from a list are not counted. A view of one record that finds nothing under a
// rule is counted, whether or not the record exists.
type Denials struct {
	Collection *schema.Collection
	Action     string // "read", "create", "update" or "delete"
	Count      uint64
}

// Figures returns the present counters. Deleted collections are left out.
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

// Origin returns the expressions that a statement of the service was compiled from: see
// query.Planner.Origin.
func (s *Service) Origin(sql string) (query.Origin, bool) { return s.planner.Origin(sql) }

// denials maps each denialKey to its counter, an *atomic.Uint64.
type denials struct{ sync.Map }

type denialKey struct{ collection, action string }

const actionRead = "read"

// countDenial counts the write if a rule has refused it. The caller calls it once, after the last
// attempt of the write. w may be nil.
func (w *writeRequest) countDenial() {
	if w != nil && w.denied {
		w.rq.service.denied(w.collection, w.op.Action.String())
	}
}

// denied counts one denial.
func (s *Service) denied(c *schema.Collection, action string) {
	key := denialKey{c.ID, action}
	count, ok := s.caches.denials.Load(key)
	if !ok {
		count, _ = s.caches.denials.LoadOrStore(key, &atomic.Uint64{})
	}
	count.(*atomic.Uint64).Add(1)
}
