package rest_test

import "testing"

func TestInsights(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.run(t, []scenario{
		{name: "queries for guests", path: "/api/insights/queries", status: 401},
		{name: "queries for users", path: "/api/insights/queries", as: "ann", status: 403},
		{name: "queries", path: "/api/insights/queries", as: "root", status: 200},
		{name: "indexes for guests", path: "/api/insights/indexes", status: 401},
		{name: "indexes for users", path: "/api/insights/indexes", as: "ann", status: 403},
		{name: "indexes", path: "/api/insights/indexes?fields=missing", as: "root", status: 200, has: []string{`{"missing":[`}},
	})
}
