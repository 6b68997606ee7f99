package insight

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Advice lists the indexes to create and the indexes that can be dropped.
type Advice struct {
	Missing   []Missing `json:"missing"`
	Unused    []Index   `json:"unused"`
	Duplicate []Index   `json:"duplicate"`
	Since     string    `json:"since"` // when the Service began to watch statements, for Unused
}

// Missing is an index that makes a slow statement faster, with the measured times.
type Missing struct {
	Collection string  `json:"collection"`
	Index      string  `json:"index"` // the CREATE INDEX statement, for the indexes of a collection
	Query      string  `json:"query"` // Query.ID
	Before     float64 `json:"beforeMs"`
	After      float64 `json:"afterMs"`
	Factor     float64 `json:"factor"` // Before divided by After
	Rows       int     `json:"rows"`   // limit of the rows that were copied of each table
	Whole      bool    `json:"whole"`  // the copies had all rows of the tables

	parsed store.Index
}

// Index is an index that can be dropped.
type Index struct {
	Collection string `json:"collection"`
	Name       string `json:"name"`
	Index      string `json:"index"`
	CoveredBy  string `json:"coveredBy,omitempty"` // for a duplicate: the index that replaces it
}

// Limits of the trials, and the gain that an index must bring.
const (
	rehearsedRows = 100_000                // copied of each table, at most
	adviseShapes  = 5                      // statements that are tried in one call of Indexes
	adviseTime    = 20 * time.Second       // for the trials of one call of Indexes
	adviceLasts   = 10 * time.Minute       // before a statement is tried again
	mostRuns      = 5                      // of a statement, to find its least time
	longRuns      = 500 * time.Millisecond // after which no further run begins
	leastFactor   = 3                      // by which an index must make a statement faster
	worthWhile    = 0.8                    // part of the best time so far that a further index may take
)

// advice is the outcome of a trial.
type advice struct {
	missing  *Missing // nil: no index helps
	snapshot *schema.Snapshot
	at       time.Time
}

// Indexes returns the Advice on indexes. It measures candidate indexes for the slowest statements
// on copies of their tables, which takes up to 20 s. Results are reused for 10 minutes. Statements
// for which the time was too short are left to the next call. The error is the fault of
// RequireSuperuser, that of ctx, or an error of the database.
func (s *Service) Indexes(ctx context.Context, caller record.Caller) (*Advice, error) {
	if err := caller.RequireSuperuser(); err != nil {
		return nil, err
	}
	snapshot := s.cfg.Snapshot()
	missing, err := s.missing(ctx, snapshot)
	if err != nil {
		return nil, err
	}
	duplicate := duplicates(snapshot)
	unused, err := s.unused(ctx, snapshot, duplicate)
	if err != nil {
		return nil, err
	}
	return &Advice{Missing: missing, Unused: unused, Duplicate: duplicate, Since: schema.FormatTime(s.since)}, nil
}

// missing tries indexes for the slow statements. Only one call at a time does so; others wait.
func (s *Service) missing(ctx context.Context, snapshot *schema.Snapshot) ([]Missing, error) {
	select {
	case s.advising <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.advising }()
	limited, cancel := context.WithTimeout(ctx, adviseTime)
	defer cancel()
	list, tried := []Missing{}, 0
	for _, k := range s.list() {
		known := k.advice
		if known == nil || known.snapshot != snapshot || s.cfg.Now().Sub(known.at) > adviceLasts {
			tables, indexes := s.trial(snapshot, k)
			if len(indexes) == 0 || tried == adviseShapes || limited.Err() != nil {
				continue
			}
			tried++
			if known = s.try(limited, snapshot, k, tables, indexes); known == nil {
				continue
			}
		}
		if m := known.missing; m != nil && !slices.ContainsFunc(list, func(other Missing) bool {
			return other.parsed.Table == m.parsed.Table && begins(other.parsed.Columns, m.parsed.Columns)
		}) {
			list = append(list, *m)
		}
	}
	return list, ctx.Err()
}

// try finds the best index for a statement and keeps the outcome. It returns nil if the
// measurement failed.
func (s *Service) try(ctx context.Context, snapshot *schema.Snapshot, k shape, tables []string, indexes []store.Index) *advice {
	best, err := s.measure(ctx, tables, indexes, k)
	if err != nil { // also if the statement can no longer run
		return nil
	}
	if best != nil {
		best.Query, best.Rows = k.ID, rehearsedRows
	}
	a := &advice{missing: best, snapshot: snapshot, at: s.cfg.Now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	if kept := s.shapes[k.SQL]; kept != nil {
		kept.advice = a
	}
	return a
}

// trial returns the tables to copy and the indexes to try for a statement. It returns none for a
// statement that writes or reads a view, or whose origin or parameters were not kept.
func (s *Service) trial(snapshot *schema.Snapshot, k shape) (tables []string, indexes []store.Index) {
	if k.Action != "select" || k.dropped || k.origin.Collection == nil {
		return nil, nil
	}
	for _, table := range k.origin.Tables {
		if c := snapshot.Named(table); c == nil || c.IsView() {
			return nil, nil
		}
	}
	return k.origin.Tables, candidates(snapshot, k.origin)
}

// errEnough ends the transaction of a rehearsal after the last measurement.
var errEnough = errors.New("insight: measured")

// measure times the statement on copies of the tables, without a new index and with each of the
// indexes. It returns the best index, nil if none brings enough.
func (s *Service) measure(ctx context.Context, tables []string, indexes []store.Index, k shape) (best *Missing, err error) {
	trials, ok := s.cfg.Store.(store.Rehearser)
	if !ok {
		return nil, nil
	}
	err = trials.Rehearse(ctx, tables, rehearsedRows, func(tx store.Tx, whole bool) error {
		before, err := duration(tx, k)
		if err != nil {
			return err
		}
		limit := before / leastFactor
		for _, ix := range indexes {
			after, err := s.with(tx, ix, k)
			if err != nil {
				return err
			}
			if after > limit {
				continue
			}
			limit = time.Duration(float64(after) * worthWhile)
			best = &Missing{Collection: ix.Table, Index: ix.String(), Before: milliseconds(before), After: milliseconds(after),
				Factor: float64(before) / float64(max(after, 1)), Whole: whole, parsed: ix}
		}
		return errEnough
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return best, err
}

// with returns the time of the statement with the index.
func (s *Service) with(tx store.Tx, ix store.Index, k shape) (time.Duration, error) {
	catalog := s.cfg.Store.Catalog()
	if err := catalog.CreateIndex(tx, ix); err != nil {
		return 0, err
	}
	after, err := duration(tx, k)
	return after, errors.Join(err, catalog.DropIndex(tx, ix.Name))
}

// duration returns the least time of several runs of the statement. The least time is that of a
// run whose data was in memory and that was not interrupted.
func duration(r store.Reader, k shape) (least time.Duration, err error) {
	least = 1<<63 - 1
	for run, began := 0, time.Now(); run < mostRuns && (run == 0 || time.Since(began) < longRuns); run++ {
		began := time.Now()
		rows, err := r.Query(k.SQL, k.args...)
		if err != nil {
			return 0, err
		}
		for rows.Next() {
		}
		if err := rows.Close(); err != nil {
			return 0, err
		}
		least = min(least, time.Since(began))
	}
	return least, nil
}

// duplicates returns the indexes that another index of the same collection replaces.
func duplicates(s *schema.Snapshot) []Index {
	list := []Index{}
	for _, c := range s.All() {
		indexes := c.ParsedIndexes()
		for i, ix := range indexes {
			for j, other := range indexes {
				if i != j && replaces(other, ix, j < i) {
					list = append(list, Index{c.Name, ix.Name, ix.String(), other.Name})
					break
				}
			}
		}
	}
	return list
}

// replaces reports whether other does the work of ix. Of two equal indexes the earlier one stays.
func replaces(other, ix store.Index, earlier bool) bool {
	switch {
	case ix.Where != other.Where || !begins(other.Columns, ix.Columns):
		return false
	case len(ix.Columns) < len(other.Columns): // a unique index also refuses records
		return !ix.Unique
	case ix.Unique != other.Unique:
		return other.Unique
	}
	return earlier
}

// unused returns the indexes that no known statement uses and that are not in known, the
// duplicates. Unique indexes and those of system collections are left out.
func (s *Service) unused(ctx context.Context, snapshot *schema.Snapshot, known []Index) ([]Index, error) {
	list := []Index{}
	engine, ok := s.cfg.Store.(store.Rehearser)
	if !ok {
		return list, nil
	}
	used, err := engine.UsedIndexes(ctx, s.reads())
	if err != nil {
		return nil, err
	}
	for _, c := range snapshot.All() {
		if c.System {
			continue
		}
		for _, ix := range c.ParsedIndexes() {
			duplicate := slices.ContainsFunc(known, func(d Index) bool { return d.Name == ix.Name })
			if !ix.Unique && !used[ix.Name] && !duplicate {
				list = append(list, Index{Collection: c.Name, Name: ix.Name, Index: ix.String()})
			}
		}
	}
	return list, nil
}

// reads returns the known statements that read. Writes find their rows by id.
func (s *Service) reads() []string {
	return slices.DeleteFunc(s.cfg.Known(), func(sql string) bool {
		return !strings.HasPrefix(sql, "SELECT") && !strings.HasPrefix(sql, "WITH")
	})
}
