package graphql_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestHTTP checks statuses and media types; clients/pocketbase/graphql.test.mjs audits the rest of
// GraphQL over HTTP.
func TestHTTP(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	const graphql, classic = "application/graphql-response+json", "application/json"
	get := func(query string) string { return "/api/graphql?query=" + url.QueryEscape(query) }
	for name, c := range map[string]struct {
		method, path, body, accept, contentType string
		status                                  int
		answers                                 string // media type of the answer
		has                                     string
	}{
		"get":                        {path: get("{__typename}"), status: 200, answers: classic, has: `{"data":{"__typename":"Query"}}`},
		"get with variables":         {path: get("query($n:Int){posts(first:$n){totalItems}}") + "&variables=" + url.QueryEscape(`{"n":1}`), status: 200, answers: classic, has: `"totalItems":3`},
		"get with broken variables":  {path: get("{__typename}") + "&variables=x", status: 400, answers: classic},
		"get with a list":            {path: get("{__typename}") + "&variables=[]", status: 400, answers: classic},
		"get with an operation":      {path: get("query a{__typename} query b{b:__typename}") + "&operationName=b", status: 200, answers: classic, has: `{"b":"Query"}`},
		"get without a query":        {path: "/api/graphql", status: 400, answers: classic},
		"an operation that is wrong": {path: get("{nope}"), accept: graphql, status: 400, answers: graphql, has: `GRAPHQL_VALIDATION_FAILED`},
		"wrong, classically":         {path: get("{nope}"), status: 200, answers: classic, has: `GRAPHQL_VALIDATION_FAILED`},
		"bad input":                  {path: get("{posts(first:-1){totalItems}}"), accept: graphql, status: 400, answers: graphql, has: "BAD_USER_INPUT"},
		"a failure in the middle":    {path: get(`{posts(where:"nope=1"){totalItems}}`), accept: graphql, status: 200, answers: graphql, has: `"data":null`},
		"anything":                   {path: get("{__typename}"), accept: "*/*", status: 200, answers: classic},
		"any application":            {path: get("{__typename}"), accept: "application/*", status: 200, answers: classic},
		"both":                       {path: get("{__typename}"), accept: classic + ", " + graphql, status: 200, answers: graphql},
		"rather classic":             {path: get("{__typename}"), accept: graphql + ";q=0.5, " + classic, status: 200, answers: classic},
		"not classic":                {path: get("{__typename}"), accept: classic + ";q=0, */*", status: 200, answers: graphql},
		"neither":                    {path: get("{__typename}"), accept: "text/html", status: 406, answers: classic},
		"post":                       {method: "POST", path: "/api/graphql", body: `{"query":"{__typename}"}`, contentType: "application/json; charset=utf-8", status: 200, answers: classic},
		"no type":                    {method: "POST", path: "/api/graphql", body: `{"query":"{__typename}"}`, status: 415, answers: classic},
		"a form":                     {method: "POST", path: "/api/graphql", body: `query={__typename}`, contentType: "application/x-www-form-urlencoded", status: 415, answers: classic},
		"latin":                      {method: "POST", path: "/api/graphql", body: `{"query":"{__typename}"}`, contentType: "application/json; charset=latin1", status: 415, answers: classic},
		"no body":                    {method: "POST", path: "/api/graphql", contentType: classic, status: 400},
		"no JSON":                    {method: "POST", path: "/api/graphql", body: `{"query":`, contentType: classic, status: 400},
		"a list":                     {method: "POST", path: "/api/graphql", body: `[{"query":"{__typename}"}]`, contentType: classic, status: 200, answers: classic, has: `[{"data":{"__typename":"Query"}}]`},
		"a list to a new client":     {method: "POST", path: "/api/graphql", body: ` [{"query":"{nope}"}]`, contentType: classic, accept: graphql, status: 200, answers: graphql, has: `[{"errors":[`},
		"a list of nothing":          {method: "POST", path: "/api/graphql", body: `[]`, contentType: classic, status: 400, answers: classic},
		"a list of lists":            {method: "POST", path: "/api/graphql", body: `[[]]`, contentType: classic, status: 400, answers: classic},
		"a list with a null":         {method: "POST", path: "/api/graphql", body: `[{"query":"{__typename}"},null]`, contentType: classic, status: 400, answers: classic},
		"a list that is cut off":     {method: "POST", path: "/api/graphql", body: `[{"query":"{__typename}"}`, contentType: classic, status: 400, answers: classic},
		"a list for a stream":        {method: "POST", path: "/api/graphql", body: `[{"query":"{__typename}"}]`, contentType: classic, accept: "text/event-stream", status: 400, answers: classic},
		"a number for a query":       {method: "POST", path: "/api/graphql", body: `{"query":1}`, contentType: classic, status: 400, answers: classic},
		"null for a query":           {method: "POST", path: "/api/graphql", body: `{"query":null}`, contentType: classic, status: 400, answers: classic},
		"null for the rest":          {method: "POST", path: "/api/graphql", body: `{"query":"{__typename}","variables":null,"operationName":null,"extensions":null}`, contentType: classic, status: 200, answers: classic},
		"a text for extensions":      {method: "POST", path: "/api/graphql", body: `{"query":"{__typename}","extensions":"x"}`, contentType: classic, status: 400, answers: classic},
	} {
		if c.method == "" {
			c.method = http.MethodGet
		}
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		if c.contentType != "" {
			r.Header.Set("Content-Type", c.contentType)
		}
		if c.accept != "" {
			r.Header.Set("Accept", c.accept)
		}
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		media, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
		if w.Code != c.status || c.answers != "" && media != c.answers || !strings.Contains(w.Body.String(), c.has) {
			t.Errorf("%s: %d %s %s, want %d %s %s", name, w.Code, media, w.Body, c.status, c.answers, c.has)
		}
	}
}
