// The total of a list, counted once until its tables change.

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
	maxTotalKey = 4 << 10 // bytes; a count with a longer key is not cached
)

// total is an entry of the cache of totals: an exact count of one state of the tables, which the
// stamp names. Entries of an older state are replaced, never invalidated.
type total struct {
	stamp uint64
	n     int
}

// count sets the total. It needs no query if the page itself tells the total.
func (l *listRequest) count(r store.Reader, stamp uint64, stamped bool) error {
	// The last page tells the total. An empty page does so only if it is the first: beyond the end
	// the number of records is not known.
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

// total returns the cached count or runs the count. stamp is the stamp of the tables, if they have
// a stamp. A cached total is valid as long as the stamp is the same: any write to one of the tables
// changes it.
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

// totalKey returns the cache key of a count: the statement, its parameters, and the tables of its
// stamp. ok is false if the count must not be cached.
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

// stampable reports whether a stamp of the tables covers all tables that are read. A view reads
// tables that the plan does not name.
func stampable(snapshot *schema.Snapshot, tables []string) bool {
	return !slices.ContainsFunc(tables, func(table string) bool {
		c := snapshot.Find(table)
		return c == nil || c.IsView()
	})
}
