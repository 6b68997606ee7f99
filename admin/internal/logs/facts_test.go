package logs

import (
	"testing"

	"github.com/loambase/loam/core/schema"
)

func TestTesterPath(t *testing.T) {
	t.Parallel()
	find := func(name string) *schema.Collection {
		if name == "posts" || name == "pbc_1" {
			return &schema.Collection{ID: "pbc_1", Name: "posts"}
		}
		return nil
	}
	const one, all = "/api/collections/posts/records/r1?expand=a", "/api/collections/pbc_1/records"
	for _, test := range []struct {
		method, url string
		status      float64
		auth, id    string
		deniedBy    string
		want        string
	}{
		{"GET", one, 404, "", "", "", "/_/c/posts/rules?as=guest&on=r1"},
		{"PATCH", one, 403, "users", "u1", "", "/_/c/posts/rules?accounts=users&as=user&on=r1&user=u1"},
		{"DELETE", one, 404, "users", "", "", "/_/c/posts/rules?accounts=users&as=user&on=r1"},
		{"POST", all, 400, "", "", "rule", "/_/c/posts/rules?as=guest"},
		{"POST", all, 400, "", "", "", ""},
		{"GET", all, 403, "", "", "", "/_/c/posts/rules?as=guest"},
		{"GET", all, 404, "", "", "", ""},
		{"GET", one, 200, "", "", "", ""},
		{"GET", one, 404, schema.Superusers, "s1", "", ""},
		{"GET", "/api/collections/gone/records/r1", 404, "", "", "", ""},
		{"GET", "/api/collections/posts", 403, "", "", "", ""},
		{"GET", one + "/../x", 404, "", "", "", "/_/c/posts/rules?as=guest&on=r1"},
		{"GET", "", 404, "", "", "", ""},
	} {
		e := entry{Data: map[string]any{"method": test.method, "url": test.url, "status": test.status, "auth": test.auth, "authId": test.id, "deniedBy": test.deniedBy}}
		if got := testerPath(e, find); got != test.want {
			t.Errorf("%s %s, %v: %q, want %q", test.method, test.url, test.status, got, test.want)
		}
	}
}
