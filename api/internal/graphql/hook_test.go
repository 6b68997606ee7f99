package graphql_test

import (
	"strings"
	"testing"

	"github.com/loambase/loam/core/record"
)

// TestHooksThatPanic checks that a panic in a handler results in one error with its path, and
// leaves the rest of the answer unchanged.
func TestHooksThatPanic(t *testing.T) {
	t.Parallel()
	b := newPress(t)
	hooks := &b.app.Hooks().Records
	hooks.Enrich.BindFunc(func(e *record.EnrichEvent) error {
		if e.Record.Text("title") == "Second" {
			panic("a mistake")
		}
		return e.Next()
	}, "posts")
	hooks.Request.BindFunc(func(e *record.RequestEvent) error {
		if e.Operation == record.OpAggregate {
			panic("another mistake")
		}
		return e.Next()
	}, "covers")
	hooks.Before.BindFunc(func(e *record.WriteEvent) error {
		if e.Record.Text("text") == "panic" {
			panic("a third mistake")
		}
		return e.Next()
	}, "comments")
	const one = `"message":"Something went wrong while processing your request.","path":`
	for name, c := range map[string]struct{ as, query, data, path string }{
		"a record": {"", `{ a: post(id:"p10000000000000"){title} b: post(id:"p20000000000000"){title} comments(first:1){items{text}} }`,
			`{"a":{"title":"First"},"b":null,"comments":{"items":[{"text":"one"}]}}`, `["b"]`},
		"nodes":     {"", `{ b: comment(id:"c90000000000000"){post{title}} a: post(id:"p10000000000000"){title} }`, `{"b":null,"a":{"title":"First"}}`, `["b"]`},
		"a list":    {"", `{ a: post(id:"p10000000000000"){title} posts{items{title}} }`, `null`, `["posts"]`}, // its type is not nullable
		"figures":   {"", `{ coversAggregate{count} }`, `null`, `["coversAggregate"]`},
		"a write":   {"ann", `mutation { a: createComment(input:{text:"fine",by:"ann000000000000"}){text} b: createComment(input:{text:"panic",by:"ann000000000000"}){text} }`, `{"a":null,"b":null}`, `["b"]`},
		"a result":  {"root", `mutation { a: updatePost(id:"p20000000000000",input:{score:9}){title} b: createTag(input:{name:"x"}){name} }`, `{"a":null,"b":{"name":"x"}}`, `["a"]`},
		"no fields": {"", `{ a: post(id:"p20000000000000"){__typename} }`, `{"a":null}`, `["a"]`},
	} {
		answer := b.ask(c.as, c.query, nil)
		if !strings.HasSuffix(answer, `"data":`+c.data+`}`) || strings.Count(answer, `"message"`) != 1 || !strings.Contains(answer, one+c.path) || !strings.Contains(answer, "INTERNAL_SERVER_ERROR") {
			t.Errorf("%s: %s\nwant %s with an error at %s", name, answer, c.data, c.path)
		}
	}
	// The write whose result cannot be shown is stored, the other write is not.
	if answer := b.ask("root", `{ postsAggregate(filter:{score:{eq:9}}){count} commentsAggregate(filter:{text:{eq:"fine"}}){count} }`, nil); answer != `{"data":{"postsAggregate":[{"count":1}],"commentsAggregate":[{"count":0}]}}` {
		t.Error(answer)
	}
}
