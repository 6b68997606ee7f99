package record_test

import (
	"strconv"
	"testing"

	"github.com/loambase/loam/core/record"
)

// small is the collection of the benchmarks: its records resemble a row of most apps.
const small = `{
	"name": "small", "type": "base",
	"createRule": "@request.auth.id != ''", "updateRule": "title != ''", "listRule": "", "viewRule": "", "deleteRule": "",
	"fields": [
		{"name": "title", "type": "text", "required": true},
		{"name": "body", "type": "editor"},
		{"name": "n", "type": "number"},
		{"name": "done", "type": "bool"},
		{"name": "kind", "type": "select", "values": ["a", "b", "c"], "maxSelect": 1},
		{"name": "created", "type": "autodate", "onCreate": true},
		{"name": "updated", "type": "autodate", "onCreate": true, "onUpdate": true}
	],
	"indexes": ["CREATE INDEX idx_small_n ON small (n)"]
}`

func smallBody(i int) object {
	return object{"title": "title " + strconv.Itoa(i), "body": "<p>some text</p>", "n": float64(i), "done": true, "kind": "b"}
}

func BenchmarkCreate(b *testing.B) {
	bed := newBed(b, small)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r, err := bed.Records().Create(b.Context(), root, "small", record.Input{Body: smallBody(i)})
		if err == nil {
			_, err = bed.Records().Render(b.Context(), root, r, "")
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUpdate(b *testing.B) {
	bed := newBed(b, small)
	id := bed.add("small", smallBody(0))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		in := record.Input{Body: object{"title": "title " + strconv.Itoa(i), "n+": 1.0}}
		r, err := bed.Records().Update(b.Context(), root, "small", id, in)
		if err == nil {
			_, err = bed.Records().Render(b.Context(), root, r, "")
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBatch(b *testing.B) {
	for _, size := range []int{50, 1000} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			bed := newBed(b, small)
			ops := make([]record.Op, size)
			b.ReportAllocs()
			for b.Loop() {
				for i := range ops {
					ops[i] = record.Op{Caller: root, Action: record.ActionCreate, Collection: "small", Input: record.Input{Body: smallBody(i)}}
				}
				if _, err := bed.Records().Batch(b.Context(), ops); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*size), "µs/record")
		})
	}
}
