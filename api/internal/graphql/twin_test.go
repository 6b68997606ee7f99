package graphql_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/loambase/loam/api/apitest"
)

// TestAggregatesAreThoseOfREST compares random aggregates of GraphQL and REST, under random rules,
// for all callers.
func TestAggregatesAreThoseOfREST(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	random := rand.New(rand.NewPCG(7, 5))
	g := &questions{random}
	for range 30 {
		b.create("posts", object{"title": g.pick("First", "t1", "t2"), "score": random.IntN(4), "views": random.IntN(9), "draft": random.IntN(4) == 0,
			"author": g.pick("ann000000000000", "bob000000000000", ""), "when": g.pick("", "2024-01-02", "2025-03-04 05:06:07Z")})
	}
	// Names in GraphQL and in REST, those of REST in the order of its answer.
	keys := [][2]string{{"draft", "draft"}, {"authorId", "author"}, {"title", "title"}, {"when_year", "when:year"}, {"when_hour", "when:hour"}, {"score", "score"}}
	figures := [][2]string{{"countDistinct_authorId", "countDistinct=author"}, {"sum_score", "sum=score"}, {"avg_views", "avg=views"}, {"min_when", "min=when"}, {"max_score", "max=score"}}
	for n := range 80 {
		if n%20 == 0 {
			b.rule("posts", g.pick(`""`, `"draft = false || title = 'First'"`, `"author.nick = 'Ann' || title = 'First'"`), "")
		}
		random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		query, names, rest := []string{}, []string{"count"}, url.Values{"count": {"*"}}
		outputs := map[string]string{"count": "count"}
		for _, k := range keys[:random.IntN(3)] {
			query, names = append(query, k[0]), append(names, k[0])
			outputs[strings.Replace(k[1], ":", "_", 1)] = k[0]
			rest.Set("groupBy", strings.TrimPrefix(rest.Get("groupBy")+","+k[1], ","))
		}
		for _, f := range figures {
			if random.IntN(2) == 0 {
				name, path, _ := strings.Cut(f[1], "=")
				names = append(names, f[0])
				outputs[name+"_"+path] = f[0]
				rest.Set(name, path)
			}
		}
		typed, having := object{}, object{}
		if random.IntN(2) == 0 {
			typed, having = object{"or": []object{{"score": object{"gt": 1}}, {"title": object{"eq": "First"}}}}, object{"count": object{"gt": 2}}
			rest.Set("filter", "score > 1 || title = 'First'")
			rest.Set("having", "count > 2")
		}
		as, keyed := g.pick("", "ann", "root"), ""
		if len(query) > 0 {
			keyed = ", groupBy: [" + strings.Join(query, " ") + "]"
		}
		answer := b.ask(as, "query ($f: PostFilter, $h: PostHaving) { postsAggregate(filter: $f, having: $h"+keyed+") {"+strings.Join(names, " ")+"} }", object{"f": typed, "h": having})
		var got struct {
			Data struct{ PostsAggregate []object }
		}
		if err := json.Unmarshal([]byte(answer), &got); err != nil || strings.Contains(answer, `"errors"`) {
			t.Fatalf("%v: %v %s", names, err, answer)
		}
		status, text := apitest.Ask(t, b, b.tokens[as], http.MethodGet, "/api/collections/posts/aggregate?"+rest.Encode(), "")
		var listed struct{ Groups []object }
		if err := json.Unmarshal([]byte(text), &listed); err != nil || status != http.StatusOK {
			t.Fatalf("%v: %d %s", rest, status, text)
		}
		want := []object{}
		for _, group := range listed.Groups {
			row := object{}
			for output, v := range group {
				if v == "" {
					v = nil
				}
				row[outputs[output]] = v
			}
			want = append(want, row)
		}
		if !reflect.DeepEqual(got.Data.PostsAggregate, want) {
			t.Fatalf("%v as %q:\n%v\nREST has\n%v", rest, as, got.Data.PostsAggregate, want)
		}
	}
}

// TestMutationsAreThoseOfREST sends the same random writes of two equal records to GraphQL and to
// REST, under random rules, as all callers: the records stay equal, and both interfaces refuse the
// same writes with the same failures.
func TestMutationsAreThoseOfREST(t *testing.T) {
	t.Parallel()
	b := newPress(t)
	g := &questions{rand.New(rand.NewPCG(11, 5))}
	id := func(side string, n int) string { return fmt.Sprintf("%s%014d", side, n) }
	rules := []string{`""`, `null`, `"@request.auth.id != ''"`, `"author = @request.auth.id"`, `"@request.body.score:isset = false || @request.method != 'PATCH'"`, `"@request.body.views < 5 && @request.context = 'default'"`}
	outcomes := map[string]int{}
	const shown = "title score views draft authorId moods tagsIds status"
	for n := range 120 {
		if n%15 == 0 {
			change := fmt.Sprintf(`{"createRule":%s,"updateRule":%s,"deleteRule":%s,"listRule":""}`, g.pick(rules...), g.pick(rules...), g.pick(rules...))
			if status, answer := apitest.Ask(t, b, b.tokens["root"], http.MethodPatch, "/api/collections/posts", change); status != http.StatusOK {
				t.Fatal(answer)
			}
			for i := range 4 { // the twins of this round
				for _, side := range []string{"r", "g"} {
					b.create("posts", object{"id": id(side, 1000*n+i), "title": "twin", "author": "ann000000000000", "views": i, "moods": []string{"good"}})
				}
			}
		}
		as := g.pick("", "ann", "ann", "root")
		at, action := 1000*(n-n%15)+g.IntN(4), g.pick("create", "update", "update", "update", "create", "delete")
		if action == "create" {
			at = 1_000_000 + n
		}
		typed, body := g.write(action == "update")
		var mutation, method, path string
		switch action {
		case "create":
			typed["id"], body["id"] = id("g", at), id("r", at)
			mutation, method, path = "mutation ($in: PostInput!) { createPost(input: $in) {"+shown+"} }", http.MethodPost, ""
		case "update":
			mutation, method, path = fmt.Sprintf("mutation ($in: PostPatch!) { updatePost(id: %q, input: $in) {%s} }", id("g", at), shown), http.MethodPatch, "/"+id("r", at)
		case "delete":
			mutation, method, path = fmt.Sprintf("mutation { deletePost(id: %q) }", id("g", at)), http.MethodDelete, "/"+id("r", at)
		}
		answer := b.ask(as, mutation, object{"in": typed})
		if strings.Contains(answer, "GRAPHQL_VALIDATION_FAILED") { // a null rule: the schema has no such mutation
			answer = `{"errors":[{"extensions":{"code":"FORBIDDEN"}}]}`
		}
		var got struct {
			Data   map[string]any
			Errors []struct {
				Extensions struct {
					Code   string
					Fields object
				}
			}
		}
		if err := json.Unmarshal([]byte(answer), &got); err != nil {
			t.Fatal(err)
		}
		text, _ := json.Marshal(body)
		status, rest := apitest.Ask(t, b, b.tokens[as], method, "/api/collections/posts/records"+path, string(text))
		code, fields := "", object{}
		if len(got.Errors) > 0 {
			code = got.Errors[0].Extensions.Code
			if got.Errors[0].Extensions.Fields != nil {
				fields = got.Errors[0].Extensions.Fields
			}
		}
		want := map[int]string{200: "", 204: "", 400: "BAD_USER_INPUT", 403: "FORBIDDEN", 404: "NOT_FOUND"}[status]
		var failed struct{ Data object }
		_ = json.Unmarshal([]byte(rest), &failed) // the body of a delete is empty
		if code != want || code == "BAD_USER_INPUT" && !reflect.DeepEqual(fields, failed.Data) {
			t.Fatalf("%s of %s as %q:\n%s\nREST says\n%d %s", action, text, as, answer, status, rest)
		}
		outcomes[action+" "+code]++
		if code == "" && action != "delete" {
			for key, v := range got.Data {
				var record object
				if err := json.Unmarshal([]byte(rest), &record); err != nil {
					t.Fatal(err)
				}
				want := only(record, "title", "score", "views", "draft", "moods")
				want["tagsIds"], want["authorId"], want["status"] = record["tags"], orNil(record["author"]), orNil(strings.ReplaceAll(record["status"].(string), " ", "_"))
				if !reflect.DeepEqual(v, any(want)) {
					t.Fatalf("%s %s of %s as %q:\n%v\nREST has\n%v", action, key, text, as, v, want)
				}
			}
		}
	}
	for _, outcome := range []string{"create ", "update ", "delete ", "update NOT_FOUND", "create BAD_USER_INPUT", "update BAD_USER_INPUT", "delete FORBIDDEN"} {
		if outcomes[outcome] == 0 {
			t.Errorf("none of the writes was a %q: %v", outcome, outcomes)
		}
	}
}

func orNil(v any) any {
	if v == "" {
		return nil
	}
	return v
}

// write returns a random input, and the equivalent body.
func (g *questions) write(update bool) (typed, body object) {
	typed, body = object{}, object{}
	set := func(name, key string, v, w any) {
		if g.IntN(3) == 0 {
			typed[name], body[key] = v, w
		}
	}
	set("title", "title", "twin", "twin")
	set("score", "score", 1.5, 1.5)
	views := any(g.IntN(9) - 2)
	if g.IntN(5) == 0 {
		views = nil
	}
	set("draft", "draft", nil, nil)
	author := g.pick("ann000000000000", "ann000000000000", "nobody", "")
	set("author", "author", author, author)
	set("status", "status", "in_work", "in work")
	tags := [][]string{{}, {"t10000000000000"}, {"t20000000000000", "t10000000000000"}}[g.IntN(3)]
	if update && g.IntN(2) == 0 {
		views := g.IntN(5) - 2
		set("views_inc", "views+", views, views)
		set("tags_add", "tags+", tags, tags)
		set("tags_remove", "tags-", []string{"t10000000000000"}, []string{"t10000000000000"})
		return typed, body
	}
	set("views", "views", views, views)
	set("tags", "tags", tags, tags)
	return typed, body
}
