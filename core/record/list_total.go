package record

import (
	"encoding/binary"
	"math"
	"slices"
	"sync"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

const (
	maxTotals   = 512     // in each generation
	maxTotalKey = 4 << 10 // bytes; what is longer is counted each time
)

// totals remembers exact counts: of one statement with its parameters, in one
// state of the tables that it reads. It is bounded: when a generation is full,
// what was not asked for since the last change of generation is forgotten.
type totals struct {
	mu         sync.Mutex // guards both generations
	young, old map[string]total
}

type total struct {
	stamp uint64
	n     int
}

// get is the remembered count of the key, if it is of that state.
func (t *totals) get(key []byte, stamp uint64) (int, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e, ok := t.young[string(key)]; ok {
		return e.n, e.stamp == stamp
	}
	e, ok := t.old[string(key)]
	if !ok || e.stamp != stamp {
		return 0, false
	}
	t.add(string(key), e)
	return e.n, true
}

func (t *totals) put(key []byte, stamp uint64, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(string(key), total{stamp, n})
}

// add needs the lock held.
func (t *totals) add(key string, e total) {
	if _, known := t.young[key]; !known && len(t.young) >= maxTotals {
		t.old, t.young = t.young, nil
	}
	if t.young == nil {
		t.young = make(map[string]total, maxTotals)
	}
	t.young[key] = e
}

// totalKey is what a count depends on beside the state: the statement, its
// parameters, and the tables that its stamp is about. ok is false if the count
// may not be kept.
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

// stampable says whether a stamp of the tables says all: a view changes with
// tables that are not named.
func stampable(snapshot *schema.Snapshot, tables []string) bool {
	return !slices.ContainsFunc(tables, func(table string) bool {
		c := snapshot.Find(table)
		return c == nil || c.IsView()
	})
}
