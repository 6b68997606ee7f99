package graphql_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/core/coretest"
)

// walker pages through a list with cursors.
type walker struct {
	*blog
	root, sort string // the field of Query, and its sort as a literal
	size       int
	back       bool

	meanwhile func(page int, last string) // called after each page with the id of the record at its end
}

// ids returns the ids in the order of the list, forward or backward.
func (w *walker) ids() (ids []string) {
	w.t.Helper()
	size, from, end, more := "first", "after", "endCursor", "hasNextPage"
	if w.back {
		size, from, end, more = "last", "before", "startCursor", "hasPreviousPage"
	}
	args := fmt.Sprintf("%s: %d", size, w.size)
	if w.sort != "" {
		args += ", sort: " + w.sort
	}
	query := fmt.Sprintf("query ($c: String) { list: %s(%s, %s: $c) { edges { node { id } } pageInfo { %s %s } } }", w.root, args, from, end, more)
	variables := object{}
	for page := 1; ; page++ {
		if page > 10_000 {
			w.t.Fatalf("%s by %s has no end", w.root, w.sort)
		}
		answer := w.ask("root", query, variables)
		var got struct {
			Data struct {
				List struct {
					Edges    []struct{ Node struct{ ID string } }
					PageInfo map[string]any
				}
			}
		}
		if err := json.Unmarshal([]byte(answer), &got); err != nil || strings.HasPrefix(answer, `{"errors"`) {
			w.t.Fatalf("%s: %v %s", query, err, answer)
		}
		var part []string
		for _, e := range got.Data.List.Edges {
			part = append(part, e.Node.ID)
		}
		if w.back {
			ids = append(part, ids...)
		} else {
			ids = append(ids, part...)
		}
		if got.Data.List.PageInfo[more] != true {
			return ids
		}
		variables["c"] = got.Data.List.PageInfo[end]
		if w.meanwhile != nil {
			last := part[len(part)-1]
			if w.back {
				last = part[0]
			}
			w.meanwhile(page, last)
		}
	}
}

// pages returns the ids of a list, read page by page with numbers.
func (w *walker) pages() (ids []string) {
	w.t.Helper()
	sort := ""
	if w.sort != "" {
		sort = ", sort: " + w.sort
	}
	for page := 1; ; page++ {
		var got struct {
			Data struct {
				List struct {
					TotalPages int
					Items      []struct{ ID string }
				}
			}
		}
		answer := w.ask("root", fmt.Sprintf("{ list: %s(page: %d, perPage: 1000%s) { totalPages items { id } } }", w.root, page, sort), nil)
		if err := json.Unmarshal([]byte(answer), &got); err != nil {
			w.t.Fatal(err)
		}
		for _, item := range got.Data.List.Items {
			ids = append(ids, item.ID)
		}
		if page >= got.Data.List.TotalPages {
			return ids
		}
	}
}

// newShelf returns a server with many books on one shelf. A few of them have an author with a nick.
func newShelf(t *testing.T, count int) *blog {
	t.Helper()
	b := newBlog(t)
	people := b.app.Snapshot().Find("people")
	coretest.Collection(t, b.app, object{"name": "books", "type": "base", "fields": []object{{"name": "title", "type": "text"}, {"name": "shelf", "type": "number"},
		{"name": "meta", "type": "json"}, {"name": "due", "type": "date"}, {"name": "lent", "type": "bool"}, {"name": "author", "type": "relation", "collectionId": people.ID}}})
	coretest.Collection(t, b.app, `{"name":"shelves","type":"view","viewQuery":"SELECT id, shelf, title, (shelf + 1) AS next, author FROM books"}`)
	b.set(`{"graphql":{"maxMutations":1000}}`)
	for done := 0; done < count; done += 1000 {
		var inputs []object
		for i := done; i < min(count, done+1000); i++ {
			input := object{"title": []string{"a", "B", "", "ä"}[i%4], "shelf": 7, "lent": i%3 == 0, "meta": object{"n": i % 5}}
			if i%2 == 0 {
				input["due"] = fmt.Sprintf("2024-01-%02d", 1+i%28)
			}
			if i%5 == 0 {
				input["author"] = []string{"ann000000000000", "bob000000000000"}[i%2]
			}
			inputs = append(inputs, input)
		}
		if answer := b.ask("root", "mutation ($in: [BookInput!]!) { createManyBook(inputs: $in) { __typename } }", object{"in": inputs}); strings.Contains(answer, "errors") {
			t.Fatalf("%.500s", answer)
		}
	}
	return b
}

// TestCursors pages through lists of many records with equal or missing sort keys: each record
// comes once, forward and backward, in the order of the numbered pages.
func TestCursors(t *testing.T) {
	t.Parallel()
	count := 5000
	if testing.Short() {
		count = 600
	}
	b := newShelf(t, count)
	for _, root := range []string{"books", "shelves"} {
		for sort, size := range map[string]int{"": 997, "{shelf: ASC}": 499, "{title: DESC}": 499, "[{author: {nick: ASC}}, {shelf: DESC}]": 1000, "{author: {nick: DESC}}": 997, "[{shelf: DESC}, {title: ASC}, {id: DESC}]": 999} {
			w := &walker{blog: b, root: root, sort: sort, size: size}
			want := w.pages()
			if len(want) != count {
				t.Errorf("%s by %s: %d of %d records on pages", root, sort, len(want), count)
			}
			for _, back := range []bool{false, true} {
				if w.back = back; !slices.Equal(w.ids(), want) {
					t.Errorf("%s by %s, backwards %v: not the order of pages", root, sort, back)
				}
			}
		}
	}
	for _, sort := range []string{"{due: ASC}", "[{lent: DESC}, {due: DESC}]"} {
		w := &walker{blog: b, root: "books", sort: sort, size: 1000}
		want := w.pages()
		forward := w.ids()
		if w.back = true; !slices.Equal(forward, want) || !slices.Equal(w.ids(), want) {
			t.Errorf("books by %s: not the order of pages", sort)
		}
	}
}

// TestCursorsOfRecordsThatChange deletes and changes the records at the ends of pages: every other
// record still comes once.
func TestCursorsOfRecordsThatChange(t *testing.T) {
	t.Parallel()
	b := newShelf(t, 120)
	request := func(method, id, body string) {
		t.Helper()
		if status, answer := apitest.Ask(t, b, b.tokens["root"], method, "/api/collections/books/records/"+id, body); status >= 300 {
			t.Fatalf("%d %s", status, answer)
		}
	}
	for n, sort := range []string{"", "{shelf: ASC}", "{title: ASC}", "[{author: {nick: DESC}}, {title: ASC}]"} {
		for _, back := range []bool{false, true} {
			w := &walker{blog: b, root: "books", sort: sort, size: 7, back: back}
			before, touched := w.pages(), map[string]bool{}
			w.meanwhile = func(page int, last string) {
				switch page {
				case 2:
					request(http.MethodDelete, last, "")
					touched[last] = true
				case 4:
					request(http.MethodPatch, last, fmt.Sprintf(`{"title":"moved%d","shelf":%d,"author":""}`, n, n))
					touched[last] = true
				}
			}
			var got, want []string
			for _, id := range w.ids() {
				if !touched[id] {
					got = append(got, id)
				}
			}
			for _, id := range before {
				if !touched[id] {
					want = append(want, id)
				}
			}
			if len(touched) != 2 || !slices.Equal(got, want) {
				t.Errorf("by %s, backwards %v: %d records, want %d in their order", sort, back, len(got), len(want))
			}
		}
	}
}

// TestCursorsOfOtherSorts checks that cursors of another sort, and invalid cursors, are refused.
func TestCursorsOfOtherSorts(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	var got struct {
		Data struct {
			Posts struct{ PageInfo struct{ EndCursor string } }
		}
	}
	if err := json.Unmarshal([]byte(b.ask("", `{ posts(first: 1, sort: {title: ASC}) { pageInfo { endCursor } } }`, nil)), &got); err != nil {
		t.Fatal(err)
	}
	cursor := got.Data.Posts.PageInfo.EndCursor
	for _, args := range []string{`sort: {title: DESC}, after: $c`, `sort: {score: ASC}, after: $c`, `after: $c`, `sort: [{title: ASC}, {score: ASC}], before: $c`, `sort: {title: ASC}, after: "` + cursor[1:] + `"`, `after: "x"`, `after: ""`,
		`sort: {title: ASC}, after: $c, page: 2`, `first: 2, last: 2`, `first: 1001`, `last: -1`, `page: 0`, `perPage: 1001`} {
		if answer := b.ask("", `query ($c: String = "") { posts(`+args+`) { items { id } } tags(where: $c, first: 0) { page } }`, object{"c": cursor}); !strings.Contains(answer, "BAD_USER_INPUT") {
			t.Errorf("%s: %s", args, answer)
		}
	}
	if answer := b.ask("", `query ($c: String) { posts(sort: {title: ASC}, first: 1, after: $c) { items { title } } }`, object{"c": cursor}); answer != `{"data":{"posts":{"items":[{"title":"Second"}]}}}` {
		t.Errorf("the next page: %s", answer)
	}
}
