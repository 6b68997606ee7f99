package graphql_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/loambase/loam/api/apitest"
)

// set changes settings.
func (b *blog) set(change string) {
	b.t.Helper()
	if status, answer := apitest.Ask(b.t, b, b.tokens["root"], http.MethodPatch, "/api/settings", change); status != http.StatusOK {
		b.t.Fatalf("settings %s: %d %s", change, status, answer)
	}
}

// TestLimits crosses each limit.
func TestLimits(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	follow := func(levels int) string {
		open := strings.Repeat("comments_via_post(first:1){items{post{", levels)
		return "{posts(first:1){items{" + open + "id" + strings.Repeat("}}}", levels) + "}}}"
	}
	doubled := "{posts{items{...f0}}}"
	for i := range 40 {
		doubled += fmt.Sprintf(" fragment f%d on Post {a:author{b%d:posts_via_author{items{...f%d}}} c:author{d%d:posts_via_author{items{...f%d}}}}", i, i, i+1, i, i+1)
	}
	doubled += " fragment f40 on Post {id}"
	many := func(n int, field string) string {
		var s strings.Builder
		for i := range n {
			fmt.Fprintf(&s, "a%d:%s ", i, field)
		}
		return "{" + s.String() + "}"
	}
	for name, c := range map[string]struct{ query, has string }{
		"depth":              {"{posts{edges{node{" + strings.Repeat("comments_via_post(first:1){edges{node{post{", 3) + "id" + strings.Repeat("}", 16), "13 levels deep, which is more than 12"},
		"relations":          {"{posts{items{" + many(201, "author{id}")[1:] + "}}", "relations, which are more than 200"},
		"rows":               {"{posts(first:1000){items{comments_via_post(first:1000){items{id}}}}}", "may read 1001000 records, which are more than 100000"},
		"rows of a list":     {"{posts(first:1000){items{tags{name}author{posts_via_author(first:1000){items{id}}}}}}", "more than 100000"},
		"root fields":        {many(51, "posts{totalItems}"), "51 root fields, which are more than 50"},
		"nodes":              {`{nodes(nodeIds:[` + strings.Repeat(`"x" `, 51) + `]){nodeId}}`, "51 root fields"},
		"tokens":             {many(100_000, "__typename")[:900_000], "more than 15000 tokens"},
		"nesting":            {strings.Repeat("{a", 101), "nested more than 100 deep"},
		"nesting of values":  {"{posts(filter:" + strings.Repeat("{and:[", 60), "nested more than 100 deep"},
		"doubling fragments": {doubled, "records, which are more than"},
	} {
		answer := b.ask("", c.query, nil)
		if !strings.Contains(answer, c.has) || !strings.Contains(answer, `"code":"QUERY_TOO_COMPLEX"`) || strings.Contains(answer, `"data"`) {
			t.Errorf("%s: %.500s\nwant %s", name, answer, c.has)
		}
	}
	b.set(`{"graphql":{"maxDepth":100}}`)
	if answer := b.ask("", follow(4), nil); !strings.Contains(answer, "relations 7 deep, which is more than 6") {
		t.Errorf("relations too deep: %s", answer)
	}
	if answer := b.ask("", follow(3), nil); !strings.HasPrefix(answer, `{"data":{"posts":{"items":[{"comments_via_post"`) {
		t.Errorf("relations as deep as may be: %s", answer)
	}
}

// TestFragmentsThatDouble select more than can be looked at, without being deep.
func TestFragmentsThatDouble(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	query := "{posts{items{...f0}}}"
	for i := range 30 {
		query += fmt.Sprintf(" fragment f%d on Post {...{...f%d} ...{...f%d}}", i, i+1, i+1)
	}
	query += " fragment f30 on Post {id}"
	if answer := b.ask("", query, nil); !strings.HasPrefix(answer, `{"data":{"posts":{"items":[{"id"`) {
		t.Errorf("%.300s", answer)
	}
	// Fields of one key, each of which holds all of the next again.
	query = "{posts{items{...f0}}}"
	for i := range 9 {
		query += fmt.Sprintf(" fragment f%d on Post {author{posts_via_author{items{...f%d}}}}", i, i+1)
	}
	query += " fragment f9 on Post {id}"
	if answer := b.ask("", query, nil); !strings.Contains(answer, "QUERY_TOO_COMPLEX") {
		t.Errorf("%.300s", answer)
	}
	// Equal fields, each of which must be compared with each.
	query = "{" + strings.Repeat("posts{items{id}} ", 1500) + "}"
	if answer := b.ask("", query, nil); !strings.HasPrefix(answer, `{"data"`) && !strings.Contains(answer, "errors") {
		t.Errorf("%.300s", answer)
	}
}

func TestLargeBodiesAreRefused(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	body := `{"query":"` + strings.Repeat("{a", 9<<20/2) + `"}`
	if status, answer := apitest.Ask(t, b, "", http.MethodPost, "/api/graphql", body); status != http.StatusRequestEntityTooLarge {
		t.Errorf("9 MB: %d %.200s", status, answer)
	}
	b.set(`{"graphql":{"maxBodyBytes":100}}`)
	if status, answer := apitest.Ask(t, b, "", http.MethodPost, "/api/graphql", `{"query":"{__typename}","x":"`+strings.Repeat("x", 100)+`"}`); status != http.StatusRequestEntityTooLarge {
		t.Errorf("more than the setting: %d %s", status, answer)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	const schemaQuery = `{__schema{queryType{name}}}`
	b.set(`{"graphql":{"introspection":"superusers"}}`)
	if answer := b.ask("ann", schemaQuery, nil); !strings.Contains(answer, `"FORBIDDEN"`) {
		t.Errorf("introspection by a member: %s", answer)
	}
	if answer := b.ask("root", schemaQuery, nil); !strings.HasPrefix(answer, `{"data"`) {
		t.Errorf("introspection by a superuser: %s", answer)
	}
	if answer := b.ask("", "{nope}", nil); strings.Contains(answer, "Did you mean") {
		t.Errorf("a suggestion without introspection: %s", answer)
	}
	if answer := b.ask("", "{__typename}", nil); answer != `{"data":{"__typename":"Query"}}` {
		t.Errorf("__typename without introspection: %s", answer)
	}
	b.set(`{"graphql":{"introspection":"off"}}`)
	if answer := b.ask("root", schemaQuery, nil); !strings.Contains(answer, `"FORBIDDEN"`) {
		t.Errorf("introspection that is off, by a superuser: %s", answer)
	}
	b.set(`{"graphql":{"enabled":false}}`)
	if status, _ := apitest.Ask(t, b, "", http.MethodPost, "/api/graphql", `{"query":"{__typename}"}`); status != http.StatusNotFound {
		t.Errorf("disabled: %d", status)
	}
}

// TestRateLimits counts root fields as the REST requests that they stand for: aliases do not
// get around.
func TestRateLimits(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	b.set(`{"rateLimits":{"enabled":true,"rules":[{"label":"posts:list","maxRequests":3,"duration":1000}]}}`)
	if answer := b.ask("", "{a:posts{totalItems} b:posts{totalItems} c:people{totalItems}}", nil); !strings.HasPrefix(answer, `{"data"`) {
		t.Errorf("two of three: %s", answer)
	}
	if answer := b.ask("", "{a:posts{totalItems} b:posts{totalItems}}", nil); !strings.Contains(answer, `"RATE_LIMITED"`) {
		t.Errorf("the fourth of three: %s", answer)
	}
}
