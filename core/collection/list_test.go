package collection_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

func names(t *testing.T, page *record.Page) string {
	t.Helper()
	var list []struct{ Name string }
	if err := json.Unmarshal(page.Items, &list); err != nil {
		t.Fatalf("items %s: %v", page.Items, err)
	}
	var all []string
	for _, c := range list {
		all = append(all, c.Name)
	}
	return strings.Join(all, " ")
}

func TestList(t *testing.T) {
	w := newWorld(t)
	w.create(`{"name":"posts"}`)
	w.create(`{"name":"Tags"}`)
	for _, c := range []struct {
		params                  record.ListParams
		names                   string
		page, per, total, pages int
	}{
		{record.ListParams{}, "_externalAuths _mfas _otps _authOrigins _superusers users posts Tags", 1, 30, 8, 1},
		{record.ListParams{Page: -1, PerPage: 5000}, "_externalAuths _mfas _otps _authOrigins _superusers users posts Tags", 1, 1000, 8, 1},
		{record.ListParams{Page: 2, PerPage: 3}, "_authOrigins _superusers users", 2, 3, 8, 3},
		{record.ListParams{Page: 9, PerPage: 3}, "", 9, 3, 8, 3},
		{record.ListParams{Page: 1 << 62, PerPage: 1000}, "", 1 << 62, 1000, 8, 1},
		{record.ListParams{SkipTotal: true, PerPage: 1}, "_externalAuths", 1, 1, -1, -1},
		{record.ListParams{Filter: "system = false", Sort: "-name"}, "users posts Tags", 1, 30, 3, 1},
		{record.ListParams{Filter: "type = 'auth' && created > '2000'", Sort: "name"}, "_superusers users", 1, 30, 2, 1},
		{record.ListParams{Filter: "name ~ 'o' && system = false", PerPage: 1}, "posts", 1, 1, 1, 1},
		{record.ListParams{Filter: "id = '_pb_users_auth_'"}, "users", 1, 30, 1, 1},
		{record.ListParams{Filter: "name = 'nope'"}, "", 1, 30, 0, 0},
	} {
		page, err := w.List(context.Background(), record.Root(), c.params)
		if err != nil {
			t.Errorf("List(%+v): %v", c.params, err)
			continue
		}
		if got := names(t, page); got != c.names {
			t.Errorf("List(%+v) = %q, want %q", c.params, got, c.names)
		}
		if page.Page != c.page || page.PerPage != c.per || page.TotalItems != c.total || page.TotalPages != c.pages {
			t.Errorf("List(%+v) = page %d of %d, %d items, %d pages, want %d, %d, %d, %d", c.params,
				page.Page, page.PerPage, page.TotalItems, page.TotalPages, c.page, c.per, c.total, c.pages)
		}
	}
}

func TestListRefuses(t *testing.T) {
	w := newWorld(t)
	for _, p := range []record.ListParams{
		{Filter: "fields ~ 'x'"}, {Filter: "options ~ 'secret'"}, {Sort: "options"}, {Filter: "listRule = ''"},
		{Filter: "name ="}, {Filter: "@collection.users.id != ''"}, {Sort: "nope"},
	} {
		if page, err := w.List(context.Background(), record.Root(), p); fault.KindOf(err) != fault.Invalid {
			t.Errorf("List(%+v) = %v, %v, want an invalid fault", p, page, err)
		}
	}
}
