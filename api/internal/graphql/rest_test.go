package graphql_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/loambase/loam/api/apitest"
)

// TestAnswersAreThoseOfREST compares the answers of GraphQL and REST to random questions, under
// random rules, for all callers. The typed filter and the text of each question are generated
// together.
func TestAnswersAreThoseOfREST(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	b.set(`{"graphql":{"maxRows":1000000}}`)
	random := rand.New(rand.NewPCG(3, 5))
	g := &questions{random}
	for i := range 40 {
		title := fmt.Sprintf("t%d", random.IntN(6))
		if i < 4 { // visible to all callers, because an empty list would be delayed
			title = "First"
		}
		b.create("posts", object{"title": title, "score": random.IntN(4), "draft": random.IntN(4) == 0, "author": g.pick("ann000000000000", "bob000000000000", ""),
			"status": g.pick("new", "in work", ""), "moods": [][]string{{}, {"good"}, {"good", "bad"}}[random.IntN(3)],
			"tags": [][]string{{}, {"t10000000000000"}, {"t20000000000000", "t10000000000000"}}[random.IntN(3)], "id": fmt.Sprintf("r%014d", i)})
	}
	rules := []string{`""`, `"draft = false || title = 'First'"`, `"author = @request.auth.id || title = 'First'"`,
		`"author.nick = 'Ann' || score > 1 || title = 'First'"`, `"@request.auth.id != '' || title = 'First'"`, `"@request.context != 'expand' || draft = true"`}
	for n := range 160 {
		if n%20 == 0 {
			b.rule("posts", g.pick(rules...), g.pick(rules...))
			b.rule("comments", g.pick(rules[0], `"@request.auth.id != ''"`, `"@request.context != 'expand'"`, `"text != 'spam'"`), "")
			b.rule("people", rules[0], g.pick(`""`, `"nick != 'shy'"`, `"id = @request.auth.id"`))
		}
		some, text := g.filter(2)
		typed, text := object{"or": []object{some, {"title": object{"eq": "First"}}}}, text+" || title = 'First'"
		as, perPage, page := g.pick("", "ann", "bob", "root"), 1+random.IntN(10), 1
		if perPage <= 2 {
			page = 1 + random.IntN(2)
		}
		order, key := g.sort()
		query := `query ($f: PostFilter, $s: [PostSort!], $n: Int, $p: Int) { posts(filter: $f, sort: $s, perPage: $n, page: $p) { totalItems
			items { id title score draft moods authorId author { id nick email } tags { id name } comments_via_post(perPage: 1000) { items { id text } } } } }`
		answer := b.ask(as, query, object{"f": typed, "s": order, "n": perPage, "p": page})
		var got struct {
			Data struct {
				Posts struct {
					TotalItems int
					Items      []object
				}
			}
			Errors []object
		}
		if err := json.Unmarshal([]byte(answer), &got); err != nil || got.Errors != nil {
			t.Fatalf("%s as %q: %v %s", text, as, err, answer)
		}
		total, want := b.listed(as, text, key, perPage, page)
		if got.Data.Posts.TotalItems != total || !reflect.DeepEqual(got.Data.Posts.Items, want) {
			t.Fatalf("%s by %s as %q:\n%d %v\nREST has\n%d %v", text, key, as, got.Data.Posts.TotalItems, got.Data.Posts.Items, total, want)
		}
	}
}

// rule sets the list rule and the view rule of a collection. If view is "", both are list.
func (b *blog) rule(collection, list, view string) {
	b.t.Helper()
	if view == "" {
		view = list
	}
	body := fmt.Sprintf(`{"listRule":%s,"viewRule":%s}`, list, view)
	if status, answer := apitest.Ask(b.t, b, b.tokens["root"], http.MethodPatch, "/api/collections/"+collection, body); status != http.StatusOK {
		b.t.Fatalf("%s %s: %d %s", collection, body, status, answer)
	}
}

// listed returns a list of REST, converted to the form of GraphQL.
func (b *blog) listed(as, filter, sort string, perPage, page int) (total int, items []object) {
	b.t.Helper()
	q := url.Values{"filter": {filter}, "sort": {sort}, "perPage": {strconv.Itoa(perPage)}, "page": {strconv.Itoa(page)}, "expand": {"author,tags,comments_via_post"}}
	status, answer := apitest.Ask(b.t, b, b.tokens[as], http.MethodGet, "/api/collections/posts/records?"+q.Encode(), "")
	var list struct {
		TotalItems int
		Items      []object
	}
	if err := json.Unmarshal([]byte(answer), &list); err != nil || status != http.StatusOK {
		b.t.Fatalf("%s: %d %s", filter, status, answer)
	}
	items = []object{}
	for _, r := range list.Items {
		expanded, _ := r["expand"].(object)
		item := only(r, "id", "title", "score", "draft", "moods")
		if item["authorId"] = r["author"]; r["author"] == "" {
			item["authorId"] = nil
		}
		item["author"] = nil
		if author, ok := expanded["author"].(object); ok {
			item["author"] = only(author, "id", "nick", "email")
		}
		item["tags"] = each(expanded["tags"], "id", "name")
		item["comments_via_post"] = object{"items": each(expanded["comments_via_post"], "id", "text")}
		items = append(items, item)
	}
	return list.TotalItems, items
}

func only(r object, keys ...string) object {
	out := object{}
	for _, key := range keys {
		out[key] = r[key]
	}
	return out
}

func each(list any, keys ...string) []any {
	out := []any{}
	records, _ := list.([]any)
	for _, r := range records {
		out = append(out, only(r.(object), keys...))
	}
	return out
}

// questions generates filters and sorts in both languages.
type questions struct{ *rand.Rand }

func (g *questions) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g *questions) filter(depth int) (typed object, text string) {
	if depth > 0 && g.IntN(3) > 0 {
		word, sign := "and", " && "
		if g.IntN(2) == 0 {
			word, sign = "or", " || "
		}
		a, x := g.filter(depth - 1)
		b, y := g.filter(depth - 1)
		return object{word: []object{a, b}}, "(" + x + sign + y + ")"
	}
	compare := func(field string, value any, sql string) (object, string) {
		op := g.pick("eq =", "ne !=", "gt >", "lte <=")
		name, sign, _ := strings.Cut(op, " ")
		return object{field: object{name: value}}, field + " " + sign + " " + sql
	}
	switch g.IntN(7) {
	case 0:
		n := g.IntN(4)
		return compare("score", n, strconv.Itoa(n))
	case 1:
		title := g.pick("t1", "t3", "First")
		return compare("title", title, "'"+title+"'")
	case 2:
		return object{"status": object{"eq": "in_work"}}, "status = 'in work'"
	case 3:
		return object{"moods": object{"contains": "bad"}}, "moods:each ?= 'bad'"
	case 4:
		return object{"author": object{"nick": object{"eq": "Ann"}}}, "author.nick = 'Ann'"
	case 5:
		return object{"title": object{"ilike": "T"}}, "title ~ 'T'"
	default:
		return object{"authorId": object{"isNull": true}}, "author = ''"
	}
}

func (g *questions) sort() (typed []object, text string) {
	switch g.IntN(4) {
	case 0:
		return []object{{"title": "DESC"}, {"score": "ASC"}}, "-title,score"
	case 1:
		return []object{{"author": object{"nick": "ASC"}}, {"id": "DESC"}}, "author.nick,-id"
	case 2:
		return []object{{"draft": "ASC"}}, "draft"
	}
	return nil, ""
}
