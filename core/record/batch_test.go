package record_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/budget"
)

func create(c record.Caller, collection string, body object) record.Op {
	return record.Op{Caller: c, Action: record.ActionCreate, Collection: collection, Input: record.Input{Body: body}}
}

func update(c record.Caller, collection, id string, body object) record.Op {
	return record.Op{Caller: c, Action: record.ActionUpdate, Collection: collection, ID: id, Input: record.Input{Body: body}}
}

func remove(c record.Caller, collection, id string) record.Op {
	return record.Op{Caller: c, Action: record.ActionDelete, Collection: collection, ID: id}
}

func TestBatchInOrder(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.collections(map[string]string{
		"a": `{"name": "n", "type": "number"}`,
		"b": `{"name": "a", "type": "relation", "collectionId": "<a>"}`,
	})
	b.configure("a", `{"updateRule": "n > 0"}`)
	const id, ref = "aaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbb"
	expanded := create(guest, "b", object{"id": ref, "a": id})
	expanded.Expand = "a"
	upsert := create(guest, "a", object{"id": id, "n+": 10})
	upsert.Action = record.ActionUpsert
	results, err := b.Records().Batch(t.Context(), []record.Op{
		create(guest, "a", object{"id": id, "n": 1}),
		update(guest, "a", id, object{"n+": 1}),
		expanded,
		upsert,
		remove(guest, "b", ref),
	})
	if err != nil {
		t.Fatal(failure(err))
	}
	n := func(raw []byte) float64 {
		var o struct {
			N      float64
			Expand struct{ A struct{ N float64 } }
		}
		if err := json.Unmarshal(raw, &o); err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		return o.N + o.Expand.A.N
	}
	for i, want := range []float64{1, 2, 2, 12} {
		if got := n(results[i].Record); got != want {
			t.Errorf("result %d = %s, want %v in it", i, results[i].Record, want)
		}
	}
	if len(results) != 5 || results[4].Record != nil {
		t.Errorf("%d results, the last %q", len(results), results[4].Record)
	}
	if b.count("a") != 1 || b.count("b") != 0 || b.value("a", id, "n") != 12.0 {
		t.Errorf("stored: %d and %d records", b.count("a"), b.count("b"))
	}
}

func TestBatchFails(t *testing.T) {
	t.Parallel()
	b := newThings(t)
	b.configure("things", `{"updateRule": "title != 'lock'"}`)
	id := b.add("things", object{"must": "x", "n": -1})
	good := create(guest, "things", object{"must": "x"})
	failed := func(n int, inner string) string {
		return fmt.Sprintf("invalid: Batch transaction failed. requests.%d=batch_request_failed(%s)", n, inner)
	}
	for _, tt := range []struct {
		name string
		ops  []record.Op
		want string
	}{
		{"nothing", nil, "ok"},
		{"fields", []record.Op{good, create(guest, "things", nil)}, failed(1, "invalid: Failed to create record. must=validation_required")},
		{"the first of two", []record.Op{create(guest, "things", nil), create(guest, "nothing", nil)}, failed(0, "invalid: Failed to create record. must=validation_required")},
		{"collection", []record.Op{good, create(guest, "nothing", nil), create(guest, "things", nil)}, failed(1, "not found: Missing or invalid collection context.")},
		{"forbidden", []record.Op{good, good, remove(guest, "_superusers", "x")}, failed(2, "forbidden: Only superusers can perform this action.")},
		{"missing", []record.Op{good, update(guest, "things", "nothing", nil)}, failed(1, "not found")},
		{"unique within the batch", []record.Op{create(guest, "things", object{"must": "x", "title": "abc"}), create(guest, "things", object{"must": "x", "title": "abc"})},
			failed(1, "invalid: Failed to create record. title=validation_not_unique")},
		{"rule on what the batch did", []record.Op{update(guest, "things", id, object{"title": "lock"}), update(guest, "things", id, object{"title": "open"})}, failed(1, "not found")},
		{"deleted before", []record.Op{remove(guest, "things", id), update(guest, "things", id, nil)}, failed(1, "not found")},
		{"password", []record.Op{good, create(guest, "things", object{"must": "x", "pin": "1"})}, failed(1, "invalid: Failed to create record. pin=validation_min_text_constraint")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := b.Records().Batch(t.Context(), tt.ops)
			check(t, "Batch", err, tt.want)
			if n := b.count("things"); n != 1 {
				t.Errorf("%d records, want 1", n)
			}
			if got := b.stored("things", id); got == nil || got.Text("title") != "" {
				t.Errorf("the record is now %v", got)
			}
		})
	}
}

func TestBatchPasswords(t *testing.T) {
	t.Parallel()
	b := newBed(t, people)
	id := b.person(object{})
	ops := []record.Op{
		update(guest, "people", id, object{"password": other, "passwordConfirm": other, "oldPassword": secret}),
		update(guest, "people", id, object{"password": secret, "passwordConfirm": secret, "oldPassword": other}),
		create(guest, "people", object{"password": other, "passwordConfirm": other, "id": "abcdefghij12345"}),
	}
	results, err := b.Records().Batch(t.Context(), ops)
	check(t, "Batch", err, "ok")
	if !b.knows(id, secret) || !b.knows("abcdefghij12345", other) {
		t.Error("the stored passwords are not those that were sent")
	}
	for i, r := range results {
		if s := string(r.Record); strings.Contains(s, "password") || strings.Contains(s, other) {
			t.Errorf("result %d = %s", i, s)
		}
	}
	_, err = b.Records().Batch(t.Context(), ops[1:2])
	check(t, "Batch with a wrong old password", err,
		"invalid: Batch transaction failed. requests.0=batch_request_failed(invalid: Failed to update record. oldPassword=validation_invalid_old_password)")
}

// TestDeniedBatchCostsNothing checks that passwords are hashed and files stored only after all
// writes of the batch are judged.
func TestDeniedBatchCostsNothing(t *testing.T) {
	t.Parallel()
	b := newBed(t, people, docs)
	b.configure("docs", `{"createRule": "title = 'yes'"}`)
	granted := b.Passwords().Usage().Granted
	var ops []record.Op
	for range 10 {
		ops = append(ops, create(guest, "people", object{"password": other, "passwordConfirm": other}))
	}
	ops = append(ops, create(guest, "docs", object{"title": "no"}))
	ops[10].Input.Files = map[string][]*blob.Upload{"one": {{Name: "x.txt", Open: func() (io.ReadCloser, error) {
		return nil, errors.New("a file of a denied write was stored")
	}}}}
	_, err := b.Records().Batch(t.Context(), ops)
	check(t, "Batch", err, "invalid: Batch transaction failed. requests.10=batch_request_failed(invalid: Failed to create record.)")
	if n := b.Passwords().Usage().Granted - granted; n != 0 || b.count("people") != 0 {
		t.Errorf("%d passwords were hashed and %d records stored", n, b.count("people"))
	}
	_, err = b.Records().Batch(t.Context(), ops[:10])
	check(t, "Batch", err, "ok")
	if n := b.Passwords().Usage().Granted - granted; n != 10 || b.count("people") != 10 {
		t.Errorf("%d passwords were hashed and %d records stored", n, b.count("people"))
	}
}

// TestBatchExpandsWithinOneLimit: the answers of a batch are in memory together.
func TestBatchExpandsWithinOneLimit(t *testing.T) {
	t.Parallel()
	b := &bed{t: t, clock: &atomic.Int64{}, App: coretest.Open(t, core.Config{Dir: t.TempDir(), Limits: budget.Limits{Page: 13_000}})}
	b.collections(map[string]string{
		"a": `{"name": "text", "type": "text", "max": 10000}`,
		"b": `{"name": "to", "type": "relation", "collectionId": "<a>"}`,
	})
	large := b.add("a", object{"text": strings.Repeat("x", 4000)})
	op := create(guest, "b", object{"to": large})
	op.Expand = "to"
	_, err := b.Records().Batch(t.Context(), []record.Op{op, op})
	check(t, "Batch of two", err, "ok")
	_, err = b.Records().Batch(t.Context(), []record.Op{op, op, op})
	check(t, "Batch of three", err, "invalid: Batch transaction failed. requests.2=batch_request_failed(invalid)")
}

// The value of a visible password field is never shown.
func TestBatchHidesPasswords(t *testing.T) {
	t.Parallel()
	b := newThings(t)
	results, err := b.Records().Batch(t.Context(), []record.Op{create(root, "things", object{"must": "x", "pin": "open sesame"})})
	check(t, "Batch", err, "ok")
	if got := string(results[0].Record); !strings.Contains(got, `"pin":""`) || strings.Contains(got, "sesame") {
		t.Errorf("result = %s", got)
	}
}

func TestBatchFiles(t *testing.T) {
	t.Parallel()
	b := newBed(t, docs)
	sends := func(op record.Op, key string, files ...*blob.Upload) record.Op {
		op.Input.Files = map[string][]*blob.Upload{key: files}
		return op
	}
	const id = "abcdefghij12345"
	x, y, z := file(t, "x.txt", "x"), file(t, "y.txt", "y"), file(t, "z.txt", "z")
	ops := []record.Op{
		sends(create(guest, "docs", object{"id": id}), "many", x),
		sends(update(guest, "docs", id, nil), "many+", y),
		sends(update(guest, "docs", id, nil), "one", z),
	}
	_, err := b.Records().Batch(t.Context(), append(slices.Clone(ops), create(guest, "docs", object{"title": "denied"})))
	check(t, "Batch", err, "invalid: Batch transaction failed. requests.3=batch_request_failed(invalid: Failed to create record.)")
	b.expectFiles("a batch that failed", "docs")

	_, err = b.Records().Batch(t.Context(), ops)
	check(t, "Batch", err, "ok")
	b.expectFiles("batch", "docs", x, y, z)

	last := file(t, "last.txt", "x")
	_, err = b.Records().Batch(t.Context(), []record.Op{
		update(guest, "docs", id, object{"many-": x.Name}),
		sends(update(guest, "docs", id, nil), "one", file(t, "between.txt", "x")),
		sends(update(guest, "docs", id, nil), "one", last),
	})
	check(t, "Batch", err, "ok")
	b.expectFiles("replaced within a batch", "docs", y, last)

	_, err = b.Records().Batch(t.Context(), []record.Op{sends(create(guest, "docs", object{"id": "."}), "one", file(t, "f.txt", "x"))})
	check(t, "Batch with an id that is no name", err, "invalid: Batch transaction failed. requests.0=batch_request_failed(invalid: Failed to create record. id=validation_min_text_constraint)")
}

func TestBatchTimeout(t *testing.T) {
	t.Parallel()
	b := newThings(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.Records().Batch(ctx, []record.Op{create(guest, "things", object{"must": "x"})})
	check(t, "Batch", err, "invalid: Batch transaction failed.")
	if n := b.count("things"); n != 0 {
		t.Errorf("%d records are stored", n)
	}
}

// The changes of a transaction are published once, in order, when it is durable.
func TestChanges(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.collections(map[string]string{
		"a": `{"name": "n", "type": "number"}`,
		"b": `{"name": "a", "type": "relation", "collectionId": "<a>", "cascadeDelete": true}`,
		"c": `{"name": "as", "type": "relation", "collectionId": "<a>", "maxSelect": 2}`,
	})
	a := b.add("a", nil)
	rb, rc := b.add("b", object{"a": a}), b.add("c", object{"as": []any{a}})
	c := b.Records().Config()
	var told [][]string
	b.Changes().Observe(func(changes []change.Change) {
		var list []string
		for _, ch := range changes {
			list = append(list, string(ch.Action)+" "+b.Snapshot().ByID(ch.Collection).Name+" "+ch.Record)
		}
		told = append(told, list)
	})
	service := record.New(c)
	const id = "abcdefghij12345"
	_, err := service.Batch(t.Context(), []record.Op{create(root, "a", object{"id": id}), update(root, "a", id, object{"n": 1})})
	check(t, "Batch", err, "ok")
	_, err = service.Batch(t.Context(), []record.Op{create(root, "a", nil), update(root, "a", "nothing", nil)})
	if err == nil {
		t.Error("Batch: no error")
	}
	check(t, "Delete", service.Delete(t.Context(), root, "a", a), "ok")
	want := [][]string{
		{"create a " + id, "update a " + id},
		{"delete a " + a, "delete b " + rb, "update c " + rc},
	}
	if !slices.EqualFunc(told, want, slices.Equal) {
		t.Errorf("told %q, want %q", told, want)
	}
}
