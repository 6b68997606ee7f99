package main

import (
	"strings"
	"testing"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

const file = "sensor,value,at,state\na,1.5,2026-01-01 00:00:00,ok\nb,1001,2026-01-01 00:00:01,ok\n"

func TestLoad(t *testing.T) {
	for _, hooks := range []bool{false, true} {
		app := program().App
		coretest.Start(t, app)
		load := app.Records().InsertMany
		if hooks {
			load = batches(app)
		}
		if n, err := load(t.Context(), "readings", rows(strings.NewReader(file))); n != 2 || err != nil {
			t.Fatalf("load = %d, %v", n, err)
		}
		broken, err := app.Records().Find(t.Context(), record.Root(), record.Query{Collection: "readings", Filter: "state = 'broken'"})
		if err != nil || (len(broken) == 1) != hooks {
			t.Errorf("with hooks %t, %d are broken, %v", hooks, len(broken), err)
		}
		if _, err := load(t.Context(), "readings", rows(strings.NewReader(file+"c,1,2026-01-01,lost\n"))); err == nil || !strings.Contains(err.Error(), "state: ") {
			t.Errorf("a wrong state: %v", err)
		}
		if _, err := load(t.Context(), "readings", rows(strings.NewReader("sensor,value\na\n"))); err == nil {
			t.Error("a row that lacks a column is taken")
		}
	}
}
