package graphql_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/core/coretest"
)

// newDrawer returns a server with JSON documents whose values at the same path are of every kind,
// or missing. The ids are in the order of creation, which breaks ties.
func newDrawer(t *testing.T) *blog {
	t.Helper()
	b := newBlog(t)
	sheets := coretest.Collection(t, b.app, `{"name":"sheets","type":"base","listRule":"","viewRule":"","fields":[{"name":"meta","type":"json"},{"name":"rank","type":"number"},
		{"name":"cards","type":"json","hidden":true}]}`)
	coretest.Collection(t, b.app, object{"name": "copies", "type": "base", "listRule": "", "viewRule": "",
		"fields": []object{{"name": "of", "type": "relation", "collectionId": sheets.ID}}})
	values := []string{`null`, `true`, `false`, `0`, `-1.5`, `2`, `10`, `1e3`, `9007199254740993`, `""`, `"2"`, `"10"`, `"a"`, `"B"`, `"ä"`, `"true"`, `[]`, `[1]`, `["a"]`, `{}`, `{"a":1}`}
	metas := []string{`null`, `{}`, `[]`, `7`, `"text"`, `{"v":{}}`, `{"v":[]}`, `{"v":[1]}`, `{"v":"w"}`}
	for _, v := range values {
		metas = append(metas, `{"v":{"w":`+v+`}}`, `{"v":[0,`+v+`]}`, `{"v":{"w":`+v+`},"other":1}`)
	}
	for i, meta := range metas {
		id := fmt.Sprintf("s%014d", i)
		b.create("sheets", object{"id": id, "meta": json.RawMessage(meta), "rank": i % 3, "cards": object{"n": i}})
		if i%4 > 0 {
			b.create("copies", object{"id": fmt.Sprintf("c%014d", i), "of": id})
		}
	}
	b.create("copies", object{"id": "c99999999999999"}) // a copy without a sheet
	return b
}

// TestSortsWithinDocuments pages through records sorted by values of JSON documents, forward and
// backward: every record comes once, in the order of REST.
func TestSortsWithinDocuments(t *testing.T) {
	t.Parallel()
	b := newDrawer(t)
	for root, sorts := range map[string]map[string]string{
		"sheets": {
			`{meta: {path: "v.w", direction: ASC}}`:                                                     "meta.v.w",
			`{meta: {path: "v.w", direction: DESC}}`:                                                    "-meta.v.w",
			`[{rank: DESC}, {meta: {path: "v.1", direction: ASC}}]`:                                     "-rank,meta.v.1",
			`[{meta: {path: "v.w", direction: DESC}}, {meta: {path: "v", direction: ASC}}, {id: DESC}]`: "-meta.v.w,meta.v,-id",
			`{meta: {path: "nowhere", direction: ASC}}`:                                                 "meta.nowhere",
		},
		"copies": {
			`{of: {meta: {path: "v.w", direction: ASC}}}`:  "of.meta.v.w",
			`{of: {meta: {path: "v.w", direction: DESC}}}`: "-of.meta.v.w",
		},
	} {
		for typed, sort := range sorts {
			var listed struct{ Items []struct{ ID string } }
			_, text := apitest.Ask(t, b, b.tokens["root"], http.MethodGet, "/api/collections/"+root+"/records?perPage=1000&sort="+url.QueryEscape(sort), "")
			if err := json.Unmarshal([]byte(text), &listed); err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, item := range listed.Items {
				want = append(want, item.ID)
			}
			if len(want) < 50 {
				t.Fatalf("REST has %d records by %s", len(want), sort)
			}
			for _, size := range []int{1, 7, 1000} {
				w := &walker{blog: b, root: root, sort: typed, size: size}
				if got := w.pages(); !slices.Equal(got, want) {
					t.Errorf("%s by %s on pages:\n%v\nREST has\n%v", root, typed, got, want)
				}
				for _, back := range []bool{false, true} {
					if w.back = back; !slices.Equal(w.ids(), want) {
						t.Errorf("%s by %s, %d at a time, backwards %v:\n%v\nREST has\n%v", root, typed, size, back, w.ids(), want)
					}
				}
			}
		}
	}
}

// TestSortsWithinDocumentsAreRefused expects an error for a sort that is not a path and a
// direction.
func TestSortsWithinDocumentsAreRefused(t *testing.T) {
	t.Parallel()
	b := newDrawer(t)
	for _, path := range []string{"", ".", "v.", ".v", "v..w", "v,-id", "v:lower", "v:each", "v w", " v", "v-w", "@random", "v.w' OR 1=1", "ä", strings.Repeat("v.", 200) + "v"} {
		answer := b.ask("", `query ($p: String!) { sheets(sort: {meta: {path: $p, direction: ASC}}) { items { id } } }`, object{"p": path})
		if !strings.Contains(answer, `"BAD_USER_INPUT"`) || strings.Contains(answer, `"items"`) {
			t.Errorf("path %q: %s", path, answer)
		}
	}
	for _, sort := range []string{`{meta: {path: "v"}}`, `{meta: {direction: ASC}}`, `{meta: ASC}`, `{meta: {path: null, direction: ASC}}`, `{meta: {path: "v", direction: null}}`,
		`{cards: {path: "n", direction: ASC}}`, `{rank: {path: "n", direction: ASC}}`} {
		if answer := b.ask("", `{ sheets(sort: `+sort+`) { items { id } } }`, nil); !strings.Contains(answer, `"GRAPHQL_VALIDATION_FAILED"`) {
			t.Errorf("sort %s: %s", sort, answer)
		}
	}
	if answer := b.ask("", `{ sheets(sort: {meta: null}) { items { id } } }`, nil); !strings.Contains(answer, `"BAD_USER_INPUT"`) {
		t.Errorf("null: %s", answer)
	}
	if answer := b.ask("root", `{ sheets(first: 1, sort: {cards: {path: "n", direction: DESC}}) { items { id } } }`, nil); !strings.Contains(answer, "s00000000000071") {
		t.Errorf("a superuser by a hidden document: %s", answer)
	}
}
