package rest_test

import (
	"testing"

	"github.com/loambase/loam/core/coretest"
)

// TestStatusOfRules checks the table of docs/wire/records.md §1.5.
func TestStatusOfRules(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	coretest.Collection(t, s.app, `{"name":"locked","fields":[{"name":"title","type":"text"}]}`)
	coretest.Collection(t, s.app, `{"name":"open","listRule":"","viewRule":"","createRule":"","updateRule":"","deleteRule":"",
		"fields":[{"name":"title","type":"text"}]}`)
	const rule = `"title = @request.auth.email && @request.auth.id != ''"`
	coretest.Collection(t, s.app, `{"name":"own","listRule":`+rule+`,"viewRule":`+rule+`,"createRule":`+rule+`,"updateRule":`+rule+`,
		"deleteRule":`+rule+`,"fields":[{"name":"title","type":"text","max":20}]}`)
	id := map[string]string{}
	for _, c := range []string{"locked", "open", "own"} {
		id[c] = coretest.Create(t, s.app, c, map[string]any{"title": "ann@example.com"})["id"].(string)
	}
	records := func(c string) string { return "/api/collections/" + c + "/records" }
	one := func(c string) string { return records(c) + "/" + id[c] }
	const superusersOnly = `"message":"Only superusers can perform this action."`
	const ann = `{"title":"ann@example.com"}`

	s.run(t, []scenario{
		{name: "list, null", path: records("locked"), as: "ann", status: 403, has: []string{superusersOnly, `"data":{}`}},
		{name: "view, null", path: one("locked"), as: "ann", status: 403, has: []string{superusersOnly}},
		{name: "create, null", method: "POST", path: records("locked"), as: "ann", body: ann, status: 403, has: []string{superusersOnly}},
		{name: "update, null", method: "PATCH", path: one("locked"), as: "ann", body: ann, status: 403, has: []string{superusersOnly}},
		{name: "delete, null", method: "DELETE", path: one("locked"), as: "ann", status: 403, has: []string{superusersOnly}},
		{name: "list, null, guest", path: records("locked"), status: 403, has: []string{superusersOnly}},
		{name: "list, null, superuser", path: records("locked"), as: "root", status: 200, has: []string{`"totalItems":1`}},
		{name: "view, null, superuser", path: one("locked"), as: "root", status: 200, has: []string{`"id":"` + id["locked"]}},

		{name: "list, empty", path: records("open"), status: 200, has: []string{`"totalItems":1`}},
		{name: "view, empty", path: one("open"), status: 200},
		{name: "create, empty", method: "POST", path: records("open"), body: ann, status: 200, has: []string{`"title":"ann@example.com"`}},
		{name: "update, empty", method: "PATCH", path: one("open"), body: `{"title":"x"}`, status: 200, has: []string{`"title":"x"`}},
		{name: "delete, empty", method: "DELETE", path: one("open"), status: 204},
		{name: "deleted", path: one("open"), status: 404, has: []string{notFoundMessage}},

		{name: "list, false", path: records("own"), as: "bob", status: 200, has: []string{`"items":[]`, `"totalItems":0`}},
		{name: "view, false", path: one("own"), as: "bob", status: 404, has: []string{notFoundMessage}},
		{name: "create, false", method: "POST", path: records("own"), as: "bob", body: `{"title":"much too long to be valid"}`, status: 400,
			has: []string{`{"data":{},"message":"Failed to create record.","status":400}`}},
		{name: "update, false", method: "PATCH", path: one("own"), as: "bob", body: ann, status: 404, has: []string{notFoundMessage}},
		{name: "delete, false", method: "DELETE", path: one("own"), as: "bob", status: 404, has: []string{notFoundMessage}},
		{name: "list, true", path: records("own"), as: "ann", status: 200, has: []string{`"totalItems":1`}},
		{name: "view, true", path: one("own"), as: "ann", status: 200},
		{name: "create, true", method: "POST", path: records("own"), as: "ann", body: ann, status: 200},
		{name: "create, invalid", method: "POST", path: records("own"), as: "root", body: `{"title":"much too long to be valid"}`, status: 400,
			has: []string{`{"data":{"title":{"code":"validation_max_text_constraint","message":"Must be no more than 20 character(s).",` +
				`"params":{"max":20}}},"message":"Failed to create record.","status":400}`}},
		{name: "update, true", method: "PATCH", path: one("own"), as: "ann", body: `{}`, status: 200},
		{name: "delete, true", method: "DELETE", path: one("own"), as: "ann", status: 204},

		{name: "list, no collection", path: records("nope"), status: 404, has: []string{`"message":"Missing collection context."`}},
		{name: "view, no collection", path: records("nope") + "/x", status: 404, has: []string{`"message":"Missing collection context."`}},
		{name: "delete, no collection", method: "DELETE", path: records("nope") + "/x", status: 404, has: []string{`"message":"Missing collection context."`}},
		{name: "create, no collection", method: "POST", path: records("nope"), status: 404,
			has: []string{`"message":"Missing or invalid collection context."`}},
		{name: "update, no collection", method: "PATCH", path: records("nope") + "/x", status: 404,
			has: []string{`"message":"Missing or invalid collection context."`}},
		{name: "view, no id", path: records("own") + "/missing", as: "ann", status: 404, has: []string{notFoundMessage}},
		{name: "update, no id", method: "PATCH", path: records("own") + "/missing", as: "root", status: 404, has: []string{notFoundMessage}},
		{name: "delete, no id", method: "DELETE", path: records("own") + "/missing", as: "root", status: 404, has: []string{notFoundMessage}},
	})
}

func TestTokensThatAreNotValidAreGuests(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	coretest.Collection(t, s.app, `{"name":"notes","listRule":"@request.auth.id != ''","fields":[{"name":"title","type":"text"}]}`)
	coretest.Create(t, s.app, "notes", map[string]any{"title": "x"})
	path, token := "/api/collections/notes/records", s.tokens["ann"]
	with := func(header string) map[string]string { return map[string]string{"Authorization": header} }
	seen, unseen := []string{`"totalItems":1`}, []string{`"totalItems":0`}
	s.run(t, []scenario{
		{name: "token", path: path, headers: with(token), status: 200, has: seen},
		{name: "bearer", path: path, headers: with("Bearer " + token), status: 200, has: seen},
		{name: "bearer in lower case", path: path, headers: with("bearer " + token), status: 200, has: seen},
		{name: "bearer without a token", path: path, headers: with("Bearer "), status: 200, has: unseen},
		{name: "another scheme", path: path, headers: with("Basic " + token), status: 200, has: unseen},
		{name: "nonsense", path: path, headers: with("x.y.z"), status: 200, has: unseen},
		{name: "changed token", path: path, headers: with(token[:len(token)-4] + "AAAA"), status: 200, has: unseen},
		{name: "long nonsense", path: path, headers: with(string(make([]byte, 100_000))), status: 200, has: unseen},
		{name: "revoke", method: "PATCH", path: "/api/collections/members/records/" + s.ids["ann"], as: "ann", status: 200,
			body: `{"oldPassword":"` + password + `","password":"another-password","passwordConfirm":"another-password"}`},
		{name: "revoked", path: path, headers: with(token), status: 200, has: unseen},
	})
}
