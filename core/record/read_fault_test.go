package record_test

import (
	"errors"
	"testing"

	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// A query that works with some records can fail with others.
func TestViewThatFailsOnItsRecords(t *testing.T) {
	t.Parallel()
	query := `SELECT id, json_extract(title, '$.a') AS a FROM posts`
	if enginetest.Postgres() {
		query = `SELECT id, CAST(title AS INT) AS a FROM posts`
	}
	b := newBed(t, `{"name":"posts","fields":[{"name":"title","type":"text"}]}`,
		`{"name":"v","type":"view","viewQuery":"`+query+`","listRule":"","viewRule":""}`)
	id := b.add("posts", object{"title": "no number, no JSON"})
	var e *fault.Error
	if _, err := b.Records().List(t.Context(), guest, "v", record.ListParams{}); !errors.As(err, &e) || e.Kind != fault.Invalid || e.Reason == "" {
		t.Errorf("List = %v, want an invalid request", err)
	}
	if _, err := b.Records().Get(t.Context(), guest, "v", id, ""); fault.KindOf(err) != fault.Invalid {
		t.Errorf("Get = %v, want an invalid request", err)
	}
}
