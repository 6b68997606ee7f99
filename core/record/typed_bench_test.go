package record_test

import (
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/record"
)

// smallRecord is the struct of a record of the collection small.
type smallRecord struct {
	ID      string  `json:"id"`
	Title   string  `json:"title"`
	Body    string  `json:"body"`
	N       float64 `json:"n"`
	Done    bool    `json:"done"`
	Kind    string  `json:"kind"`
	Created string  `json:"created"`
	Updated string  `json:"updated"`
}

func bedOf100(b *testing.B) *bed {
	bed := newBed(b, small)
	for i := range 100 {
		bed.add("small", smallBody(i))
	}
	return bed
}

// The three BenchmarkHundredAs… read the same hundred records: as JSON, as records, as structs.
func BenchmarkHundredAsJSON(b *testing.B) {
	bed := bedOf100(b)
	b.ReportAllocs()
	for b.Loop() {
		page, err := bed.Records().List(b.Context(), root, "small", record.ListParams{PerPage: 100, SkipTotal: true})
		if err != nil {
			b.Fatal(err)
		}
		page.Release()
	}
}

func BenchmarkHundredAsRecords(b *testing.B) {
	bed := bedOf100(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := bed.Records().Find(b.Context(), root, record.Query{Collection: "small", Limit: 100}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHundredAsStructs(b *testing.B) {
	all := core.Bind[smallRecord](bedOf100(b).Records(), "small")
	b.ReportAllocs()
	for b.Loop() {
		if list, err := all.Find(b.Context(), record.Query{Limit: 100}); err != nil || len(list) != 100 {
			b.Fatal(len(list), err)
		}
	}
}

func BenchmarkSaveStruct(b *testing.B) {
	all := core.Bind[smallRecord](newBed(b, small).Records(), "small")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		v := smallRecord{Title: "title " + strconv.Itoa(i), Body: "<p>some text</p>", N: float64(i), Done: true, Kind: "b"}
		if err := all.Save(b.Context(), &v); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEach reads LOAM_EACH records, 10,000 by default, and reports the greatest growth of the
// heap.
func BenchmarkEach(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("LOAM_EACH"))
	if err != nil {
		n = 10_000
	}
	bed := newBed(b, small)
	rows := "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < " + strconv.Itoa(n) + ") " +
		"INSERT INTO small (id, title, body, n, done, kind) SELECT substr('00000000000000' || i, -15), 'title', 'some text', i, true, 'b' FROM s"
	if _, err := bed.SQL().Run(b.Context(), root, rows); err != nil {
		b.Fatal(err)
	}
	all := core.Bind[smallRecord](bed.Records(), "small")
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, peak := m.HeapAlloc, m.HeapAlloc
	for b.Loop() {
		seen := 0
		for _, err := range all.Each(b.Context(), record.Query{}) {
			if err != nil {
				b.Fatal(err)
			}
			if seen++; seen%50_000 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			}
		}
		if seen != n {
			b.Fatalf("saw %d of %d", seen, n)
		}
	}
	b.ReportMetric(float64(peak-before)/(1<<20), "MiB-grown")
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
