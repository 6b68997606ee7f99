package api_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

// quickest is the shortest duration of the runs of a function.
type quickest time.Duration

func (q *quickest) time(b *testing.B, fn func() error) {
	b.Helper()
	began := time.Now()
	if err := fn(); err != nil {
		b.Fatal(err)
	}
	if took := quickest(time.Since(began)); *q == 0 || took < *q {
		*q = took
	}
}

// BenchmarkStructs lists a hundred records, and creates a record, alternately by the API without
// the network and by structs. It reports the time of the structs as a multiple of the time of the
// API, from the quickest run of each, so that other work on the machine has little influence.
func BenchmarkStructs(b *testing.B) {
	app := coretest.New(b)
	h, err := (&api.Program{App: app}).Handler()
	if err != nil {
		b.Fatal(err)
	}
	coretest.Collection(b, app, `{"name":"small","listRule":"","createRule":"","fields":[{"name":"title","type":"text","required":true},
		{"name":"body","type":"editor"},{"name":"n","type":"number"},{"name":"done","type":"bool"},
		{"name":"kind","type":"select","values":["a","b"],"maxSelect":1},{"name":"created","type":"autodate","onCreate":true}]}`)
	type small struct {
		ID, Title, Body, Kind, Created string
		N                              float64
		Done                           bool
	}
	all := core.Bind[small](app.Records(), "small")
	save := func() error {
		return all.Save(b.Context(), &small{Title: "a title", Body: "<p>some text</p>", N: 7, Done: true, Kind: "b"})
	}
	for range 100 {
		if err := save(); err != nil {
			b.Fatal(err)
		}
	}
	ask := func(method, path, body string) func() error {
		return func() error {
			if status, answer := apitest.Ask(b, h, "", method, "/api/collections/small/records"+path, body); status != http.StatusOK {
				return fmt.Errorf("%d %s", status, answer)
			}
			return nil
		}
	}
	list := ask(http.MethodGet, "?perPage=100&skipTotal=true", "")
	create := ask(http.MethodPost, "", `{"title":"a title","body":"<p>some text</p>","n":7,"done":true,"kind":"b"}`)
	find := func() error {
		_, err := all.Find(b.Context(), record.Query{Limit: 100})
		return err
	}
	plain := func() error {
		page, err := app.Records().List(b.Context(), record.Root(), "small", record.ListParams{PerPage: 100, SkipTotal: true})
		if err == nil {
			page.Release()
		}
		return err
	}
	var asJSON, asREST, asStructs, asPost, asSave quickest
	for b.Loop() {
		asJSON.time(b, plain)
		asREST.time(b, list)
		asStructs.time(b, find)
		asPost.time(b, create)
		asSave.time(b, save)
	}
	b.ReportMetric(float64(asStructs)/float64(asJSON), "x-json-list")
	b.ReportMetric(float64(asStructs)/float64(asREST), "x-rest-list")
	b.ReportMetric(float64(asSave)/float64(asPost), "x-rest-create")
}
