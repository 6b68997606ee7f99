package collection_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

func imported(deleteMissing bool, items ...string) *collection.Import {
	in := &collection.Import{DeleteMissing: deleteMissing}
	for _, item := range items {
		in.Collections = append(in.Collections, json.RawMessage(item))
	}
	return in
}

func (w *world) bring(in *collection.Import) {
	w.t.Helper()
	if err := w.Import(context.Background(), record.Root(), in); err != nil {
		w.t.Fatalf("Import: %s", describe(err))
	}
}

func (w *world) names() []string {
	var names []string
	for _, c := range w.snapshots.Load().All() {
		if !c.System {
			names = append(names, c.Name)
		}
	}
	return names
}

func TestImport(t *testing.T) {
	w := newWorld(t)
	w.create(`{"name":"posts","id":"posts_id","fields":[{"id":"legacy","name":"title","type":"text"},{"id":"old","name":"body","type":"text"}],"listRule":"title != ''"}`)
	w.create(`{"name":"gone","id":"gone_id","fields":[{"name":"p","type":"relation","collectionId":"posts_id"}]}`)
	w.exec(`INSERT INTO "posts" ("id", "title", "body") VALUES ('r', 'kept', 'too')`)
	w.must(w.blobs.Put(context.Background(), "gone_id/r/f.txt", strings.NewReader("x"), 1, blob.Attributes{}))

	// Without ids the fields are matched by name and type; the options of the import win.
	w.bring(imported(false, `{"name":"POSTS","fields":[{"name":"title","type":"text","max":7},{"id":"theirs","name":"n","type":"number"}]}`,
		`{"name":"a","fields":[{"name":"b","type":"relation","collectionId":"b_id"}]}`, `{"name":"b","id":"b_id","fields":[{"name":"a","type":"relation","collectionId":"`+derivedID(t, "a")+`"}]}`))
	posts := w.snapshots.Load().Find("posts_id")
	var fields []string
	for _, f := range posts.Fields {
		fields = append(fields, f.ID+" "+f.Name)
	}
	if want := []string{"text3208210256 id", "legacy title", "theirs n", "old body"}; !slices.Equal(sorted(fields), sorted(want)) {
		t.Errorf("fields = %q, want %q", fields, want)
	}
	if raw, _ := json.Marshal(posts.Field("title")); !strings.Contains(string(raw), `"max":7`) || posts.Name != "POSTS" {
		t.Errorf("title = %s of %s: want the options and the name of the import", raw, posts.Name)
	}
	if got := w.rows(3, `SELECT "title", "body", "n" FROM "POSTS"`); !slices.Equal(got, []string{"kept,too,0"}) {
		t.Errorf("rows = %q", got)
	}
	if got := w.names(); !slices.Equal(got, []string{"users", "POSTS", "gone", "a", "b"}) {
		t.Errorf("collections = %q", got)
	}

	// Missing collections are deleted with their files, and so are missing fields.
	w.bring(imported(true, `{"id":"posts_id","name":"posts","fields":[{"id":"x","name":"body","type":"text"}],"listRule":null}`, `{"name":"users","type":"auth"}`))
	if got := w.names(); !slices.Equal(got, []string{"users", "posts"}) {
		t.Errorf("collections = %q", got)
	}
	if got := w.rows(2, `SELECT "id", "body" FROM "posts"`); !slices.Equal(got, []string{"r,too"}) {
		t.Errorf("rows = %q, want the field kept though its id is another", got)
	}
	if posts := w.snapshots.Load().Find("posts"); len(posts.Fields) != 2 || posts.Field("body").ID != "old" {
		t.Errorf("fields = %v, want id and body", posts.Fields)
	}
	if users := w.snapshots.Load().Find("users"); users.Field("name") != nil || users.Field("email") == nil {
		t.Error("users: want the system fields and no others")
	}
	w.must(w.removals.Settle(context.Background()))
	if _, err := w.blobs.Open(context.Background(), "gone_id/r/f.txt"); err == nil {
		t.Error("the file of a deleted collection is still there")
	}
	for _, name := range []string{"_superusers", "_otps"} {
		if w.snapshots.Load().Find(name) == nil {
			t.Errorf("%s is gone", name)
		}
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// derivedID returns the derived id of a base collection with the name.
func derivedID(t *testing.T, name string) string {
	w := newWorld(t)
	return w.create(`{"name":"` + name + `"}`).ID
}

// TestImportSwapsNames gives tables, columns and indexes the names of others.
func TestImportSwapsNames(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"a", "b", "c"} {
		w.create(`{"name":"` + name + `","id":"` + name + `_id","fields":[{"id":"f","name":"v","type":"text"}],"indexes":["create index i_` + name + ` on ` + name + ` (v)"],"listRule":"@collection.a.v ?= 'x'"}`)
		w.exec(`INSERT INTO "` + name + `" ("v") VALUES ('of ` + name + `')`)
	}
	w.bring(imported(false, `{"id":"a_id","name":"b","indexes":["create index i_b on b (v)"]}`, `{"id":"b_id","name":"A","indexes":["create index i_c on b (v)"]}`,
		`{"id":"c_id","name":"d","indexes":["create index i_a on b (v)"]}`, `{"id":"new","name":"c","fields":[{"name":"v","type":"number"}]}`))
	for table, want := range map[string][]string{"b": {"of a"}, "A": {"of b"}, "d": {"of c"}, "c": nil} {
		if got := w.rows(1, `SELECT "v" FROM "`+table+`"`); !slices.Equal(got, want) {
			t.Errorf("%s = %q, want %q", table, got, want)
		}
	}
	for _, id := range []string{"a_id", "b_id", "c_id"} {
		c := w.snapshots.Load().ByID(id)
		if got := *c.ListRule; got != "@collection.b.v ?= 'x'" {
			t.Errorf("rule of %s = %q", c.Name, got)
		}
		if got := w.indexes(c.Name); len(got) != 1 {
			t.Errorf("indexes of %s = %q", c.Name, got)
		}
	}
}

func TestImportOfIDsFromElsewhere(t *testing.T) {
	w := newWorld(t)
	w.create(`{"name":"tags","id":"ours"}`)
	w.bring(imported(false, `{"name":"posts","fields":[{"name":"tag","type":"relation","collectionId":"theirs"}]}`, `{"name":"tags","id":"theirs"}`))
	if raw, _ := json.Marshal(w.snapshots.Load().Find("posts").Field("tag")); !strings.Contains(string(raw), `"collectionId":"ours"`) {
		t.Errorf("relation = %s, want the id that the collection has here", raw)
	}
}

func TestImportsThatFail(t *testing.T) {
	w := newWorld(t)
	w.create(`{"name":"t","id":"t_id","fields":[{"id":"f","name":"v","type":"text"}]}`)
	w.exec(`INSERT INTO "t" ("v") VALUES ('same'), ('same')`)
	before, number := w.state(), w.snapshots.Load().Number
	const code = "validation_collections_import_failure"
	for name, c := range map[string]struct {
		in                  *collection.Import
		message, code, text string
	}{
		"nothing":      {imported(true), "An error occurred while validating the submitted data.", "validation_required", ""},
		"no object":    {imported(false, `"x"`), "An error occurred while loading the submitted data.", "", ""},
		"a wrong name": {imported(false, `{"name":5}`), "An error occurred while loading the submitted data.", "", ""},
		"null":         {imported(false, `null`), "An error occurred while loading the submitted data.", "", ""},
		"an unknown kind": {imported(false, `{"name":"new"}`, `{"name":"x","fields":[{"name":"a","type":"nope"}]}`), "", code,
			"Failed to import the collections configuration. Raw error:\nFailed to load"},
		"an invalid one": {imported(false, `{"name":"new"}`, `{"name":"t","listRule":"nope = 1"}`), "", code,
			"Data validations failed for collection \"t\" (t_id):\n{\n  \"listRule\": \"Invalid rule. Raw error:"},
		"a missing relation": {imported(true, `{"name":"r","id":"r_id","fields":[{"name":"a","type":"relation","collectionId":"t_id"}]}`), "", code,
			"Data validations failed for collection \"r\" (r_id):"},
		"two of a name":     {imported(false, `{"name":"n","id":"n1"}`, `{"name":"N2","id":"n2"}`, `{"id":"n2","name":"n"}`), "", code, "Data validations failed for collection \"n\" (n"},
		"an index name":     {imported(false, `{"name":"n","indexes":["create index i on n (id)"]}`, `{"name":"m","indexes":["create index I on m (id)"]}`), "", code, "Data validations failed"},
		"a unique index":    {imported(false, `{"name":"new"}`, `{"name":"t","indexes":["create unique index u on t (v)"]}`), "", code, "Data validations failed for collection \"t\" (t_id):"},
		"another kind":      {imported(false, `{"name":"t","fields":[{"id":"f","name":"v","type":"number"}]}`), "", code, "Data validations failed for collection \"t\" (t_id):"},
		"a type":            {imported(false, `{"name":"t","type":"auth"}`), "", code, "Data validations failed for collection \"t\" (t_id):"},
		"a system rule":     {imported(true, `{"name":"_superusers","type":"auth","listRule":""}`), "", code, "Data validations failed for collection \"_superusers\""},
		"too many columns":  {imported(true, `{"name":"n","fields":[`+manyFields(2100)+`]}`), "", code, "Failed to import the collections configuration. Raw error:\n"},
		"a name of no kind": {imported(false, `{"id":"x"}`), "", code, "Data validations failed for collection \"\" (x):"},
	} {
		err := w.Import(context.Background(), record.Root(), c.in)
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != fault.Invalid {
			t.Errorf("%s: %v, want an invalid fault", name, err)
			continue
		}
		if c.message == "" {
			c.message = "Failed to import collections."
		}
		text := ""
		if f := e.Fields["collections"]; f != nil {
			text = f.Message
		}
		if e.Message != c.message || leaf(e.Fields, []string{"collections"}) != c.code || c.text != "" && !strings.HasPrefix(text, c.text) {
			t.Errorf("%s: %s, want %q with %s %q", name, describe(err), c.message, c.code, c.text)
		}
		if w.snapshots.Load().Number != number {
			t.Errorf("%s: a snapshot was published", name)
		}
	}
	if after := w.state(); after != before {
		t.Errorf("failed imports changed\n%s\nto\n%s", before, after)
	}
}

func TestImportIsIdempotent(t *testing.T) {
	w := newWorld(t)
	w.create(`{"name":"posts","fields":[{"name":"t","type":"text"},{"name":"tags","type":"select","values":["a","b"],"maxSelect":2}],"indexes":["create index i on posts (t)"]}`)
	w.exec(`INSERT INTO "posts" ("t", "tags") VALUES ('x', '["a"]')`)
	all := func() (items []string) {
		for _, c := range w.snapshots.Load().All() {
			raw, err := json.Marshal(c)
			w.must(err)
			items = append(items, string(raw))
		}
		return items
	}
	secret := w.snapshots.Load().Find("users").Auth.AuthToken.Secret
	before := all()
	w.bring(imported(true, before...))
	for i, text := range all() {
		if cut(text) != cut(before[i]) {
			t.Errorf("an export imported again gives\n%s\nwant\n%s", text, before[i])
		}
	}
	if w.snapshots.Load().Find("users").Auth.AuthToken.Secret != secret {
		t.Error("the secret has changed")
	}
	if got := w.rows(1, `SELECT "t" FROM "posts"`); !slices.Equal(got, []string{"x"}) {
		t.Errorf("rows = %q", got)
	}
}

// cut returns the text without the time of the last change.
func cut(text string) string {
	before, after, _ := strings.Cut(text, `"updated":"`)
	return before + after[24:]
}

func TestBigImport(t *testing.T) {
	w := newWorld(t)
	var items []string
	for i := range 120 {
		items = append(items, fmt.Sprintf(`{"name":"c%d","id":"c%d_id","listRule":"f1 = 'x' && next.f2 = 'y'","fields":[{"name":"f1","type":"text"},{"name":"f2","type":"text"},{"name":"f3","type":"number"},
			{"name":"next","type":"relation","collectionId":"c%d_id"}],"indexes":["create index i%d on c (f1)","create index j%d on c (f2)"]}`, i, i, (i+1)%120, i, i))
	}
	w.bring(imported(false, items...))
	w.bring(imported(false, items...))
	w.bring(imported(true, `{"name":"only"}`))
	if got := w.names(); len(got) != 1 {
		t.Errorf("%d collections, want one", len(got))
	}
}

func TestImportConverts(t *testing.T) {
	w := newWorld(t)
	w.create(`{"name":"t","fields":[{"name":"v","type":"text"}]}`)
	w.put("t", "v", "5", "x")
	in := imported(true, `{"name":"t","fields":[{"name":"v","type":"number"}]}`)
	in.Convert = true
	w.bring(in)
	if got := w.values("t", "v"); !slices.Equal(got, []string{"5", "0"}) {
		t.Errorf("values = %q", got)
	}
}
