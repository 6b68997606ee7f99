package record_test

import (
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/budget"
)

const deleteBlocked = "invalid: Failed to delete record. Make sure that the record is not part of a required relation reference."

// collections makes collections whose definitions may refer to each other as <name>: relations use
// ids, so the collections are created first and get their fields afterwards.
func (b *bed) collections(definitions map[string]string) {
	b.t.Helper()
	var ids []string
	for name := range definitions {
		c, err := b.Collections().Create(b.t.Context(), record.Root(), []byte(fmt.Sprintf(
			`{"name": %q, "type": "base", "createRule": "", "updateRule": "", "deleteRule": "", "viewRule": "", "listRule": ""}`, name)))
		if err != nil {
			b.t.Fatalf("create %s: %s", name, failure(err))
		}
		ids = append(ids, "<"+name+">", c.ID)
	}
	for name, fields := range definitions {
		b.configure(name, `{"fields": [`+strings.NewReplacer(ids...).Replace(fields)+`]}`)
	}
}

func TestDeleteDetaches(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.collections(map[string]string{
		"a": `{"name": "name", "type": "text"}`,
		"plain": `{"name": "one", "type": "relation", "collectionId": "<a>"},
			{"name": "many", "type": "relation", "collectionId": "<a>", "maxSelect": 5, "minSelect": 2},
			{"name": "must", "type": "text", "required": true},
			{"name": "updated", "type": "autodate", "onCreate": true, "onUpdate": true}`,
		"tied": `{"name": "ones", "type": "relation", "collectionId": "<a>", "maxSelect": 5, "cascadeDelete": true}`,
		"last": `{"name": "tied", "type": "relation", "collectionId": "<tied>", "cascadeDelete": true, "required": true}`,
	})
	x, y := b.add("a", nil), b.add("a", nil)
	plain := b.add("plain", object{"must": "x", "one": x, "many": []any{x, y}})
	unrelated := b.add("plain", object{"must": "x", "one": y})
	both, only := b.add("tied", object{"ones": []any{x, y}}), b.add("tied", object{"ones": []any{x}})
	first, second := b.add("last", object{"tied": both}), b.add("last", object{"tied": only})
	b.clock.Add(1000)

	if err := b.delete(guest, "a", x); err != nil {
		t.Fatal(failure(err))
	}
	for _, gone := range []struct{ collection, id string }{{"a", x}, {"tied", only}, {"last", second}} {
		if b.stored(gone.collection, gone.id) != nil {
			t.Errorf("%s/%s is still there", gone.collection, gone.id)
		}
	}
	for _, kept := range []struct {
		collection, id, field string
		want                  any
	}{
		{"plain", plain, "one", ""},
		{"plain", plain, "many", []string{y}},
		{"plain", plain, "updated", "2026-01-01 00:00:01.000Z"},
		{"plain", unrelated, "one", y},
		{"plain", unrelated, "updated", "2026-01-01 00:00:00.000Z"},
		{"tied", both, "ones", []string{y}},
		{"last", first, "tied", both},
	} {
		if got := b.value(kept.collection, kept.id, kept.field); !reflect.DeepEqual(got, kept.want) {
			t.Errorf("%s/%s.%s = %v, want %v", kept.collection, kept.id, kept.field, got, kept.want)
		}
	}
}

func TestDeleteRequired(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.collections(map[string]string{
		"a":     `{"name": "name", "type": "text"}`,
		"tied":  `{"name": "one", "type": "relation", "collectionId": "<a>", "cascadeDelete": true}`,
		"needs": `{"name": "ties", "type": "relation", "collectionId": "<tied>", "maxSelect": 3, "required": true}`,
	})
	x := b.add("a", nil)
	tied := b.add("tied", object{"one": x})
	another := b.add("tied", nil)
	needs := b.add("needs", object{"ties": []any{tied, another}})
	b.set("needs", needs, object{"ties": []any{tied}})

	check(t, "Delete", b.delete(guest, "a", x), deleteBlocked)
	check(t, "Delete", b.delete(root, "tied", tied), deleteBlocked)
	for _, c := range []string{"a", "tied", "needs"} {
		if b.count(c) == 0 {
			t.Errorf("%s is empty after a refused delete", c)
		}
	}
	if got := b.value("tied", tied, "one"); got != x {
		t.Errorf("tied.one = %v after a refused delete, want %v", got, x)
	}
	b.set("needs", needs, object{"ties": []any{tied, another}})
	check(t, "Delete of one of two", b.delete(guest, "a", x), "ok")
	if got := b.value("needs", needs, "ties"); !reflect.DeepEqual(got, []string{another}) {
		t.Errorf("needs.ties = %v, want %v", got, another)
	}
}

func TestDeleteCycles(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.collections(map[string]string{
		"a": `{"name": "b", "type": "relation", "collectionId": "<b>", "cascadeDelete": true},
			{"name": "self", "type": "relation", "collectionId": "<a>", "cascadeDelete": true, "maxSelect": 3}`,
		"b": `{"name": "a", "type": "relation", "collectionId": "<a>", "cascadeDelete": true, "required": true}`,
	})
	first := b.add("a", nil)
	last := first
	for range 20 { // a ← b ← a ← b …, closed at the end
		last = b.add("a", object{"b": b.add("b", object{"a": last})})
	}
	b.set("a", first, object{"b": b.add("b", object{"a": last}), "self": []any{first}})
	other := b.add("a", nil)
	b.set("a", other, object{"self": []any{other}})

	check(t, "Delete", b.delete(root, "a", first), "ok")
	if a, n := b.count("a"), b.count("b"); a != 1 || n != 0 {
		t.Errorf("%d and %d records are left, want 1 and 0", a, n)
	}
	check(t, "Delete of what refers to itself", b.delete(root, "a", other), "ok")
}

// A chain of any length is followed to its end.
func TestDeleteLongChain(t *testing.T) {
	t.Parallel()
	length := 3000
	if testing.Short() {
		length = 500
	}
	b := newBed(t)
	b.collections(map[string]string{"node": `{"name": "prev", "type": "relation", "collectionId": "<node>", "cascadeDelete": true}`})
	b.configure("node", `{"indexes": ["CREATE INDEX idx_node_prev ON node (prev)"]}`)
	ops := make([]record.Op, length)
	id := func(i int) string { return fmt.Sprintf("node%011d", i) }
	for i := range ops {
		body := object{"id": id(i)}
		if i > 0 {
			body["prev"] = id(i - 1)
		}
		ops[i] = record.Op{Caller: root, Action: record.ActionCreate, Collection: "node", Input: record.Input{Body: body}}
	}
	if _, err := b.Records().Batch(t.Context(), ops); err != nil {
		t.Fatal(failure(err))
	}
	check(t, "Delete", b.delete(root, "node", id(0)), "ok")
	if n := b.count("node"); n != 0 {
		t.Errorf("%d records are left", n)
	}
}

// TestDeleteOfMuch: a guest cannot keep all other writes waiting with one deletion.
func TestDeleteOfMuch(t *testing.T) {
	t.Parallel()
	b := &bed{t: t, clock: &atomic.Int64{}, App: coretest.Open(t, core.Config{Dir: t.TempDir(), Limits: budget.Limits{Cascade: 3}})}
	b.collections(map[string]string{
		"a":     `{"name": "name", "type": "text"}`,
		"plain": `{"name": "one", "type": "relation", "collectionId": "<a>"}`,
		"tied":  `{"name": "one", "type": "relation", "collectionId": "<a>", "cascadeDelete": true}`,
	})
	few, much, chain := b.add("a", nil), b.add("a", nil), b.add("a", nil)
	for range 2 {
		b.add("plain", object{"one": few})
		b.add("tied", object{"one": chain})
		b.add("plain", object{"one": chain})
	}
	for range 3 {
		b.add("plain", object{"one": much})
	}
	check(t, "Delete of three records", b.delete(guest, "a", few), "ok")
	for _, id := range []string{much, chain} {
		check(t, "Delete of more", b.delete(guest, "a", id), deleteBlocked)
		if b.stored("a", id) == nil {
			t.Error("it is gone")
		}
	}
	check(t, "a superuser's Delete of more", b.delete(root, "a", much), "ok")
}

func TestDeleteRefused(t *testing.T) {
	t.Parallel()
	b := newThings(t)
	id := b.add("things", object{"must": "x"})
	for _, id := range []string{"nothing", "", "a/b"} {
		check(t, "Delete of "+id, b.delete(root, "things", id), "not found")
	}
	check(t, "Delete in a missing collection", b.delete(root, "nothing", id), "not found: Missing collection context.")
	b.configure("things", `{"deleteRule": null}`)
	check(t, "Delete where only superusers may", b.delete(guest, "things", id), "forbidden: Only superusers can perform this action.")
	check(t, "Delete", b.delete(root, "things", id), "ok")
	check(t, "Delete again", b.delete(root, "things", id), "not found")
}

func TestDeleteAuthRecord(t *testing.T) {
	t.Parallel()
	b := newBed(t, people)
	collection := b.Snapshot().Find("people").ID
	id, unrelated := b.person(object{}), b.person(object{})
	for _, owner := range []string{id, unrelated} {
		b.add(schema.AuthOrigins, object{"collectionRef": collection, "recordRef": owner, "fingerprint": "f"})
		b.add(schema.MFAs, object{"collectionRef": collection, "recordRef": owner, "method": "m"})
		b.add(schema.OTPs, object{"collectionRef": collection, "recordRef": owner, "password": "12345678"})
		b.add(schema.ExternalAuths, object{"collectionRef": collection, "recordRef": owner, "provider": "google", "providerId": owner})
	}
	check(t, "Delete", b.delete(root, "people", id), "ok")
	for _, name := range []string{schema.AuthOrigins, schema.MFAs, schema.OTPs, schema.ExternalAuths} {
		if n := b.count(name); n != 1 {
			t.Errorf("%d rows in %s, want 1", n, name)
		}
	}
}

func TestDeleteLastSuperuser(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	add := func(email string) string {
		return b.add(schema.Superusers, object{"email": email, "password": secret, "passwordConfirm": secret})
	}
	first, second := add("a@example.com"), add("b@example.com")
	check(t, "Delete of one of two", b.delete(root, schema.Superusers, first), "ok")
	const refused = "invalid: You can't delete the only existing superuser."
	check(t, "Delete of the last one", b.delete(root, schema.Superusers, second), refused)
	check(t, "Truncate", b.Records().Truncate(t.Context(), root, schema.Superusers), refused)
	if n := b.count(schema.Superusers); n != 1 {
		t.Errorf("%d superusers are left, want 1", n)
	}
}

func TestTruncate(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.collections(map[string]string{
		"tree":  `{"name": "parent", "type": "relation", "collectionId": "<tree>"}, {"name": "doc", "type": "file"}`,
		"tied":  `{"name": "tree", "type": "relation", "collectionId": "<tree>", "cascadeDelete": true}`,
		"needs": `{"name": "tree", "type": "relation", "collectionId": "<tree>", "required": true}`,
	})
	b.configure("tree", `{"fields": [{"name": "parent", "type": "relation", "required": false, "collectionId": "`+b.Snapshot().Find("tree").ID+`"}, {"name": "doc", "type": "file"}]}`)
	var ids []string
	var ops []record.Op
	for i := range 1200 { // more than are looked up at a time
		ids = append(ids, fmt.Sprintf("tree%011d", i))
		ops = append(ops, create(root, "tree", object{"id": ids[i], "parent": ids[i/2]}))
	}
	ops[0].Input.Body["parent"] = ""
	if _, err := b.Records().Batch(t.Context(), ops); err != nil {
		t.Fatal(failure(err))
	}
	if _, err := b.upload(root, "tree", ids[0], "doc", file(t, "a.txt", "a")); err != nil {
		t.Fatal(failure(err))
	}
	b.add("tied", object{"tree": ids[7]})
	b.add("tied", nil)
	needs := b.add("needs", object{"tree": ids[1100]})

	check(t, "Truncate", b.Records().Truncate(t.Context(), root, "tree"),
		"invalid: Failed to truncate collection (most likely due to required cascade delete record references).")
	if n := b.count("tree"); n != len(ids) || b.count("tied") != 2 || len(b.files("tree")) != 1 {
		t.Errorf("a refused truncate left %d records, %d tied, files %v", n, b.count("tied"), b.files("tree"))
	}
	b.delete(root, "needs", needs)
	check(t, "Truncate", b.Records().Truncate(t.Context(), root, "TREE"), "ok")
	if n := b.count("tree"); n != 0 || b.count("tied") != 1 || len(b.files("tree")) != 0 {
		t.Errorf("a truncate left %d records, %d tied, files %v", n, b.count("tied"), b.files("tree"))
	}
	check(t, "Truncate of what is empty", b.Records().Truncate(t.Context(), root, "tree"), "ok")
	check(t, "Truncate of nothing", b.Records().Truncate(t.Context(), root, "nothing"), "not found")
}
