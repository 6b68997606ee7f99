package graphql_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	gql "github.com/graph-gophers/graphql-go"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

// newForum returns a server with 1,000 writers, 10,000 posts and 100,000 comments, all with a view
// rule that depends on the record.
func newForum(b *testing.B) *blog {
	b.Helper()
	f := newBlog(b)
	const rules = `"listRule":"hidden = false","viewRule":"hidden = false","fields":[{"name":"hidden","type":"bool"},{"name":"created","type":"autodate","onCreate":true},`
	writers := coretest.Collection(b, f.app, `{"name":"writers","type":"base",`+rules+`{"name":"name","type":"text"}]}`)
	articles := coretest.Collection(b, f.app, `{"name":"articles","type":"base",`+rules+`{"name":"title","type":"text"},{"name":"body","type":"text"},{"name":"author","type":"relation","collectionId":"`+writers.ID+`"}],
		"indexes":["CREATE INDEX articles_author ON articles (author)","CREATE INDEX articles_created ON articles (created)"]}`)
	coretest.Collection(b, f.app, `{"name":"replies","type":"base",`+rules+`{"name":"text","type":"text"},{"name":"article","type":"relation","collectionId":"`+articles.ID+`"},{"name":"author","type":"relation","collectionId":"`+writers.ID+`"}],
		"indexes":["CREATE INDEX replies_article ON replies (article, created)"]}`)
	f.set(`{"graphql":{"maxMutations":1000}}`)
	fill := func(typeName string, count int, input func(i int) object) {
		for done := 0; done < count; done += 1000 {
			var inputs []object
			for i := done; i < done+1000; i++ {
				inputs = append(inputs, input(i))
			}
			query := "mutation ($in: [" + typeName + "Input!]!) { createMany" + typeName + "(inputs: $in) { __typename } }"
			if answer := f.ask("root", query, object{"in": inputs}); strings.Contains(answer, "errors") {
				b.Fatalf("%.300s", answer)
			}
		}
	}
	writer := func(i int) string { return fmt.Sprintf("w%014d", i%1000) }
	fill("Writer", 1000, func(i int) object { return object{"id": writer(i), "name": fmt.Sprintf("writer %d", i)} })
	fill("Article", 10_000, func(i int) object {
		return object{"id": fmt.Sprintf("a%014d", i), "title": fmt.Sprintf("title %d", i), "body": strings.Repeat("text ", 20), "author": writer(i)}
	})
	fill("Reply", 100_000, func(i int) object {
		return object{"text": "a reply of some words", "article": fmt.Sprintf("a%014d", i*7%10_000), "author": writer(i * 3)}
	})
	return f
}

// cpuTime returns the CPU time of the process.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkForum measures operations in CPU time of the process, also as multiples of REST and of
// one resolver call per row.
func BenchmarkForum(b *testing.B) {
	f := newForum(b)
	graphql := func(query string) func() {
		body, err := json.Marshal(object{"query": query})
		if err != nil {
			b.Fatal(err)
		}
		return func() { f.serve(http.MethodPost, "/api/graphql", string(body)) }
	}
	const flat = "id title body created"
	nested := graphql("{ articles(first: 50, sort: {created: DESC}) { items { id title author { id name } replies_via_article(first: 5, sort: {created: DESC}) { items { id text author { id name } } } } } }")
	naive := f.naive()
	list := graphql("{ articles(perPage: 50, sort: {created: DESC}) { items { " + flat + " } } }")
	rest := func() {
		f.serve(http.MethodGet, "/api/collections/articles/records?"+url.Values{"perPage": {"50"}, "skipTotal": {"1"}, "sort": {"-created"}, "fields": {strings.ReplaceAll(flat, " ", ",")}}.Encode(), "")
	}
	one := graphql(`{ article(id: "a00000000000500") { id title author { id name } } }`)
	var used [5]time.Duration
	for i, c := range []struct {
		name string
		run  func()
	}{{"nested", nested}, {"nested by a resolver for each row", naive}, {"list of 50", list}, {"list of 50 by REST", rest}, {"one with a relation", one}} {
		b.Run(c.name, func(b *testing.B) {
			c.run()
			began := cpuTime()
			b.ReportAllocs()
			for b.Loop() {
				c.run()
			}
			used[i] = (cpuTime() - began) / time.Duration(b.N)
			b.ReportMetric(float64(used[i].Microseconds()), "cpu-µs/op")
		})
	}
	b.Logf("a resolver for each row takes %.1f times the CPU, the list %.2f times that of REST", float64(used[1])/float64(used[0]), float64(used[2])/float64(used[3]))
}

// serve sends a request of a guest, without a network.
func (b *blog) serve(method, path, body string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	if answer := w.Body.String(); w.Code != http.StatusOK || strings.Contains(answer, `"errors"`) || strings.Count(answer, `"id"`) == 0 {
		b.t.Fatalf("%d %.300s", w.Code, answer)
	}
}

// naive returns a function that answers the nested query with the executor of a library: a resolver
// reads the relations of each row by the record service, under the same rules.
func (b *blog) naive() func() {
	schema := gql.MustParseSchema(`
		type Query { articles(first: Int!): [Article!]! }
		type Article { id: ID! title: String! author: Writer replies(first: Int!): [Reply!]! }
		type Reply { id: ID! text: String! author: Writer }
		type Writer { id: ID! name: String! }`, &naiveQuery{b.app.Records()})
	return func() {
		answer := schema.Exec(context.Background(), "{ articles(first: 50) { id title author { id name } replies(first: 5) { id text author { id name } } } }", "", nil)
		if text, err := json.Marshal(answer); err != nil || len(answer.Errors) > 0 || strings.Count(string(text), `"id"`) != 50*2+50*5*2 {
			b.t.Fatalf("%v %v %.300s", err, answer.Errors, text)
		}
	}
}

type naiveQuery struct{ records *record.Service }

type naiveRow struct {
	query *naiveQuery
	row   struct{ ID, Title, Text, Name, Author string }
}

// list reads a list of records.
func (q *naiveQuery) list(ctx context.Context, collection string, p record.ListParams) ([]*naiveRow, error) {
	p.Page, p.SkipTotal, p.Sort = 1, true, "-created"
	page, err := q.records.List(ctx, record.Caller{}, collection, p)
	if err != nil {
		return nil, err
	}
	var items []json.RawMessage
	if err := json.Unmarshal(page.Items, &items); err != nil {
		return nil, err
	}
	rows := make([]*naiveRow, len(items))
	for i, item := range items {
		rows[i] = &naiveRow{query: q}
		if err := json.Unmarshal(item, &rows[i].row); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func (q *naiveQuery) Articles(ctx context.Context, args struct{ First int32 }) ([]*naiveRow, error) {
	return q.list(ctx, "articles", record.ListParams{PerPage: int(args.First)})
}

func (r *naiveRow) ID() gql.ID    { return gql.ID(r.row.ID) }
func (r *naiveRow) Title() string { return r.row.Title }
func (r *naiveRow) Text() string  { return r.row.Text }
func (r *naiveRow) Name() string  { return r.row.Name }

func (r *naiveRow) Author(ctx context.Context) (*naiveRow, error) {
	text, err := r.query.records.Get(ctx, record.Caller{}, "writers", r.row.Author, "")
	if err != nil {
		return nil, err
	}
	author := &naiveRow{query: r.query}
	return author, json.Unmarshal(text, &author.row)
}

func (r *naiveRow) Replies(ctx context.Context, args struct{ First int32 }) ([]*naiveRow, error) {
	tree, err := r.query.records.Tree(ctx, record.Caller{}, &record.Node{Collection: "articles", ID: r.row.ID, Fields: []string{},
		Children: []*record.Node{{Relation: "replies_via_article", Limit: int(args.First), Sort: "-created"}}})
	if err != nil {
		return nil, err
	}
	var rows []*naiveRow
	for _, text := range tree.Children[0].Records {
		row := &naiveRow{query: r.query}
		if err := json.Unmarshal(text, &row.row); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}
