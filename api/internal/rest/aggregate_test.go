package rest_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// newOrders returns a server with orders and customers. Guests may list orders that are not secret.
func newOrders(t *testing.T) *server {
	t.Helper()
	s := newServer(t)
	coretest.Collection(t, s.app, `{"name":"customers","id":"customers_id_00","listRule":"@request.auth.id != ''","fields":[{"name":"country","type":"text"}]}`)
	coretest.Collection(t, s.app, `{"name":"orders","listRule":"status != 'secret'","fields":[
		{"name":"status","type":"text"},{"name":"price","type":"number"},{"name":"qty","type":"number"},{"name":"cost","type":"number","hidden":true},
		{"name":"paid","type":"bool"},{"name":"placed","type":"date"},{"name":"tags","type":"select","values":["x","y"],"maxSelect":2},
		{"name":"notes","type":"json"},{"name":"customer","type":"relation","collectionId":"customers_id_00"}]}`)
	coretest.Collection(t, s.app, `{"name":"locked","fields":[{"name":"n","type":"number"}]}`)
	italian := coretest.Create(t, s.app, "customers", map[string]any{"country": "it"})["id"]
	for _, o := range []map[string]any{
		{"status": "open", "price": 1.5, "qty": 2, "placed": "2024-01-31 23:59:59.000Z", "paid": true, "tags": []string{"x", "y"}, "cost": 1},
		{"status": "open", "price": 11, "qty": 3, "placed": "2024-02-01 00:00:00.000Z", "customer": italian},
		{"status": "done", "price": 4, "qty": 2, "placed": "2025-01-01 00:00:00.000Z", "customer": italian},
		{"status": "secret", "price": 1000, "qty": 1000},
	} {
		coretest.Create(t, s.app, "orders", o)
	}
	return s
}

func TestAggregate(t *testing.T) {
	t.Parallel()
	s := newOrders(t)
	path := func(collection string, pairs ...string) string {
		q := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			q.Set(pairs[i], pairs[i+1])
		}
		return "/api/collections/" + collection + "/aggregate?" + q.Encode()
	}
	is := func(groups string) []string { return []string{`{"groups":[` + groups + `],"truncated":false}`} }
	const invalid = `"message":"Something went wrong while processing your request."`
	var scenarios []scenario
	for _, c := range []struct {
		name, as string
		query    []string
		groups   string
	}{
		{"count", "", []string{"count", "*"}, `{"count":3}`},
		{"count for a superuser", "root", []string{"count", "*"}, `{"count":4}`},
		{"filter", "", []string{"count", "*", "filter", "price > 3"}, `{"count":2}`},
		{"all figures", "", []string{"count", "*", "countDistinct", "status, qty", "sum", "price,qty", "avg", "qty", "min", "price,placed", "max", "price"},
			`{"count":3,"countDistinct_status":2,"countDistinct_qty":2,"sum_price":16.5,"sum_qty":7,"avg_qty":2.3333333333333335,` +
				`"min_price":1.5,"min_placed":"2024-01-31 23:59:59.000Z","max_price":11}`},
		{"nothing", "", []string{"count", "*", "sum", "price", "avg", "price", "max", "placed", "filter", "qty = 99"},
			`{"count":0,"sum_price":0,"avg_price":null,"max_placed":null}`},
		{"no groups of nothing", "", []string{"count", "*", "groupBy", "status", "filter", "qty = 99"}, ``},
		{"groups", "", []string{"count", "*", "sum", "price", "groupBy", "status"},
			`{"status":"done","count":1,"sum_price":4},{"status":"open","count":2,"sum_price":12.5}`},
		{"sort", "", []string{"count", "*", "groupBy", "status", "sort", "-count"}, `{"status":"open","count":2},{"status":"done","count":1}`},
		{"having", "", []string{"count", "*", "groupBy", "status", "having", "count > 1"}, `{"status":"open","count":2}`},
		{"parts of dates", "", []string{"count", "*", "groupBy", "placed:year,placed:month"},
			`{"placed_year":2024,"placed_month":1,"count":1},{"placed_year":2024,"placed_month":2,"count":1},{"placed_year":2025,"placed_month":1,"count":1}`},
		{"bool and list", "", []string{"count", "*", "groupBy", "paid,tags", "filter", "paid = true"}, `{"paid":true,"tags":["x","y"],"count":1}`},
		{"only keys", "", []string{"groupBy", "qty"}, `{"qty":2},{"qty":3}`},
		{"fields", "", []string{"count", "*", "sum", "qty", "groupBy", "status", "fields", "groups.count,truncated"}, `{"count":1},{"count":2}`},
		{"related, with its rule", "ann", []string{"count", "*", "groupBy", "customer.country", "filter", "customer != ''"}, `{"customer_country":"it","count":2}`},
		{"related, without", "", []string{"count", "*", "groupBy", "customer.country", "filter", "customer != ''"}, ``},
		{"hidden for a superuser", "root", []string{"sum", "cost"}, `{"sum_cost":1}`},
	} {
		scenarios = append(scenarios, scenario{name: c.name, as: c.as, path: path("orders", c.query...), status: 200, has: is(c.groups)})
	}
	for name, query := range map[string][]string{
		"nothing to aggregate":      {},
		"count of a field":          {"count", "price"},
		"unknown function":          {"count", "*", "median", "price"},
		"unknown field":             {"sum", "nope"},
		"hidden field":              {"sum", "cost"},
		"sum of a text":             {"sum", "status"},
		"average of a date":         {"avg", "placed"},
		"least text":                {"min", "status"},
		"twice":                     {"sum", "price,price"},
		"empty name":                {"sum", "price,"},
		"unknown part":              {"count", "*", "groupBy", "placed:week"},
		"part of a text":            {"count", "*", "groupBy", "status:year"},
		"document":                  {"countDistinct", "notes"},
		"several values":            {"sum", "members_via_id.id"},
		"unreadable filter":         {"count", "*", "filter", "status ="},
		"unreadable having":         {"count", "*", "having", "count >"},
		"having of another field":   {"count", "*", "having", "price > 1"},
		"sort by another field":     {"count", "*", "groupBy", "status", "sort", "price"},
		"limit that is no number":   {"count", "*", "limit", "x"},
		"modifier":                  {"count", "*", "groupBy", "status:lower"},
		"quote in a name":           {"sum", `price") FROM x --`},
		"special words as a figure": {"sum", "@request.auth.id"},
	} {
		scenarios = append(scenarios, scenario{name: name, path: path("orders", query...), status: 400, has: []string{invalid, `"data":{}`}, hasNot: []string{"reason"}})
	}
	s.run(t, append(scenarios, []scenario{
		{name: "limit", path: path("orders", "count", "*", "groupBy", "status", "limit", "1"), status: 200,
			has: []string{`{"groups":[{"status":"done","count":1}],"truncated":true}`}},
		{name: "limit that is enough", path: path("orders", "count", "*", "groupBy", "status", "limit", "2"), status: 200, has: []string{`"truncated":false`}},
		{name: "reason for a superuser", as: "root", path: path("orders", "sum", "nope"), status: 400, has: []string{"reason"}},
		{name: "no rule", path: path("locked", "count", "*"), as: "ann", status: 403, has: []string{`"message":"Only superusers can perform this action."`}},
		{name: "no rule, superuser", path: path("locked", "count", "*"), as: "root", status: 200, has: is(`{"count":0}`)},
		{name: "no collection", path: path("nope", "count", "*"), status: 404, has: []string{`"message":"Missing collection context."`}},
		{name: "words of superusers", path: path("orders", "count", "*", "filter", "@request.auth.id = ''"), status: 403},
		{name: "e-mail addresses grouped", path: path("members", "count", "*", "groupBy", "email"), as: "ann", status: 400},
		{name: "e-mail addresses counted", path: path("members", "countDistinct", "email"), as: "ann", status: 400},
		{name: "e-mail addresses for a superuser", path: path("members", "countDistinct", "email"), as: "root", status: 200, has: is(`{"countDistinct_email":2}`)},
		{name: "passwords", path: path("members", "countDistinct", "password"), as: "ann", status: 400},
		{name: "HEAD", method: http.MethodHead, path: path("orders", "count", "*"), status: 200},
		{name: "POST", method: http.MethodPost, path: path("orders", "count", "*"), status: 404},
	}...))
}

// TestAggregateRunsRequestHooks checks that a hook that restricts lists restricts aggregates too.
func TestAggregateRunsRequestHooks(t *testing.T) {
	t.Parallel()
	s := newOrders(t)
	s.app.Hooks().Records.Request.BindFunc(func(e *record.RequestEvent) error {
		switch {
		case e.Operation != record.OpAggregate:
			return e.Next()
		case e.Caller.Auth == nil:
			return fault.New(fault.Forbidden, "Members only.")
		}
		e.Aggregate.Filter = "qty = 2"
		return e.Next()
	}, "orders")
	const path = "/api/collections/orders/aggregate?count=*"
	s.run(t, []scenario{
		{name: "refused", path: path, status: 403, has: []string{"Members only."}},
		{name: "narrowed", path: path, as: "ann", status: 200, has: []string{`[{"count":2}]`}},
	})
}
