package pocketbase_test

import (
	"context"
	"testing"

	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/record"
)

// odd returns a database whose names contain quotes, so that they must be quoted. PocketBase
// creates no such names, but accepts them.
func odd(t *testing.T) string {
	return source(t, fresh,
		`INSERT INTO _collections (id, type, name, fields, indexes, listRule) VALUES ('evil', 'base', 'evil"x', '[{"id":"i","name":"id","type":"text","primaryKey":true},
			{"id":"f","name":"a\"b","type":"text"},{"id":"g","name":"c d''e","type":"number"}]',
			'["CREATE INDEX `+"`odd\\\"i` ON `evil\\\"x` (id)"+`"]', '')`,
		`CREATE TABLE "evil""x" (id TEXT PRIMARY KEY, "a""b" TEXT, "c d'e" NUMERIC)`,
		`CREATE INDEX "odd""i" ON "evil""x" (id)`,
		`INSERT INTO "evil""x" VALUES ('one', 'x', 1), ('two', 'y', 2)`,
		`INSERT INTO _collections (id, type, name, fields, options, listRule) VALUES ('look', 'view', 'lo"ok', '[]', '{"viewQuery":"SELECT id, \"a\"\"b\" AS title FROM \"evil\"\"x\""}', '')`,
		`CREATE VIEW "lo""ok" AS SELECT id, "a""b" AS title FROM "evil""x"`,
		`INSERT INTO _collections (id, type, name, fields, options) VALUES ('who', 'auth', 'we"irdos', '[]', '{}')`,
		`CREATE TABLE "we""irdos" (id TEXT PRIMARY KEY)`,
	)
}

func TestNamesThatNeedQuotes(t *testing.T) {
	app, report := imported(t, odd(t))
	ctx, root := context.Background(), record.Root()
	if got := len(list(t, app, `evil"x`)); got != 2 {
		t.Fatalf("there are %d records, want 2\n%s", got, report)
	}
	if got := list(t, app, `lo"ok`); len(got) != 2 || got[0]["title"] != "x" {
		t.Errorf("the view has %v, want the records by their titles\n%s", got, report)
	}
	if got := len(app.Snapshot().Find(`evil"x`).ParsedIndexes()); got != 1 {
		t.Errorf("the collection has %d indexes, want the one that was there\n%s", got, report)
	}
	if _, ok := app.Snapshot().Find(`we"irdos`).UniqueIndex("tokenKey"); !ok {
		t.Errorf("the auth collection has the indexes %q, want the usual ones", app.Snapshot().Find(`we"irdos`).Indexes)
	}
	if _, err := app.Records().Create(ctx, root, `evil"x`, record.Input{Body: map[string]any{"id": "three", `a"b`: "z"}}); err != nil {
		t.Errorf("create: %v", err)
	}
	if page, err := app.Records().List(ctx, root, `evil"x`, record.ListParams{Filter: `id = "three"`, Sort: "-id"}); err != nil || page.TotalItems != 1 {
		t.Errorf("list = %+v, %v, want the new record", page, err)
	}
	plan, err := app.Collections().Plan(ctx, root, []byte(`{"update":{"collection":"evil","convert":true,"body":{"name":"good",
		"fields":[{"id":"i","name":"id","type":"text","primaryKey":true,"pattern":".*"},{"id":"f","name":"ab","type":"number"}]}}}`))
	if err != nil {
		t.Fatalf("plan a change of names: %v", err)
	}
	losses := map[string]int64{}
	for _, l := range plan.Losses {
		losses[l.Cause+" "+l.Field] = l.Count
	}
	if len(losses) != 2 || losses[collection.LossDropped+" c d'e"] != 2 || losses[collection.LossEmptied+` a"b`] != 3 {
		t.Errorf("losses = %v, want the dropped numbers and the texts that are no numbers", losses)
	}
	if plan, err := app.Collections().Plan(ctx, root, []byte(`{"import":{"collections":[{"name":"users","type":"auth"}],"deleteMissing":true}}`)); err != nil || len(plan.Losses) == 0 {
		t.Errorf("plan to delete all of it = %+v, %v", plan, err)
	}
	if _, err := app.Collections().Update(ctx, root, "evil", []byte(`{"name":"good","fields":[{"id":"i","name":"id","type":"text","primaryKey":true,"pattern":".*"},
		{"id":"f","name":"ab","type":"text"}],"indexes":["create index good_i on good (id, ab)"]}`)); err != nil {
		t.Fatalf("rename: %v", err)
	}
	if got := list(t, app, `lo"ok`); len(got) != 3 || got[0]["title"] != "x" {
		t.Errorf("after the renaming the view has %v, want it to follow", got)
	}
	for _, name := range []string{`lo"ok`, "good", `we"irdos`} {
		if err := app.Collections().Delete(ctx, root, name); err != nil {
			t.Errorf("delete %s: %v", name, err)
		}
	}
}
