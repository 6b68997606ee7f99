// The total of a list, counted once for as long as its tables do not change.

package record

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/loambase/loam/internal/cache"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

const (
	maxTotals   = 1024    // entries of the cache of totals
	maxTotalKey = 4 << 10 // bytes; a longer key is counted each time
)

// total is an entry of the cache of totals: an exact count in one state of the tables
// that it was read from. Entries of an older state are replaced, never invalidated.
type total struct {
	stamp uint64
	n     int
}

// count sets the total, which the page itself may tell.
func (l *listRequest) count(r store.Reader, stamp uint64, stamped bool) error {
	// A page that nothing follows tells the total itself. An empty one does so only if it is
	// the first: beyond the end, how many lie before it is not known.
	seen := len(l.set.rows)
	if l.params.Cursor == "" && !l.more && (seen > 0 || l.params.Page == 1) {
		l.total = l.selection.Offset + seen
		return nil
	}
	plan, err := l.rq.service.planner.Count(l.selection)
	if err != nil {
		return err
	}
	l.total, err = l.rq.total(r, plan, l.plan.Tables, stamp, stamped)
	return err
}

// total runs a count, or returns what is kept of it. The stamp is that of the tables that
// were read, if they have one. A kept total holds as long as the stamp is the same: any
// write to one of the tables changes it.
func (rq *readRequest) total(r store.Reader, count *query.Plan, tables []string, stamp uint64, stamped bool) (int, error) {
	if count.Empty {
		return 0, nil
	}
	totals := rq.service.caches.totals
	key, cachable := totalKey(rq.snapshot, count, tables)
	cachable = cachable && stamped
	if cachable {
		if known, ok := cache.GetBytes(totals, key); ok && known.stamp == stamp {
			return known.n, nil
		}
	}
	n, err := queryInt(r, count.SQL, count.Args...)
	if err == nil && cachable {
		totals.Put(string(key), total{stamp, n})
	}
	return n, err
}

// totalKey is the cache key of a count: the statement, its parameters, and the tables
// that its stamp is about. ok is false if the count must not be cached.
func totalKey(snapshot *schema.Snapshot, count *query.Plan, stamped []string) (key []byte, ok bool) {
	if count.Volatile || !stampable(snapshot, stamped) {
		return nil, false
	}
	key = append(make([]byte, 0, 512), count.SQL...)
	for _, table := range stamped {
		key = append(append(key, 0), table...)
	}
	for _, v := range count.Args {
		key = append(key, 0, byte(v.Kind()))
		switch v.Kind() {
		case store.KindText:
			key = binary.AppendUvarint(key, uint64(len(v.AsText())))
			key = append(key, v.AsText()...)
		case store.KindFloat:
			key = binary.LittleEndian.AppendUint64(key, math.Float64bits(v.AsFloat()))
		default:
			key = binary.LittleEndian.AppendUint64(key, uint64(v.AsInt()))
		}
	}
	return key, len(key) <= maxTotalKey
}

// stampable reports whether a stamp of the tables covers everything that is read: a
// view also changes with tables that the plan does not name.
func stampable(snapshot *schema.Snapshot, tables []string) bool {
	return !slices.ContainsFunc(tables, func(table string) bool {
		c := snapshot.Find(table)
		return c == nil || c.IsView()
	})
}
