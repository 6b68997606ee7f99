package record_test

import (
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// fill creates n records titled 0, 1, …, each with a body of size bytes.
func (b *bed) fill(collection string, n, size int) {
	b.t.Helper()
	var ops []record.Op
	for i := range n {
		body := object{"title": strconv.Itoa(i), "body": strings.Repeat("x", size), "n": float64(i % 7)}
		ops = append(ops, record.Op{Caller: root, Action: record.ActionCreate, Collection: collection, Input: record.Input{Body: body}})
		if len(ops) == 100 || i == n-1 {
			if _, err := b.Records().Batch(b.t.Context(), ops); err != nil {
				b.t.Fatal(failure(err))
			}
			ops = nil
		}
	}
}

func TestEach(t *testing.T) {
	t.Parallel()
	b := newBed(t, small)
	const all = 1203 // two full pages and a part of the third
	b.fill("small", all, 1)
	count := func(q record.Query) (titles []string) {
		t.Helper()
		q.Collection = "small"
		for r, err := range b.Records().Each(t.Context(), root, q) {
			if err != nil {
				t.Fatal(err)
			}
			titles = append(titles, r.Text("title"))
		}
		return titles
	}
	for name, test := range map[string]struct {
		query       record.Query
		want        int
		first, last string
	}{
		"everything":      {record.Query{}, all, "0", "1202"},
		"a page":          {record.Query{Limit: 500}, 500, "0", "499"},
		"more than pages": {record.Query{Limit: 1100}, 1100, "0", "1099"},
		"an offset":       {record.Query{Offset: 700}, all - 700, "700", "1202"},
		"both":            {record.Query{Offset: 1, Limit: 501}, 501, "1", "501"},
		"nothing":         {record.Query{Filter: "n > 7"}, 0, "", ""},
		"sorted":          {record.Query{Sort: "-n,title", Filter: "n >= 5"}, 343, "1000", "999"},
	} {
		got := count(test.query)
		sorted := slices.Sorted(slices.Values(got))
		if len(got) != test.want || len(slices.Compact(sorted)) != test.want {
			t.Errorf("%s: %d records, %d different ones, want %d", name, len(got), len(slices.Compact(sorted)), test.want)
		} else if test.want > 0 && (got[0] != test.first || got[len(got)-1] != test.last) {
			t.Errorf("%s: from %s to %s, want from %s to %s", name, got[0], got[len(got)-1], test.first, test.last)
		}
	}
	for range b.Records().Each(t.Context(), root, record.Query{Collection: "small"}) {
		break
	}
	for name, q := range map[string]record.Query{"a sort without cursors": {Collection: "small", Sort: "@random"}, "a filter": {Collection: "small", Filter: "x ="}} {
		turns := 0
		for r, err := range b.Records().Each(t.Context(), root, q) {
			if turns++; r != nil || fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v, %v, want invalid", name, r, err)
			}
		}
		if turns != 1 {
			t.Errorf("%s: the loop has %d turns, want one with the error", name, turns)
		}
	}
}

// The body of an Each loop may write: no transaction is open while it runs.
func TestEachWhileItIsWritten(t *testing.T) {
	t.Parallel()
	b := newBed(t, small)
	b.fill("small", 600, 1)
	seen := 0
	for r, err := range b.Records().Each(t.Context(), root, record.Query{Collection: "small"}) {
		if err != nil {
			t.Fatal(err)
		}
		seen++
		if err := b.delete(root, "small", r.ID()); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := b.Records().Count(t.Context(), "small"); seen != 600 || n != 0 || err != nil {
		t.Errorf("saw %d, %d are left, %v", seen, n, err)
	}
}

// The memory of Each does not grow with the records that it reads: 40 MB here.
func TestEachInConstantMemory(t *testing.T) {
	b := newBed(t, small)
	b.fill("small", 2000, 20<<10)
	live := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, peak, n := live(), uint64(0), 0
	for _, err := range b.Records().Each(t.Context(), root, record.Query{Collection: "small"}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%400 == 0 {
			peak = max(peak, live())
		}
	}
	if grown := int64(peak) - int64(before); n != 2000 || grown > 24<<20 {
		t.Errorf("%d records, the heap grew by %d MiB, want a page of 10 and no more than 24", n, grown>>20)
	}
}
