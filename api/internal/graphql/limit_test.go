package graphql_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/core/record"
)

// set patches the settings.
func (b *blog) set(change string) {
	b.t.Helper()
	if status, answer := apitest.Ask(b.t, b, b.tokens["root"], http.MethodPatch, "/api/settings", change); status != http.StatusOK {
		b.t.Fatalf("settings %s: %d %s", change, status, answer)
	}
}

// TestLimits exceeds each limit.
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

// TestFragmentsThatDouble sends short queries whose fragments expand to a huge number of fields.
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
	// Each fragment contains all fields of the next one again, under the same key.
	query = "{posts{items{...f0}}}"
	for i := range 9 {
		query += fmt.Sprintf(" fragment f%d on Post {author{posts_via_author{items{...f%d}}}}", i, i+1)
	}
	query += " fragment f9 on Post {id}"
	if answer := b.ask("", query, nil); !strings.Contains(answer, "QUERY_TOO_COMPLEX") {
		t.Errorf("%.300s", answer)
	}
	// Equal fields, of which each pair must be compared.
	for _, query := range []string{
		"{" + strings.Repeat("posts{items{id}} ", 1500) + "}", "{posts{items{" + strings.Repeat("id ", 10_000) + "}}}", "{posts{items{" + strings.Repeat("...a ", 4000) + "}}} fragment a on Post{id}",
	} {
		if answer := b.ask("", query, nil); !strings.Contains(answer, "more than 200000 pairs") || !strings.Contains(answer, "QUERY_TOO_COMPLEX") {
			t.Errorf("%.300s", answer)
		}
	}
	for _, query := range []string{
		"{posts{items{...a}}} fragment a on Post{...b} fragment b on Post{...a}", "{posts{items{...a}}} fragment a on Post{author{posts_via_author{items{...a}}}}", "{...a} fragment a on Query{...a}",
	} {
		if answer := b.ask("", query, nil); !strings.Contains(answer, "within itself") || !strings.Contains(answer, "GRAPHQL_VALIDATION_FAILED") {
			t.Errorf("%s: %.300s", query, answer)
		}
	}
}

// TestLargeVariables checks that variables beyond a limit are refused with a GraphQL error.
func TestLargeVariables(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	of := func(n int, item func(i int) any) (list []any) {
		for i := range n {
			list = append(list, item(i))
		}
		return list
	}
	ids := of(40_000, func(i int) any { return fmt.Sprintf("x%014d", i) })
	equal := func(i int) any { return object{"title": object{"eq": fmt.Sprint(i)}} }
	for name, c := range map[string]struct {
		query string
		v     any
		has   string
	}{
		"a long list":      {"query($v:[ID]){posts(filter:{id:{in:$v}}){totalItems}}", ids, "too many values"},
		"many filters":     {"query($v:[PostFilter!]){posts(filter:{or:$v}){totalItems}}", of(20_000, equal), "max filter expressions"},
		"some filters":     {"query($v:[PostFilter!]){posts(filter:{or:$v}){totalItems}}", of(100, equal), `{"data":{"posts":{"totalItems":0}}}`},
		"many sorts":       {"query($v:[PostSort!]){posts(sort:$v){totalItems}}", of(5000, func(int) any { return object{"title": "ASC"} }), "max sort expressions"},
		"many keys":        {"query($v:[PostGroupBy!]){postsAggregate(groupBy:$v){count}}", of(5000, func(int) any { return "title" }), "twice"},
		"many inputs":      {"mutation($v:[PostInput!]!){createManyPost(inputs:$v){id}}", of(1001, func(int) any { return object{"title": "x"} }), "more than 50"},
		"many ids":         {"mutation($v:[ID!]){createPost(input:{tags:$v}){id}}", ids, "validation_too_many_values"},
		"many nodes":       {"query($v:[ID!]!){nodes(nodeIds:$v){nodeId}}", ids, "40000 root fields"},
		"a long where":     {"query($v:String){posts(where:$v){totalItems}}", strings.Repeat("(", 100_000), "max filter length"},
		"a long cursor":    {"query($v:String){posts(after:$v){totalItems}}", strings.Repeat("x", 500_000), "invalid cursor"},
		"more than atMost": {"mutation($v:Int!){deleteManyPost(filter:{id:{ne:\"\"}},atMost:$v)}", 1, "CONFLICT"},
		"a large atMost":   {"mutation($v:Int!){deleteManyPost(filter:{id:{ne:\"\"}},atMost:$v)}", 1001, "from 1 to 1000"},
	} {
		if answer := b.ask("root", c.query, object{"v": c.v}); !strings.Contains(answer, c.has) {
			t.Errorf("%s: %.300s\nwant %s", name, answer, c.has)
		}
	}
}

// TestTimeout runs a hook beyond the timeout of an operation.
func TestTimeout(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	b.set(`{"graphql":{"timeoutSeconds":1}}`)
	b.app.Hooks().Records.Request.BindFunc(func(e *record.RequestEvent) error {
		<-e.Context.Done()
		return e.Context.Err()
	}, "tags")
	if answer := b.ask("", "{tags{totalItems}}", nil); !strings.Contains(answer, `"code":"TIMEOUT"`) {
		t.Error(answer)
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

// TestRateLimits checks that each root field counts as the corresponding REST request, so that
// aliases do not evade the limit.
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
