package collection_test

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// plan returns the JSON of a plan, with temporary names as ~.
func (w *world) plan(body string) string {
	w.t.Helper()
	before, number := w.state(), w.snapshots.Load().Number
	p, err := w.Plan(context.Background(), record.Root(), []byte(body))
	if err != nil {
		w.t.Fatalf("Plan(%s): %s", body, describe(err))
	}
	if after := w.state(); after != before || w.snapshots.Load().Number != number {
		w.t.Errorf("the plan %s changed\n%s\nto\n%s", body, before, after)
	}
	raw, err := json.Marshal(p)
	w.must(err)
	return regexp.MustCompile(`_tmp_\w+`).ReplaceAllString(string(raw), "~")
}

func planWorld(t *testing.T) *world {
	w := newWorld(t)
	w.create(`{"name":"posts","id":"posts_id","fields":[{"id":"t","name":"title","type":"text"},{"id":"n","name":"note","type":"json"},
		{"id":"g","name":"tags","type":"select","values":["a","b"],"maxSelect":2},{"id":"p","name":"at","type":"geoPoint"},{"id":"b","name":"on","type":"bool"},{"id":"c","name":"n","type":"number"}],
		"indexes":["create index i on posts (title)"]}`)
	w.create(`{"name":"other","id":"other_id","listRule":"@collection.posts.title ?= 'x'","viewRule":"@collection.posts.note ?= 'x'"}`)
	w.exec(`INSERT INTO "posts" ("id", "title", "note", "tags", "at", "on", "n") VALUES ('r1', '5', '{"a":1}', '["a"]', '{"lon":1,"lat":2}', TRUE, 1), ('r2', 'x', NULL, '[]', '{"lon":0,"lat":0}', FALSE, 0),
		('r3', '5.0', '5', '["a","b"]', '{"lon":0,"lat":1}', FALSE, 5), ('r4', '', '""', '[]', '{"lon":0,"lat":0}', TRUE, 0)`)
	return w
}

func TestPlan(t *testing.T) {
	w := planWorld(t)
	for name, c := range map[string]struct{ body, want string }{
		"create": {`{"create":{"name":"new","fields":[{"name":"a","type":"text"}],"indexes":["create index x on new (a)"]}}`,
			`{"collections":[{"action":"create","id":"pbc_1690656308","name":"new","rows":0}],"steps":[{"action":"createTable","table":"new","rows":0},{"action":"createIndex","table":"new","index":"x","rows":0}],"losses":[],"rewrites":[],"broken":[],"warnings":[]}`},
		"nothing": {`{"update":{"collection":"posts","body":{}}}`,
			`{"collections":[{"action":"update","id":"posts_id","name":"posts","rows":4}],"steps":[],"losses":[],"rewrites":[],"broken":[],"warnings":[]}`},
		"drop every field": {`{"update":{"collection":"posts","body":{"fields":[],"indexes":[]}}}`,
			`{"collections":[{"action":"update","id":"posts_id","name":"posts","rows":4}],"steps":[{"action":"dropIndex","index":"i","rows":0},` +
				`{"action":"dropColumn","table":"posts","column":"title","rows":4},{"action":"dropColumn","table":"posts","column":"note","rows":4},{"action":"dropColumn","table":"posts","column":"tags","rows":4},` +
				`{"action":"dropColumn","table":"posts","column":"at","rows":4},{"action":"dropColumn","table":"posts","column":"on","rows":4},{"action":"dropColumn","table":"posts","column":"n","rows":4}],` +
				`"losses":[{"cause":"dropped","collection":"posts","field":"title","count":3},{"cause":"dropped","collection":"posts","field":"note","count":2},{"cause":"dropped","collection":"posts","field":"tags","count":2},` +
				`{"cause":"dropped","collection":"posts","field":"at","count":2},{"cause":"dropped","collection":"posts","field":"on","count":2},{"cause":"dropped","collection":"posts","field":"n","count":2}],"rewrites":[],` +
				`"broken":[{"collection":"other","property":"listRule","message":"invalid left operand \"@collection.posts.title\" - unknown field \"title\""},{"collection":"other","property":"viewRule","message":"invalid left operand \"@collection.posts.note\" - unknown field \"note\""}],"warnings":[]}`},
		"convert and rename": {`{"update":{"collection":"posts","convert":true,"body":{"name":"articles","fields":[{"id":"t","name":"size","type":"number"},{"id":"n","name":"note","type":"json"},
			{"id":"g","name":"tags","type":"select","values":["a","b"]},{"id":"p","name":"at","type":"geoPoint"},{"id":"b","name":"on","type":"bool"},{"id":"c","name":"n","type":"number"}]}}}`,
			`{"collections":[{"action":"update","id":"posts_id","name":"articles","rows":4}],"steps":[{"action":"dropIndex","index":"i","rows":0},{"action":"renameTable","from":"posts","to":"articles","rows":0},` +
				`{"action":"convertColumn","table":"articles","column":"title","from":"text","to":"number","rows":4},{"action":"convertColumn","table":"articles","column":"tags","from":"multiple select","to":"select","rows":4},` +
				`{"action":"renameColumn","table":"articles","from":"~","to":"size","rows":0},{"action":"renameColumn","table":"articles","from":"~","to":"tags","rows":0},{"action":"createIndex","table":"articles","index":"i","rows":4}],` +
				`"losses":[{"cause":"emptied","collection":"articles","field":"title","count":1,"examples":[{"id":"r2","from":"\"x\"","to":"0"}]},{"cause":"altered","collection":"articles","field":"title","count":1,"examples":[{"id":"r3","from":"\"5.0\"","to":"5"}]},` +
				`{"cause":"altered","collection":"articles","field":"tags","count":1,"examples":[{"id":"r3","from":"[\"a\",\"b\"]","to":"\"b\""}]}],` +
				`"rewrites":[{"collection":"other","property":"listRule","from":"@collection.posts.title ?= 'x'","to":"@collection.articles.size ?= 'x'"},{"collection":"other","property":"viewRule","from":"@collection.posts.note ?= 'x'","to":"@collection.articles.note ?= 'x'"},` +
				"{\"collection\":\"articles\",\"property\":\"indexes\",\"from\":\"create index i on posts (title)\",\"to\":\"CREATE INDEX `i` ON `articles` (`size`)\"}],\"broken\":[],\"warnings\":[]}"},
		"delete": {`{"delete":"posts"}`,
			`{"collections":[{"action":"delete","id":"posts_id","name":"posts","rows":4}],"steps":[{"action":"dropTable","table":"posts","rows":4}],"losses":[{"cause":"deleted","collection":"posts","count":4}],"rewrites":[],` +
				`"broken":[{"collection":"other","property":"listRule","message":"invalid left operand \"@collection.posts.title\" - failed to resolve field \"@collection.posts.title\""},{"collection":"other","property":"viewRule","message":"invalid left operand \"@collection.posts.note\" - failed to resolve field \"@collection.posts.note\""}],"warnings":[]}`},
		"import": {`{"import":{"collections":[{"name":"users","type":"auth","fields":[{"name":"name","type":"text"},{"name":"avatar","type":"file"}]},{"name":"a"}],"deleteMissing":true}}`,
			`{"collections":[{"action":"update","id":"_pb_users_auth_","name":"users","rows":0},{"action":"create","id":"pbc_3535952755","name":"a","rows":0},{"action":"delete","id":"posts_id","name":"posts","rows":4},{"action":"delete","id":"other_id","name":"other","rows":0}],` +
				`"steps":[{"action":"dropIndex","index":"idx_tokenKey__pb_users_auth_","rows":0},{"action":"dropIndex","index":"idx_email__pb_users_auth_","rows":0},{"action":"dropTable","table":"posts","rows":4},{"action":"dropTable","table":"other","rows":0},{"action":"createTable","table":"a","rows":0},` +
				`{"action":"dropColumn","table":"users","column":"created","rows":0},{"action":"dropColumn","table":"users","column":"updated","rows":0},{"action":"createIndex","table":"users","index":"idx_tokenKey__pb_users_auth_","rows":0},{"action":"createIndex","table":"users","index":"idx_email__pb_users_auth_","rows":0}],` +
				`"losses":[{"cause":"deleted","collection":"posts","count":4}],"rewrites":[],"broken":[],"warnings":[]}`},
	} {
		if got := w.plan(c.body); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// TestPlansOfFailures: a plan fails with the error of the change.
func TestPlansOfFailures(t *testing.T) {
	w := planWorld(t)
	before := w.state()
	for name, c := range map[string]struct{ body, message, path, code string }{
		"nothing":      {`{}`, "An error occurred while validating the submitted data.", "create", "validation_invalid_plan"},
		"two":          {`{"delete":"posts","create":{}}`, "An error occurred while validating the submitted data.", "import", "validation_invalid_plan"},
		"unreadable":   {`{"update":5}`, "An error occurred while loading the submitted data.", "", ""},
		"no JSON":      {``, "An error occurred while loading the submitted data.", "", ""},
		"create":       {`{"create":{"name":""}}`, "Failed to create collection.", "name", "validation_required"},
		"update":       {`{"update":{"collection":"posts","body":{"fields":[{"id":"t","name":"title","type":"bool"}],"indexes":[]}}}`, "Failed to update collection.", "fields.1", "validation_field_type_change"},
		"no such":      {`{"update":{"collection":"nope","body":{}}}`, "", "", ""},
		"index":        {`{"update":{"collection":"posts","body":{"indexes":["create index i on posts (nope)"]}}}`, "Failed to update collection.", "indexes.0", "validation_invalid_index_expression"},
		"delete":       {`{"delete":"_otps"}`, "Failed to delete collection.", "", ""},
		"import":       {`{"import":{"collections":[{"name":"a b"}]}}`, "Failed to import collections.", "collections", "validation_collections_import_failure"},
		"empty import": {`{"import":{}}`, "An error occurred while validating the submitted data.", "collections", "validation_required"},
	} {
		_, err := w.Plan(context.Background(), record.Root(), []byte(c.body))
		var e *fault.Error
		if !errors.As(err, &e) || e.Message != c.message || leaf(e.Fields, strings.Split(c.path, ".")) != c.code {
			t.Errorf("%s: %v, want %q with %s at %s", name, err, c.message, c.code, c.path)
		}
	}
	if after := w.state(); after != before {
		t.Errorf("plans changed\n%s\nto\n%s", before, after)
	}
}

func TestExamplesOfAPlanAreShort(t *testing.T) {
	w := newWorld(t)
	w.create(`{"name":"t","fields":[{"id":"f","name":"v","type":"text"}]}`)
	for range 5 {
		w.exec(`INSERT INTO "t" ("v") VALUES ('` + strings.Repeat("ü", 5000) + `')`)
	}
	p, err := w.Plan(context.Background(), record.Root(), []byte(`{"update":{"collection":"t","convert":true,"body":{"fields":[{"id":"f","name":"v","type":"number"}]}}}`))
	w.must(err)
	if len(p.Losses) != 1 || p.Losses[0].Count != 5 || len(p.Losses[0].Examples) != 3 || p.Losses[0].Cause != collection.LossEmptied {
		t.Fatalf("losses = %+v", p.Losses)
	}
	if got := p.Losses[0].Examples[0].From; len(got) > 210 || !strings.HasSuffix(got, "ü…") {
		t.Errorf("example = %q", got)
	}
}
