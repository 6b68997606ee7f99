// Package insight keeps the slow statements of an app, and finds the indexes that would make
// them faster, the indexes that no statement uses, and duplicate indexes.
//
// A missing index is measured, not guessed: the index is created on a copy of the tables, and
// the statement is timed without and with it (store.Rehearser). See DESIGN.md in this folder.
package insight

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Config has the dependencies of a Service. All fields but Now are required.
type Config struct {
	Store    store.Store
	Known    func() []string // the SQL of the statements that were run
	Snapshot func() *schema.Snapshot
	Origin   func(sql string) (query.Origin, bool) // of a statement, by its SQL
	Now      func() time.Time                      // default time.Now
}

// Service keeps slow statements. It is safe for concurrent use.
type Service struct {
	cfg   Config
	since time.Time

	advising chan struct{} // capacity 1: full while a call tries indexes

	mu     sync.Mutex        // guards the field below
	shapes map[string]*shape // by SQL
}

// Limits of the statements that are kept.
const (
	maxShapes = 200
	maxArgs   = 64 << 10 // bytes of the text parameters, which the plan needs; more are dropped
	maxSQL    = 64 << 10 // bytes; longer statements, which superusers write, are not kept
)

// shape is a slow statement: all runs of one SQL text, whatever its parameters.
type shape struct {
	Query
	args    []store.Value // of the slowest run
	dropped bool          // args were not kept because they are too long
	origin  query.Origin
	last    time.Time
	advice  *advice
}

// Query is a statement that was slow.
type Query struct {
	ID         string   `json:"id"` // unique among the statements of this process
	SQL        string   `json:"sql"`
	Collection string   `json:"collection"` // name; "" for statements not made by the query planner
	Table      string   `json:"table"`
	Action     string   `json:"action"`
	Rule       string   `json:"rule"`
	Filter     string   `json:"filter"` // of one request; other requests may have other values in it
	Sort       string   `json:"sort"`
	Count      int      `json:"count"` // slow runs
	Total      float64  `json:"totalMs"`
	Longest    float64  `json:"maxMs"`
	Rows       int64    `json:"rows"` // of all slow runs
	Last       string   `json:"last"` // time of the last slow run
	Plan       []string `json:"plan"` // the query plan of the engine at present; null if unknown
}

// New returns a Service that has no statements yet.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{cfg: c, since: c.Now(), advising: make(chan struct{}, 1), shapes: map[string]*shape{}}
}

// Slow adds a slow run of a statement. It does not use the store.
func (s *Service) Slow(r store.Slow) {
	if strings.HasPrefix(r.SQL, "EXPLAIN") || len(r.SQL) > maxSQL { // Queries itself runs EXPLAIN
		return
	}
	origin, made := s.cfg.Origin(r.SQL)
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.shapes[r.SQL]
	if kept == nil {
		if len(s.shapes) >= maxShapes {
			s.evict()
		}
		id := strconv.FormatUint(uint64(store.ShapeOf(r.SQL)), 36)
		kept = &shape{Query: Query{ID: id, SQL: r.SQL, Table: r.Verb.Table, Action: r.Verb.Action}, origin: origin}
		if made {
			kept.Collection, kept.Rule, kept.Filter, kept.Sort = origin.Collection.Name, origin.Rule, origin.Filter, origin.Sort
		}
		s.shapes[r.SQL] = kept
	}
	took := milliseconds(r.Took)
	kept.Count++
	kept.Total += took
	kept.Rows += r.Rows
	kept.Last, kept.last = schema.FormatTime(s.cfg.Now()), s.cfg.Now()
	if took > kept.Longest {
		kept.Longest, kept.args = took, r.Args
		if kept.dropped = textBytes(r.Args) > maxArgs; kept.dropped {
			kept.args = nil
		}
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func textBytes(args []store.Value) (n int) {
	for _, v := range args {
		if v.Kind() == store.KindText {
			n += len(v.AsText())
		}
	}
	return n
}

// evict drops the statement whose last slow run is the oldest. The lock must be held.
func (s *Service) evict() {
	var oldest *shape
	for _, kept := range s.shapes {
		if oldest == nil || kept.last.Before(oldest.last) {
			oldest = kept
		}
	}
	delete(s.shapes, oldest.SQL)
}

// list returns copies of the shapes, those with the most total time first.
func (s *Service) list() []shape {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]shape, 0, len(s.shapes))
	for _, kept := range s.shapes {
		list = append(list, *kept)
	}
	slices.SortFunc(list, func(a, b shape) int { return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.SQL, b.SQL)) })
	return list
}

// planTime bounds the time that Queries takes for plans.
const planTime = 5 * time.Second

// Queries returns the slow statements with their plans, those with the most total time first.
// The error is the fault of RequireSuperuser, or that of ctx.
func (s *Service) Queries(ctx context.Context, caller record.Caller) ([]Query, error) {
	if err := caller.RequireSuperuser(); err != nil {
		return nil, err
	}
	kept := s.list()
	list := make([]Query, len(kept))
	limited, cancel := context.WithTimeout(ctx, planTime)
	defer cancel()
	for i, k := range kept {
		list[i] = k.Query
		list[i].Plan = s.plan(limited, k)
	}
	return list, ctx.Err()
}

// plan returns the query plan of a statement, nil if the statement writes, can no longer run, or
// has no parameters kept.
func (s *Service) plan(ctx context.Context, k shape) (lines []string) {
	if k.Action != "select" || k.dropped {
		return nil
	}
	sql, column := s.cfg.Store.Dialect().Explain(k.SQL)
	err := s.cfg.Store.Read(ctx, func(r store.Reader) error {
		lines = nil
		rows, err := r.Query(sql, k.args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			lines = append(lines, rows.Text(column))
		}
		return rows.Close()
	})
	if err != nil {
		return nil
	}
	return lines
}
