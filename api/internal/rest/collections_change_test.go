package rest_test

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestChangesOfFields(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const path = "/api/collections"
	fields := func(kind, options string) string {
		return `{"fields":[{"id":"f","name":"v","type":"` + kind + `"` + options + `}]}`
	}
	s.run(t, []scenario{
		{name: "create", method: "POST", path: path, as: "root", status: 200, body: `{"name":"t","listRule":"","fields":[{"id":"f","name":"v","type":"select","values":["1","x"],"maxSelect":1}]}`},
		{name: "a record", method: "POST", path: path + "/t/records", as: "root", body: `{"id":"record000000001","v":"1"}`, status: 200},
		{name: "another", method: "POST", path: path + "/t/records", as: "root", body: `{"id":"record000000002","v":"x"}`, status: 200},
		{name: "read as one", path: path + "/t/records?fields=v&sort=id", status: 200, has: []string{`"items":[{"v":"1"},{"v":"x"}]`}},
		{name: "to several", method: "PATCH", path: path + "/t", as: "root", body: fields("select", `,"values":["1","x"],"maxSelect":2`), status: 200},
		{name: "read as several", path: path + "/t/records?fields=v&sort=id", status: 200, has: []string{`"items":[{"v":["1"]},{"v":["x"]}]`}},
		{name: "write several", method: "PATCH", path: path + "/t/records/record000000002", as: "root", body: `{"v+":"1"}`, status: 200, has: []string{`"v":["x","1"]`}},
		{name: "filter several", path: path + "/t/records?fields=id&filter=v:each%20%3F%3D%20%22x%22", status: 200, has: []string{`"items":[{"id":"record000000002"}]`}},
		{name: "to one", method: "PATCH", path: path + "/t", as: "root", body: fields("select", `,"values":["1","x"],"maxSelect":1`), status: 200},
		{name: "the last of each", path: path + "/t/records?fields=v&sort=id", status: 200, has: []string{`"items":[{"v":"1"},{"v":"1"}]`}},
		{name: "another kind", method: "PATCH", path: path + "/t", as: "root", body: fields("number", ""), status: 400,
			has: []string{`"fields":{"1":{"code":"validation_field_type_change","message":"Field type cannot be changed."}}`, `"Failed to update collection."`}},
		{name: "another kind, not asked to convert", method: "PATCH", path: path + "/t?convert=false", as: "root", body: fields("number", ""), status: 400},
		{name: "converted, perhaps", method: "PATCH", path: path + "/t?convert=maybe", as: "root", body: fields("number", ""), status: 400, has: []string{"convert is not a boolean"}},
		{name: "converted", method: "PATCH", path: path + "/t?convert=true", as: "root", body: fields("number", ""), status: 200, has: []string{`"type":"number"`}},
		{name: "read as numbers", path: path + "/t/records?fields=v&filter=v%3D1", status: 200, has: []string{`"items":[{"v":1},{"v":1}]`}},
		{name: "converted again", method: "PATCH", path: path + "/t?convert=1", as: "root", body: fields("text", ""), status: 200},
		{name: "read as texts", path: path + "/t/records?fields=v", status: 200, has: []string{`"items":[{"v":"1"},{"v":"1"}]`}},
	})
}

func TestNamesAreFollowed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const path = "/api/collections"
	s.run(t, []scenario{
		{name: "posts", method: "POST", path: path, as: "root", status: 200, body: `{"name":"posts","listRule":"title != 'hidden'","createRule":"@request.body.title != ''",
			"fields":[{"id":"f","name":"title","type":"text"}]}`},
		{name: "comments", method: "POST", path: path, as: "root", status: 200, body: `{"name":"comments","listRule":"@collection.posts.title ?= text","fields":[{"name":"text","type":"text"}]}`},
		{name: "a post", method: "POST", path: path + "/posts/records", body: `{"title":"x"}`, status: 200},
		{name: "a comment", method: "POST", path: path + "/comments/records", as: "root", body: `{"text":"x"}`, status: 200},
		{name: "limits", method: "PATCH", path: "/api/settings", as: "root", status: 200,
			body: `{"rateLimits":{"rules":[{"label":"posts:list","maxRequests":5,"duration":1},{"label":"*:list","maxRequests":5,"duration":1}]}}`},
		{name: "rename", method: "PATCH", path: path + "/posts", as: "root", body: `{"name":"articles","fields":[{"id":"f","name":"name","type":"text"}]}`, status: 200,
			has: []string{`"listRule":"name != 'hidden'"`, `"createRule":"@request.body.name != ''"`}},
		{name: "the rule of comments", path: path + "/comments", as: "root", status: 200, has: []string{`"listRule":"@collection.articles.name ?= text"`}},
		{name: "comments are listed as before", path: path + "/comments/records", status: 200, has: []string{`"totalItems":1`}},
		{name: "articles are created as before", method: "POST", path: path + "/articles/records", body: `{"name":"y"}`, status: 200},
		{name: "or not", method: "POST", path: path + "/articles/records", body: `{"title":"y"}`, status: 400},
		{name: "the limits", path: "/api/settings", as: "root", status: 200, has: []string{`"label":"articles:list"`, `"label":"*:list"`}, hasNot: []string{"posts"}},
	})
}

func TestImportRoute(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const path = "/api/collections/import"
	payload, payloadBody := form(t, "@jsonPayload", `{"collections":[{"name":"parted"}]}`)
	s.run(t, []scenario{
		{name: "import", method: "PUT", path: path, as: "root", status: 204, body: `{"collections":[{"name":"a","listRule":"","fields":[{"name":"b","type":"relation","collectionId":"b_id"}]},{"name":"b","id":"b_id"}]}`},
		{name: "it is there", path: "/api/collections/a/records", status: 200, has: []string{`"totalItems":0`}},
		{name: "by multipart", method: "PUT", path: path, as: "root", headers: payload, body: payloadBody, status: 204},
		{name: "empty", method: "PUT", path: path, as: "root", status: 400,
			has: []string{`{"data":{"collections":{"code":"validation_required","message":"Cannot be blank."}},"message":"An error occurred while validating the submitted data."`}},
		{name: "no list", method: "PUT", path: path, as: "root", body: `{"collections":{}}`, status: 400, has: []string{`"An error occurred while loading the submitted data."`, `"data":{}`}},
		{name: "malformed", method: "PUT", path: path, as: "root", body: `{"collections":[`, status: 400, has: []string{`"An error occurred while loading the submitted data."`}},
		{name: "one is invalid", method: "PUT", path: path, as: "root", body: `{"collections":[{"name":"new"},{"name":"a","listRule":"nope = 1"}],"deleteMissing":true}`, status: 400,
			has: []string{`{"data":{"collections":{"code":"validation_collections_import_failure","message":"Data validations failed for collection \"a\" (pbc_`, `"message":"Failed to import collections."`}},
		{name: "nothing of it is left", path: "/api/collections/new", as: "root", status: 404},
		{name: "the rest neither", path: "/api/collections/parted", as: "root", status: 200},
		{name: "delete what is missing", method: "PUT", path: path, as: "root", status: 204, body: `{"collections":[{"name":"members","type":"auth"}],"deleteMissing":true}`},
		{name: "it is gone", path: "/api/collections/a", as: "root", status: 404},
		{name: "superusers are not", path: "/api/collections/_superusers", as: "root", status: 200},
		{name: "a GET is of a collection", path: path, as: "root", status: 404},
	})
}

func TestScaffolds(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.run(t, []scenario{{name: "scaffolds", path: "/api/collections/meta/scaffolds", as: "root", status: 200,
		has: []string{`{"auth":{"id":"","listRule":null`, `"base":{"id":"",`, `"view":{"id":"",`, `"viewQuery":""`, "ON `` (`tokenKey`)"}, hasNot: []string{"secret"},
		check: func(t *testing.T, body string) {
			var all map[string]struct {
				ID, Name, Type string
				Fields         []struct{ Name string }
				Indexes        []string
			}
			if err := json.Unmarshal([]byte(body), &all); err != nil {
				t.Fatal(err)
			}
			for kind, want := range map[string][2]int{"base": {1, 0}, "auth": {6, 2}, "view": {0, 0}} {
				c := all[kind]
				if c.ID != "" || c.Name != "" || c.Type != kind || len(c.Fields) != want[0] || len(c.Indexes) != want[1] {
					t.Errorf("%s = %+v", kind, c)
				}
			}
		}},
		{name: "can be picked from", path: "/api/collections/meta/scaffolds?fields=base.type", as: "root", status: 200, check: func(t *testing.T, body string) {
			if strings.TrimSpace(body) != `{"base":{"type":"base"}}` {
				t.Errorf("body = %s", body)
			}
		}},
	})
}

func TestPlanRoute(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const path = "/api/collections/meta/plan"
	s.run(t, []scenario{
		{name: "create", method: "POST", path: "/api/collections", as: "root", body: `{"name":"t","fields":[{"id":"f","name":"v","type":"text"}]}`, status: 200},
		{name: "a record", method: "POST", path: "/api/collections/t/records", as: "root", body: `{"v":"x"}`, status: 200},
		{name: "plan", method: "POST", path: path, as: "root", status: 200, body: `{"update":{"collection":"t","convert":true,"body":{"fields":[{"id":"f","name":"v","type":"number"}]}}}`,
			has: []string{`"losses":[{"cause":"emptied","collection":"t","field":"v","count":1,"examples":[{"id":"`, `{"action":"convertColumn","table":"t","column":"v","from":"text","to":"number","rows":1}`}},
		{name: "nothing has changed", path: "/api/collections/t/records?fields=v", as: "root", status: 200, has: []string{`"items":[{"v":"x"}]`}},
		{name: "what would fail", method: "POST", path: path, as: "root", body: `{"create":{"name":"T"}}`, status: 400,
			has: []string{`"name":{"code":"validation_collection_name_exists"`, `"Failed to create collection."`}},
		{name: "nothing", method: "POST", path: path, as: "root", status: 400, has: []string{`"An error occurred while loading the submitted data."`}},
		{name: "two things", method: "POST", path: path, as: "root", body: `{"delete":"t","create":{}}`, status: 400, has: []string{`"validation_invalid_plan"`}},
		{name: "of what is not there", method: "POST", path: path, as: "root", body: `{"delete":"nope"}`, status: 404},
	})
}
