package rest_test

import (
	"strings"
	"testing"
)

func TestCollections(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const path = "/api/collections"
	urlencoded := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	payload, payloadBody := form(t, "@jsonPayload", `{"name":"parted","fields":[{"name":"a","type":"text"}]}`)
	s.run(t, []scenario{
		{name: "create", method: "POST", path: path, as: "root", status: 200, body: `{"name":"books","fields":[{"name":"title","type":"text"}]}`,
			has: []string{`{"id":"pbc_`, `"listRule":null`, `"name":"books","type":"base","fields":[{"autogeneratePattern":"[a-z0-9]{15}"`, `"system":false}`}},
		{name: "create by form", method: "POST", path: path, as: "root", headers: urlencoded, body: "name=123&listRule=", status: 200, has: []string{`"listRule":""`, `"name":"123"`}},
		{name: "create by multipart", method: "POST", path: path, as: "root", headers: payload, body: payloadBody, status: 200, has: []string{`"name":"a"`}},
		{name: "create with a keyword", method: "POST", path: path, as: "root", status: 200,
			body: `{"name":"select","listRule":"order != \"x\"","fields":[{"name":"order","type":"text"},{"name":"group","type":"number"}]}`},
		{name: "use it", method: "POST", path: path + "/select/records", as: "root", body: `{"order":"y","group":1}`, status: 200, has: []string{`"group":1`}},
		{name: "and list it", path: path + "/select/records?sort=-group&filter=group%3D1", status: 200, has: []string{`"totalItems":1`}},
		{name: "view", path: path + "/BOOKS", as: "root", status: 200, has: []string{`"name":"books"`}, header: map[string]string{"Etag": ""}},
		{name: "view nothing", path: path + "/nope", as: "root", status: 404, has: []string{notFoundMessage}},
		{name: "list", path: path + "?sort=name&filter=system%3Dfalse&fields=name&skipTotal=1", as: "root", status: 200,
			has: []string{`{"items":[{"name":"123"},{"name":"books"},{"name":"members"},`, `"totalItems":-1`}},
		{name: "list by an unknown column", path: path + "?filter=listRule%3D1", as: "root", status: 400},
		{name: "update", method: "PATCH", path: path + "/books", as: "root", body: `{"listRule":"title != ''"}`, status: 200, has: []string{`"listRule":"title != ''"`}},
		{name: "update with nothing", method: "PATCH", path: path + "/books", as: "root", status: 200, has: []string{`"name":"books"`}},
		{name: "wrong rule", method: "PATCH", path: path + "/books", as: "root", body: `{"listRule":"nope = 1"}`, status: 400,
			has: []string{`"listRule":{"code":"validation_invalid_rule"`, `"Failed to update collection."`}},
		{name: "wrong name", method: "POST", path: path, as: "root", body: `{"name":"a b","fields":[]}`, status: 400,
			has: []string{`"name":{"code":"validation_match_invalid"`, `"Failed to create collection."`}},
		{name: "malformed create", method: "POST", path: path, as: "root", body: `{"name"`, status: 400,
			has: []string{`"Failed to load the collection type data due to invalid formatting."`}},
		{name: "create of a wrong type", method: "POST", path: path, as: "root", body: `{"name":"x","fields":[{"name":"a","type":"nope"}]}`, status: 400,
			has: []string{`"Failed to load the submitted data due to invalid formatting."`}},
		{name: "malformed update", method: "PATCH", path: path + "/books", as: "root", body: `{"name"`, status: 400,
			has: []string{`"Failed to load the submitted data due to invalid formatting."`}},
		{name: "deep", method: "PATCH", path: path + "/books", as: "root", body: strings.Repeat(`{"fields":[`, 1000), status: 400},
		{name: "record", method: "POST", path: path + "/books/records", as: "root", body: `{"title":"x"}`, status: 200},
		{name: "truncate", method: "DELETE", path: path + "/books/truncate", as: "root", status: 204},
		{name: "truncated", path: path + "/books/records", as: "root", status: 200, has: []string{`"totalItems":0`}},
		{name: "truncate nothing", method: "DELETE", path: path + "/nope/truncate", as: "root", status: 404},
		{name: "delete", method: "DELETE", path: path + "/books", as: "root", status: 204},
		{name: "deleted", path: path + "/books", as: "root", status: 404},
		{name: "its records too", path: path + "/books/records", as: "root", status: 404},
		{name: "delete a system collection", method: "DELETE", path: path + "/_superusers", as: "root", status: 400, has: []string{`"Failed to delete collection."`}},
	})
}

func TestSuperuserRoutes(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, route := range [][2]string{
		{"GET", "/api/collections"}, {"POST", "/api/collections"}, {"GET", "/api/collections/users"}, {"PATCH", "/api/collections/users"},
		{"DELETE", "/api/collections/users"}, {"DELETE", "/api/collections/users/truncate"}, {"GET", "/api/settings"}, {"PATCH", "/api/settings"},
		{"GET", "/api/collections/nope"}, {"PUT", "/api/collections/import"}, {"GET", "/api/collections/meta/scaffolds"},
		{"POST", "/api/collections/meta/plan"},
	} {
		if got := s.do(scenario{method: route[0], path: route[1]}); got.Code != 401 || got.Body.String() != nobody {
			t.Errorf("%s %s by a guest = %d %s", route[0], route[1], got.Code, got.Body)
		}
		if got := s.do(scenario{method: route[0], path: route[1], as: "ann", body: "{"}); got.Code != 403 || got.Body.String() != notAllowed {
			t.Errorf("%s %s by a user = %d %s", route[0], route[1], got.Code, got.Body)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	urlencoded := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	s.run(t, []scenario{
		{name: "defaults", path: "/api/settings", as: "root", status: 200, has: []string{`{"superuserIPs":[],"smtp":{"enabled":false,`, `"batch":{"enabled":false,"maxRequests":50,"timeout":3,"maxBodySize":0}`}},
		{name: "merge", method: "PATCH", path: "/api/settings", as: "root", body: `{"meta":{"appName":"Mine"},"smtp":{"password":"hush"}}`, status: 200,
			has: []string{`"appName":"Mine"`, `"senderName"`}, hasNot: []string{"hush"}},
		{name: "form", method: "PATCH", path: "/api/settings", as: "root", headers: urlencoded, body: "meta.appName=123&batch.maxRequests=7&superuserIPs=192.0.2.1&superuserIPs=10.0.0.0/8", status: 200,
			has: []string{`"appName":"123"`, `"maxRequests":7`, `"superuserIPs":["192.0.2.1","10.0.0.0/8"]`}},
		{name: "from an address that is listed", path: "/api/settings", as: "root", status: 200}, // httptest sends from 192.0.2.1
		{name: "only another address", method: "PATCH", path: "/api/settings", as: "root", body: `{"superuserIPs":["203.0.113.9"]}`, status: 200},
		{name: "from an address that is not", path: "/api/settings", as: "root", status: 403, has: []string{`"You are not allowed to perform this request."`}},
		{name: "on any route", path: "/api/health", as: "root", status: 403},
		{name: "others are not concerned", path: "/api/health", as: "ann", status: 200},
	})
}

func TestSettingsRefuse(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.run(t, []scenario{
		{name: "invalid", method: "PATCH", path: "/api/settings", as: "root", body: `{"meta":{"appName":""}}`, status: 400,
			has: []string{`{"data":{"meta":{"appName":{"code":"validation_required"`, `"An error occurred while saving the new settings."`}},
		{name: "malformed", method: "PATCH", path: "/api/settings", as: "root", body: `{"meta":`, status: 400,
			has: []string{`"An error occurred while loading the submitted data."`, `"data":{}`}},
		{name: "wrong type", method: "PATCH", path: "/api/settings", as: "root", body: `{"batch":{"enabled":"yes"}}`, status: 400,
			has: []string{`"An error occurred while loading the submitted data."`}},
		{name: "nothing", method: "PATCH", path: "/api/settings", as: "root", status: 200, has: []string{`"meta"`}},
		{name: "what follows is ignored", method: "PATCH", path: "/api/settings", as: "root", body: `{"meta":{"appName":"A"}} x`, status: 200, has: []string{`"appName":"A"`}},
	})
}
