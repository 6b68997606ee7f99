package record_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

func TestUpdateValidates(t *testing.T) {
	t.Parallel()
	b := newThings(t)
	one, two := b.add("targets", nil), b.add("targets", nil)
	b.add("things", object{"must": "x", "title": "taken"})
	const bad = "invalid: Failed to update record. "
	for _, tt := range []struct {
		name string
		body object
		want string
	}{
		{"nothing", nil, "ok"},
		{"one field", object{"title": "new"}, "ok"},
		{"required", object{"must": ""}, bad + "must=validation_required"},
		{"a changed id", object{"id": "abcdefghij00000"}, bad + "id=validation_pk_change"},
		{"not unique", object{"title": "taken"}, bad + "title=validation_not_unique"},
		{"relation to nothing", object{"rel": "x"}, bad + "rel=validation_missing_rel_records"},
		{"a sum that is too large", object{"n+": 20}, bad + "n=validation_max_number_constraint"},
		{"a list that gets too short", object{"rels-": one}, bad + "rels=validation_not_enough_values"},
		{"password", object{"pin": "1"}, bad + "pin=validation_min_text_constraint"},
		{"hidden for guests", object{"hid": "too long"}, "ok"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id := b.add("things", object{"must": "x", "n": -1, "rels": []any{one, two}, "pin": "1234", "hid": "h"})
			before := b.stored("things", id)
			_, err := b.update(guest, "things", id, tt.body)
			check(t, "Update", err, tt.want)
			if after := b.stored("things", id); err != nil && !reflect.DeepEqual(after, before) {
				t.Errorf("a refused update changed the record to %v", after)
			}
			if got := b.value("things", id, "hid"); got != "h" {
				t.Errorf("hid = %v", got)
			}
		})
	}
}

// An update validates all fields, even those that it does not change; an id is never validated
// again.
func TestUpdateJudgesUntouchedFields(t *testing.T) {
	t.Parallel()
	b := newBed(t, `{"name": "notes", "type": "base", "fields": [
		{"id": "f1", "name": "a", "type": "text"}, {"id": "f2", "name": "b", "type": "text"}]}`)
	id := b.add("notes", object{"a": "long text", "b": "x"})
	b.configure("notes", `{"fields": [
		{"name": "id", "type": "text", "primaryKey": true, "pattern": "^[A-Z]+$", "min": 2, "max": 3, "autogeneratePattern": "[A-M]{3}"},
		{"id": "f1", "name": "a", "type": "text", "max": 3}, {"id": "f2", "name": "b", "type": "text"}]}`)
	_, err := b.update(root, "notes", id, object{"b": "y"})
	check(t, "Update of b", err, "invalid: Failed to update record. a=validation_max_text_constraint")
	_, err = b.update(root, "notes", id, object{"id": id, "a": "ok"})
	check(t, "Update of a", err, "ok")
}

func TestUpdateAutodates(t *testing.T) {
	t.Parallel()
	b := newThings(t)
	id := b.add("things", object{"must": "x"})
	created := b.value("things", id, "created")
	b.clock.Add(1500)
	if _, err := b.update(guest, "things", id, object{"created": "2000-01-01", "updated": "2000-01-01"}); err != nil {
		t.Fatal(failure(err))
	}
	const later = "2026-01-01 00:00:01.500Z"
	for field, want := range map[string]any{"created": created, "updated": later, "touched": later} {
		if got := b.value("things", id, field); got != want {
			t.Errorf("%s = %v, want %v", field, got, want)
		}
	}
}

func TestUpdateMissing(t *testing.T) {
	t.Parallel()
	b := newThings(t)
	for _, id := range []string{"nothing", "", "a/b", "' OR 1=1", "\x00"} {
		_, err := b.update(root, "things", id, object{"must": "x"})
		check(t, "Update of "+id, err, "not found")
	}
	_, err := b.update(root, "nothing", "x", nil)
	check(t, "Update in a missing collection", err, "not found: Missing or invalid collection context.")
	b.configure("things", `{"updateRule": null}`)
	_, err = b.update(guest, "things", "nothing", nil)
	check(t, "Update where only superusers may", err, "forbidden: Only superusers can perform this action.")
}

// Two concurrent additions to a field are both stored.
func TestUpdateKeepsConcurrentIncrements(t *testing.T) {
	t.Parallel()
	b := newBed(t, `{"name": "counters", "type": "base", "updateRule": "", "fields": [
		{"name": "n", "type": "number"}, {"name": "tags", "type": "select", "maxSelect": 16,
		 "values": ["a","b","c","d","e","f","g","h","i","j","k","l","m","n","o","p"]}]}`)
	id := b.add("counters", nil)
	const clients, each = 16, 10
	errs := make(chan error, clients)
	for i := range clients {
		go func() {
			var failed error
			for range each {
				in := record.Input{Body: object{"n+": 2, "tags+": string(rune('a' + i))}}
				if _, err := b.Records().Update(t.Context(), guest, "counters", id, in); err != nil {
					failed = err
				}
			}
			errs <- failed
		}()
	}
	for range clients {
		if err := <-errs; err != nil {
			t.Errorf("Update: %s", failure(err))
		}
	}
	if got := b.value("counters", id, "n"); got != 2.0*clients*each {
		t.Errorf("n = %v, want %v", got, 2*clients*each)
	}
	if got := b.value("counters", id, "tags").([]string); len(got) != clients {
		t.Errorf("tags = %v, want %d of them", got, clients)
	}
}

// Of many concurrent creates with the same name one succeeds; the others fail with the fault of the
// unique index.
func TestCreateUniqueRace(t *testing.T) {
	t.Parallel()
	b := newBed(t, `{"name": "names", "type": "base", "createRule": "", "fields": [{"name": "name", "type": "text"}],
		"indexes": ["CREATE UNIQUE INDEX idx_names ON names (name)"]}`)
	const clients = 16
	errs := make(chan error, clients)
	for range clients {
		go func() {
			_, err := b.Records().Create(t.Context(), guest, "names", record.Input{Body: object{"name": "same"}})
			errs <- err
		}()
	}
	won := 0
	for range clients {
		switch err := <-errs; {
		case err == nil:
			won++
		default:
			check(t, "Create", err, "invalid: Failed to create record. name=validation_not_unique")
		}
	}
	if n := b.count("names"); won != 1 || n != 1 {
		t.Errorf("%d creates succeeded, %d records are stored", won, n)
	}
}

// A write that was prepared before its collection changed follows the new definition: else a value
// that was cast to a number would be stored as a text.
func TestWriteFollowsCollections(t *testing.T) {
	t.Parallel()
	b := newBed(t, `{"name": "pairs", "type": "base", "fields": [
		{"id": "f1", "name": "a", "type": "text"}, {"id": "f2", "name": "b", "type": "number"}]}`)
	const records = 30
	begun := make(chan struct{}) // one for each create; closed after the last one
	var failed error
	go func() {
		defer close(begun)
		for range records {
			begun <- struct{}{}
			if _, err := b.Records().Create(t.Context(), root, "pairs", record.Input{Body: object{"a": "1e1", "b": "1e1"}}); err != nil {
				failed = err
			}
		}
	}()
	text, number := "a", "b"
	for range begun {
		text, number = number, text
		b.configure("pairs", fmt.Sprintf(`{"fields": [{"id": "f1", "name": %q, "type": "text"}, {"id": "f2", "name": %q, "type": "number"}]}`, text, number))
	}
	if failed != nil {
		t.Errorf("Create: %s", failure(failed))
	}
	page, err := b.Records().List(t.Context(), root, "pairs", record.ListParams{PerPage: records})
	if err != nil {
		t.Fatal(failure(err))
	}
	var items []object
	if err := json.Unmarshal(page.Items, &items); err != nil {
		t.Fatal(err)
	}
	if len(items) != records {
		t.Errorf("%d records, want %d", len(items), records)
	}
	for _, item := range items {
		if item[text] != "1e1" || item[number] != 10.0 {
			t.Fatalf("stored %v", item)
		}
	}
}

func TestUpsert(t *testing.T) {
	t.Parallel()
	b := newThings(t)
	upsert := func(c record.Caller, body object) (object, error) {
		r, err := b.Records().Upsert(t.Context(), c, "things", record.Input{Body: body})
		return b.answer(b.Records(), c, r, err)
	}
	first, err := upsert(guest, object{"id": "abcdefghij12345", "must": "x", "n": 1})
	check(t, "Upsert of a new id", err, "ok")
	again, err := upsert(guest, object{"id": "abcdefghij12345", "n+": 2})
	check(t, "Upsert of a known id", err, "ok")
	if first["n"] != 1.0 || again["n"] != 3.0 || again["must"] != "x" {
		t.Errorf("first %v, then %v", first, again)
	}
	_, err = upsert(guest, object{"must": "y"})
	check(t, "Upsert without id", err, "ok")
	if n := b.count("things"); n != 2 {
		t.Errorf("%d records, want 2", n)
	}
	b.configure("things", `{"createRule": null}`)
	_, err = upsert(guest, object{"id": "abcdefghij12345", "n": 0})
	check(t, "Upsert that updates", err, "ok")
	_, err = upsert(guest, object{"must": "y"})
	check(t, "Upsert that creates", err, "forbidden: Only superusers can perform this action.")
	if fault.KindOf(err) != fault.Forbidden {
		t.Errorf("kind = %v", fault.KindOf(err))
	}
}
