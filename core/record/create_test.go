package record_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// targets and things are collections for failures: a record of things can fail in every way.
const (
	targets = `{"name": "targets", "type": "base", "viewRule": "", "fields": [{"name": "name", "type": "text"}]}`
	things  = `{
		"name": "things", "type": "base", "createRule": "", "updateRule": "", "deleteRule": "", "viewRule": "",
		"fields": [
			{"name": "title", "type": "text", "min": 2, "max": 5, "pattern": "^[a-z]+$"},
			{"name": "must", "type": "text", "required": true},
			{"name": "code", "type": "text", "autogeneratePattern": "[A-Z]{3}-[0-9]{3}"},
			{"name": "n", "type": "number", "min": -10, "max": 10, "onlyInt": true},
			{"name": "mail", "type": "email", "onlyDomains": ["example.com"]},
			{"name": "link", "type": "url", "exceptDomains": ["bad.com"]},
			{"name": "day", "type": "date", "min": "2020-01-01 00:00:00.000Z", "max": "2030-01-01 00:00:00.000Z"},
			{"name": "body", "type": "editor", "maxSize": 10},
			{"name": "data", "type": "json", "maxSize": 16},
			{"name": "place", "type": "geoPoint"},
			{"name": "flag", "type": "bool"},
			{"name": "pick", "type": "select", "values": ["a", "b", "c"], "maxSelect": 2},
			{"name": "rel", "type": "relation", "collectionId": "TARGETS", "maxSelect": 1},
			{"name": "rels", "type": "relation", "collectionId": "TARGETS", "minSelect": 2, "maxSelect": 3},
			{"name": "pin", "type": "password", "min": 4, "cost": 4},
			{"name": "hid", "type": "text", "hidden": true, "max": 3},
			{"name": "created", "type": "autodate", "onCreate": true},
			{"name": "updated", "type": "autodate", "onCreate": true, "onUpdate": true},
			{"name": "touched", "type": "autodate", "onUpdate": true}
		],
		"indexes": [
			"CREATE UNIQUE INDEX idx_things_title ON things (title) WHERE title != ''",
			"CREATE UNIQUE INDEX idx_things_pair ON things (n, flag) WHERE n > 0"
		]
	}`
)

func newThings(t testing.TB) *bed {
	t.Helper()
	b := newBed(t, targets)
	if _, err := b.Collections().Create(t.Context(), record.Root(), []byte(strings.ReplaceAll(things, "TARGETS", b.Snapshot().Find("targets").ID))); err != nil {
		t.Fatalf("create things: %s", failure(err))
	}
	return b
}

func TestCreateValidates(t *testing.T) {
	t.Parallel()
	b := newThings(t)
	one, two := b.add("targets", object{"name": "one"}), b.add("targets", object{"name": "two"})
	b.add("things", object{"id": "existing0000000", "must": "x", "title": "taken", "n": 7, "flag": true})
	const bad = "invalid: Failed to create record. "
	for _, tt := range []struct {
		name string
		body object
		want string
	}{
		{"minimal", object{"must": "x"}, "ok"},
		{"nothing", nil, bad + "must=validation_required"},
		{"text too short", object{"must": "x", "title": "a"}, bad + "title=validation_min_text_constraint"},
		{"text too long", object{"must": "x", "title": "abcdef"}, bad + "title=validation_max_text_constraint"},
		{"text pattern", object{"must": "x", "title": "ABC"}, bad + "title=validation_invalid_format"},
		{"NUL", object{"must": "x\x00"}, bad + "must=validation_invalid_value"},
		{"not UTF-8", object{"must": "\xff"}, bad + "must=validation_invalid_value"},
		{"number too small", object{"must": "x", "n": -11}, bad + "n=validation_min_number_constraint"},
		{"number too large", object{"must": "x", "n": "11"}, bad + "n=validation_max_number_constraint"},
		{"no integer", object{"must": "x", "n": 1.5}, bad + "n=validation_only_int_constraint"},
		{"no number", object{"must": "x", "n": "NaN"}, bad + "n=validation_not_a_number"},
		{"infinite", object{"must": "x", "n+": "Inf"}, bad + "n=validation_not_a_number"},
		{"email", object{"must": "x", "mail": "nobody"}, bad + "mail=validation_is_email"},
		{"email domain", object{"must": "x", "mail": "a@other.com"}, bad + "mail=validation_email_domain_not_allowed"},
		{"url", object{"must": "x", "link": "javascript:alert(1)"}, bad + "link=validation_invalid_url"},
		{"url domain", object{"must": "x", "link": "https://bad.com/"}, bad + "link=validation_url_domain_not_allowed"},
		{"too early", object{"must": "x", "day": "2019-12-31"}, bad + "day=validation_min_greater_equal_than_required"},
		{"too late", object{"must": "x", "day": "2031-01-01"}, bad + "day=validation_max_less_equal_than_required"},
		{"no date", object{"must": "x", "day": "soon"}, "ok"},
		{"editor size", object{"must": "x", "body": "<p>12345</p>"}, bad + "body=validation_content_size_limit"},
		{"json size", object{"must": "x", "data": "[1,2,3,4,5,6,7,8]"}, bad + "data=validation_json_size_limit"},
		{"latitude", object{"must": "x", "place": object{"lon": 1.0, "lat": 91.0}}, bad + "place=validation_invalid_latitude"},
		{"longitude", object{"must": "x", "place": `{"lon":181,"lat":1}`}, bad + "place=validation_invalid_longitude"},
		{"select value", object{"must": "x", "pick": "z"}, bad + "pick=validation_invalid_value"},
		{"select count", object{"must": "x", "pick": []any{"a", "b", "c"}}, bad + "pick=validation_too_many_values"},
		{"relation to nothing", object{"must": "x", "rel": "nothing"}, bad + "rel=validation_missing_rel_records"},
		{"relation", object{"must": "x", "rel": one}, "ok"},
		{"relations: too few", object{"must": "x", "rels": []any{one}}, bad + "rels=validation_not_enough_values"},
		{"relations: twice the same", object{"must": "x", "rels": []any{one, one}}, bad + "rels=validation_not_enough_values"},
		{"relations: one is nothing", object{"must": "x", "rels": []any{one, "nothing"}}, bad + "rels=validation_missing_rel_records"},
		{"relations: too many", object{"must": "x", "rels": []any{"a", "b", "c", "d"}}, bad + "rels=validation_too_many_values"},
		{"relations", object{"must": "x", "rels": []any{one, two}}, "ok"},
		{"password too short", object{"must": "x", "pin": "123"}, bad + "pin=validation_min_text_constraint"},
		{"password of too many bytes", object{"must": "x", "pin": strings.Repeat("ш", 37)}, bad + "pin=validation_max_text_constraint"},
		{"password", object{"must": "x", "pin": "1234"}, "ok"},
		{"id too short", object{"must": "x", "id": "short"}, bad + "id=validation_min_text_constraint"},
		{"id too long", object{"must": "x", "id": "abcdefghij0123456"}, bad + "id=validation_max_text_constraint"},
		{"id format", object{"must": "x", "id": "ABCDEFGHIJ01234"}, bad + "id=validation_invalid_format"},
		{"id as a path", object{"must": "x", "id": "../../../../etc"}, bad + "id=validation_invalid_format"},
		{"id taken", object{"must": "x", "id": "existing0000000"}, bad + "id=validation_not_unique"},
		{"not unique", object{"must": "x", "title": "taken"}, bad + "title=validation_not_unique"},
		{"not unique together", object{"must": "x", "n": 7, "flag": true}, bad + "flag=validation_not_unique n=validation_not_unique"},
		{"unique apart", object{"must": "x", "n": 7, "flag": false}, "ok"},
		{"hidden for guests", object{"must": "x", "hid": "too long"}, "ok"},
		{"all at once", object{"title": "A", "n": 99, "rel": "x", "id": "x"},
			bad + "id=validation_min_text_constraint must=validation_required n=validation_max_number_constraint rel=validation_missing_rel_records title=validation_min_text_constraint"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := b.count("things")
			_, err := b.create(guest, "things", tt.body)
			check(t, "Create", err, tt.want)
			if n := b.count("things") - before; (n == 1) != (err == nil) || n < 0 || n > 1 {
				t.Errorf("%d records were added", n)
			}
		})
	}
}

func TestCreateStores(t *testing.T) {
	t.Parallel()
	b := newThings(t)
	target := b.add("targets", nil)
	got, err := b.create(guest, "things", object{
		"id": "abcdefghij12345", "must": "x", "title": "abc", "n": "5", "mail": "A@example.com", "day": "2024-02-03",
		"data": object{"b": 1.0, "a": []any{}}, "place": object{"lon": 1.5}, "flag": "true", "pick": `["b","a"]`, "rel": target, "pin": "secret",
		"hid": "no", "created": "2000-01-01", "unknown": 1.0,
	})
	if err != nil {
		t.Fatal(failure(err))
	}
	r := b.stored("things", "abcdefghij12345")
	if r == nil {
		t.Fatal("nothing is stored")
	}
	for field, want := range (object{
		"must": "x", "title": "abc", "n": 5.0, "mail": "A@example.com", "day": "2024-02-03 00:00:00.000Z",
		"data": json.RawMessage(`{"a":[],"b":1}`), "place": schema.Point{Lon: 1.5}, "flag": true,
		"pick": []string{"b", "a"}, "rel": target, "rels": []string{}, "hid": "", "touched": "",
	}) {
		if got := r.Get(field); !reflect.DeepEqual(got, want) {
			t.Errorf("stored %s = %#v, want %#v", field, got, want)
		}
	}
	for field, pattern := range map[string]string{
		"code": `^[A-Z]{3}-[0-9]{3}$`, "created": `^20\d\d-.*Z$`, "updated": `^20\d\d-.*Z$`, "pin": `^\$2a\$04\$`,
	} {
		if !regexp.MustCompile(pattern).MatchString(r.Text(field)) {
			t.Errorf("stored %s = %q, want what matches %s", field, r.Text(field), pattern)
		}
	}
	if got["pin"] != "" || got["code"] != r.Text("code") || got["n"] != 5.0 || got["collectionName"] != "things" {
		t.Errorf("answer = %v", got)
	}
	if _, shown := got["hid"]; shown {
		t.Errorf("the answer to a guest has the hidden field: %v", got)
	}
	if r.Text("created") < "2020" || r.Text("created") != r.Text("updated") {
		t.Errorf("created = %q, updated = %q", r.Text("created"), r.Text("updated"))
	}
}

func TestCreateID(t *testing.T) {
	t.Parallel()
	b := newBed(t, targets, `{"name": "codes", "type": "base", "fields": [
		{"name": "id", "type": "text", "primaryKey": true, "pattern": "^[A-Za-z0-9_.]+$", "min": 2, "max": 8, "autogeneratePattern": "[a-z]{5}"}]}`)
	if id := b.add("targets", nil); !regexp.MustCompile(`^[a-z0-9]{15}$`).MatchString(id) {
		t.Errorf("new id = %q", id)
	}
	if id := b.add("codes", nil); !regexp.MustCompile(`^[a-z]{5}$`).MatchString(id) {
		t.Errorf("new id by the field's own pattern = %q", id)
	}
	if id := b.add("codes", object{"id:autogenerate": "p_"}); !regexp.MustCompile(`^p_[a-z]{5}$`).MatchString(id) {
		t.Errorf("new id with a prefix = %q", id)
	}
	b.add("codes", object{"id": "Ab"})
	const bad = "invalid: Failed to create record. id="
	for id, want := range map[string]string{
		"Ab":        bad + "validation_not_unique",
		"aB":        bad + "validation_pk_invalid",
		"a":         bad + "validation_min_text_constraint",
		"a.b":       bad + "validation_forbidden_pk_character",
		"com1":      bad + "validation_reserved_pk",
		"a-b":       bad + "validation_invalid_format",
		"123456789": bad + "validation_max_text_constraint",
		"12":        "ok",
	} {
		_, err := b.create(root, "codes", object{"id": id})
		check(t, "Create with id "+id, err, want)
	}
}

func TestCreateRefused(t *testing.T) {
	t.Parallel()
	b := newBed(t, `{"name": "closed", "type": "base", "fields": [{"name": "t", "type": "text", "required": true}]}`)
	for _, tt := range []struct {
		collection string
		caller     record.Caller
		want       string
	}{
		{"closed", guest, "forbidden: Only superusers can perform this action."},
		{"closed", root, "invalid: Failed to create record. t=validation_required"},
		{"CLOSED", root, "invalid: Failed to create record. t=validation_required"},
		{"nothing", guest, "not found: Missing or invalid collection context."},
		{"nothing", root, "not found: Missing or invalid collection context."},
	} {
		_, err := b.create(tt.caller, tt.collection, nil)
		check(t, "Create in "+tt.collection, err, tt.want)
	}
}

func TestCreateReferenceRows(t *testing.T) {
	t.Parallel()
	b := newBed(t, targets)
	users := b.Snapshot().Find("users").ID
	user := b.add("users", object{"password": "12345678", "passwordConfirm": "12345678", "email": "a@example.com"})
	const bad = "invalid: Failed to create record. "
	for _, tt := range []struct {
		name string
		body object
		want string
	}{
		{"right", object{"collectionRef": users, "recordRef": user, "provider": "google", "providerId": "1"}, "ok"},
		{"nothing", nil, bad + "collectionRef=validation_required provider=validation_required providerId=validation_required recordRef=validation_required"},
		{"no collection", object{"collectionRef": "x", "recordRef": user, "provider": "google", "providerId": "2"},
			bad + "collectionRef=validation_invalid_collection_id recordRef=validation_invalid_collection"},
		{"no auth collection", object{"collectionRef": b.Snapshot().Find("targets").ID, "recordRef": user, "provider": "google", "providerId": "2"},
			bad + "collectionRef=validation_invalid_collection_type"},
		{"no record", object{"collectionRef": users, "recordRef": "x", "provider": "google", "providerId": "2"}, bad + "recordRef=validation_invalid_record"},
		{"no provider", object{"collectionRef": users, "recordRef": user, "provider": "x", "providerId": "2"}, bad + "provider=validation_in_invalid"},
		{"twice", object{"collectionRef": users, "recordRef": user, "provider": "google", "providerId": "3"},
			bad + "collectionRef=validation_not_unique provider=validation_not_unique recordRef=validation_not_unique"},
	} {
		_, err := b.create(root, schema.ExternalAuths, tt.body)
		check(t, tt.name, err, tt.want)
	}
}
