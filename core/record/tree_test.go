package record

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// outlineTree writes lists as [ids], the lists of children in braces, and … if there are more
// records.
func outlineTree(b *Branch, list int) string {
	var parts []string
	for _, item := range b.Lists[list].Items {
		var record object
		if err := json.Unmarshal(b.Records[item.Record], &record); err != nil {
			return err.Error()
		}
		s := fmt.Sprint(record["id"])
		for _, below := range b.Children {
			s += outlineTree(below, item.Record)
		}
		parts = append(parts, s)
	}
	if b.Lists[list].More {
		parts = append(parts, "…")
	}
	return "[" + strings.Join(parts, " ") + "]"
}

func (b *readBed) tree(c Caller, root *Node) (string, error) {
	branch, err := b.Tree(b.t.Context(), c, root)
	if err != nil {
		return "", err
	}
	return outlineTree(branch, 0), nil
}

func TestTree(t *testing.T) {
	t.Parallel()
	b := libraryBed(t)
	user := b.as("users", "u1")
	b.snapshot.Find("reviews").ListRule = rule("text != 'default'")
	b.snapshot.Find("vault").ListRule = nil
	b.snapshot.Find("stale").ListRule = rule("gone = 1")
	with := func(n Node, children ...*Node) *Node {
		n.Children = children
		return &n
	}
	books := func(children ...*Node) *Node { return with(Node{Collection: "books"}, children...) }
	for _, c := range []struct {
		name   string
		caller Caller
		root   *Node
		want   string
	}{
		{"root", Caller{}, books(), "[b1 b2 b3]"},
		{"root filtered", Caller{}, &Node{Collection: "books", Filter: "title != {:not}", Params: object{"not": "second"}}, "[b1 b3]"},
		{"root sorted and limited", Caller{}, &Node{Collection: "books", Sort: "-title", Limit: 2}, "[b3 b2 …]"},
		{"root backward", Caller{}, &Node{Collection: "books", Sort: "title", Limit: 2, Backward: true}, "[b2 b3 …]"},
		{"nothing", Caller{}, with(Node{Collection: "books", Filter: "1 = 2"}, &Node{Relation: "tags"}), "[]"},

		{"followed, in stored order, by the view rule", Caller{}, books(&Node{Relation: "tags"}), "[b1[t2 t1] b2[] b3[]]"},
		{"followed, superuser", b.super(), books(&Node{Relation: "tags"}), "[b1[t2 t3 t1] b2[t3] b3[]]"},
		{"followed, sorted", b.super(), books(&Node{Relation: "tags", Sort: "name"}), "[b1[t1 t3 t2] b2[t3] b3[]]"},
		{"followed, filtered", b.super(), books(&Node{Relation: "tags", Filter: "name ~ 't'"}), "[b1[t2 t3] b2[t3] b3[]]"},
		{"followed, limited", b.super(), books(&Node{Relation: "tags", Limit: 1}), "[b1[t2 …] b2[t3] b3[]]"},
		{"followed, the last", b.super(), books(&Node{Relation: "tags", Limit: 2, Backward: true}), "[b1[t3 t1 …] b2[t3] b3[]]"},
		{"followed, sorted, the last", b.super(), books(&Node{Relation: "tags", Sort: "name", Limit: 2, Backward: true}), "[b1[t3 t2 …] b2[t3] b3[]]"},
		{"one record", Caller{}, books(&Node{Relation: "author"}), "[b1[u1] b2[u2] b3[]]"},
		{"null rule", user, books(&Node{Relation: "vault"}), "[b1[] b2[] b3[]]"},
		{"null rule, superuser", b.super(), books(&Node{Relation: "vault"}), "[b1[v1] b2[] b3[]]"},

		{"back, by the list rule", Caller{}, books(&Node{Relation: "reviews_via_book"}), "[b1[r1 r2] b2[r3] b3[]]"},
		{"back, sorted and limited", b.super(), books(&Node{Relation: "reviews_via_book", Sort: "-id", Limit: 1}), "[b1[r2 …] b2[r4 …] b3[]]"},
		{"back, filtered", b.super(), books(&Node{Relation: "reviews_via_book", Filter: "text = 'expand'"}), "[b1[] b2[r3] b3[]]"},
		{"back, the last", b.super(), books(&Node{Relation: "reviews_via_book", Limit: 1, Backward: true}), "[b1[r2 …] b2[r4 …] b3[]]"},
		{"back, unique", Caller{}, books(&Node{Relation: "covers_via_book"}), "[b1[c1] b2[] b3[]]"},
		{"back, of several", b.super(), with(Node{Collection: "users"}, &Node{Relation: "reviews_via_by", Sort: "-id"}), "[u1[r3 r2] u2[r2 r1]]"},
		{"rule that does not compile", user, books(&Node{Relation: "stale_via_book"}), "[b1[] b2[] b3[]]"},
		{"rule that does not compile, superuser", b.super(), books(&Node{Relation: "stale_via_book"}), "[b1[s1] b2[] b3[]]"},

		{"a filter that crosses a relation", Caller{}, books(&Node{Relation: "tags", Filter: "parent.name = 'one'"}), "[b1[t2] b2[] b3[]]"},
		{"two levels", Caller{}, books(with(Node{Relation: "author"}, &Node{Relation: "friends"}), &Node{Relation: "next"}),
			"[b1[u1[u2]][b2] b2[u2[]][b1] b3[][]]"},
		{"the same relation twice", b.super(), books(&Node{Relation: "tags", Limit: 1}, &Node{Relation: "tags", Filter: "name = 'two'"}),
			"[b1[t2 …][t2] b2[t3][] b3[][]]"},
		{"only some fields", Caller{}, with(Node{Collection: "books", Fields: []string{"title"}}, &Node{Relation: "tags", Fields: []string{}},
			&Node{Relation: "reviews_via_book", Fields: []string{}}), "[b1[t2 t1][r1 r2] b2[][r3] b3[][]]"},

		{"unknown relation", b.super(), books(&Node{Relation: "nope"}), "E"},
		{"older spelling", b.super(), books(&Node{Relation: "covers(book)"}), "E"},
		{"hidden relation", user, books(&Node{Relation: "secret"}), "E"},
		{"hidden field", user, &Node{Collection: "books", Fields: []string{"secret"}}, "E"},
		{"secret", b.super(), &Node{Collection: "users", Fields: []string{"tokenKey"}}, "E"},
		{"unknown field", b.super(), &Node{Collection: "books", Fields: []string{"nope"}}, "E"},
		{"filter of a hidden field", user, books(&Node{Relation: "next", Filter: "secret = 't1'"}), "E"},
		{"unreadable filter", b.super(), books(&Node{Relation: "next", Filter: "title ="}), "E"},
		{"missing parameter", b.super(), books(&Node{Relation: "next", Filter: "title = {:x}", Params: object{}}), "E"},
		{"unreadable sort", b.super(), books(&Node{Relation: "next", Sort: "nope"}), "E"},
		{"foreign cursor", b.super(), books(&Node{Relation: "next", Sort: "title", After: "nope"}), "E"},
		{"words of superusers", user, books(&Node{Relation: "next", Filter: "@request.auth.id = 'u1'"}), "F"},
		{"root without a rule", user, &Node{Collection: "vault"}, "F"},
	} {
		got, err := b.tree(c.caller, c.root)
		switch fault.KindOf(err) {
		case fault.Invalid:
			got = "E"
		case fault.Forbidden:
			got = "F"
		default:
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s (%v)", c.name, got, c.want, err)
		}
	}
	deep := books()
	for at, level := deep, 0; level <= maxTreeDepth; level++ {
		at.Children = []*Node{{Relation: "next"}}
		at = at.Children[0]
	}
	if _, err := b.tree(b.super(), deep); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a tree that is too deep: %v", err)
	}
}

func TestTreeShowsWhatTheCallerMaySee(t *testing.T) {
	t.Parallel()
	b := libraryBed(t)
	for _, c := range []struct {
		caller Caller
		want   string
	}{
		{Caller{}, `[{"collectionId":"id_users","collectionName":"users","email":"u2@x.co","id":"u2"} {"collectionId":"id_users","collectionName":"users","id":"u1"}]`},
		{b.as("users", "u1"), `[{"collectionId":"id_users","collectionName":"users","email":"u1@x.co","id":"u1"} {"collectionId":"id_users","collectionName":"users","email":"u2@x.co","id":"u2"}]`},
	} {
		branch, err := b.Tree(t.Context(), c.caller, &Node{Collection: "books", Children: []*Node{{Relation: "author", Fields: []string{"email"}}}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range branch.Children[0].Records {
			got = append(got, string(r))
		}
		slices.Sort(got)
		if got := "[" + strings.Join(got, " ") + "]"; got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// TestTreePages walks lists of children by their cursors, and compares each page with all children
// sorted in Go. Two of the relations have an index.
func TestTreePages(t *testing.T) {
	t.Parallel()
	rank := func() *schema.Field { return &schema.Field{Name: "rank", Kind: &schema.Number{}} }
	towns := base("towns", relationField("land", "id_lands", 1), relationField("region", "id_lands", 1), relationField("near", "id_lands", 9), rank())
	towns.Indexes = []string{"CREATE INDEX by_land ON towns (land, rank)"}
	b := newReadBed(t, base("lands", relationField("towns", "id_towns", 999)), towns)
	random := rand.New(rand.NewPCG(1, 2))
	lands := []string{"l0", "l1", "l2", "l3"}
	var rows []object
	owned := map[string][]string{}
	ranks := map[string]int{}
	for i := range 60 {
		id, land := fmt.Sprintf("t%02d", i), lands[random.IntN(3)]
		ranks[id] = random.IntN(5)
		owned[land] = append(owned[land], id)
		rows = append(rows, object{"id": id, "land": land, "region": land, "near": []string{land}, "rank": ranks[id]})
	}
	b.insert("towns", rows...)
	for _, land := range lands {
		b.insert("lands", object{"id": land, "towns": owned[land]})
	}
	for _, relation := range []string{"towns_via_land", "towns_via_region", "towns_via_near", "towns"} {
		for _, order := range []string{"", "rank,id", "-rank,id"} {
			for _, backward := range []bool{false, true} {
				for parent, land := range lands {
					want := slices.DeleteFunc(slices.Clone(owned[land]), func(id string) bool { return ranks[id] == 4 })
					if order != "" {
						slices.SortStableFunc(want, func(a, b string) int {
							if order[0] == '-' {
								return ranks[b] - ranks[a]
							}
							return ranks[a] - ranks[b]
						})
					}
					node := &Node{Relation: relation, Filter: "rank < {:max}", Params: object{"max": 4}, Sort: order, Limit: 7, Backward: backward, Cursors: true}
					var got []string
					for range 20 {
						branch, err := b.Tree(t.Context(), Caller{}, &Node{Collection: "lands", Children: []*Node{node}})
						if err != nil {
							t.Fatal(err)
						}
						list := branch.Children[0].Lists[parent]
						var page []string
						for _, item := range list.Items {
							var r struct{ ID string }
							if err := json.Unmarshal(branch.Children[0].Records[item.Record], &r); err != nil {
								t.Fatal(err)
							}
							page = append(page, r.ID)
						}
						if backward {
							got = append(page, got...)
						} else {
							got = append(got, page...)
						}
						if !list.More {
							break
						}
						if backward {
							node.Before = list.Items[0].Cursor
						} else {
							node.After = list.Items[len(page)-1].Cursor
						}
					}
					if !slices.Equal(got, want) {
						t.Fatalf("%s of %s by %q, backward %v:\n%v, want\n%v", relation, land, order, backward, got, want)
					}
				}
			}
		}
	}
}

// TestTreeCutsEachList reads more children than a list may hold.
func TestTreeCutsEachList(t *testing.T) {
	t.Parallel()
	for _, index := range [][]string{nil, {"CREATE INDEX by_land ON towns (land)"}} {
		towns := base("towns", relationField("land", "id_lands", 1))
		towns.Indexes = index
		b := newReadBed(t, base("lands"), towns)
		b.insert("lands", object{"id": "l1"}, object{"id": "l2"})
		var rows []object
		for i := range 2500 {
			rows = append(rows, object{"id": fmt.Sprintf("t%04d", i), "land": []string{"l1", "l1", "l2"}[i%3]})
		}
		b.insert("towns", rows...)
		branch, err := b.Tree(t.Context(), Caller{}, &Node{Collection: "lands", Children: []*Node{{Relation: "towns_via_land"}}})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []int{maxPerPage, 833} {
			if list := branch.Children[0].Lists[i]; len(list.Items) != want || list.More != (i == 0) {
				t.Errorf("index %q: list %d has %d towns and more: %v", index, i, len(list.Items), list.More)
			}
		}
		_, items := b.mustList(Caller{}, "lands", ListParams{Expand: "towns_via_land"})
		for i, want := range []int{maxPerPage, 833} {
			if related := items[i]["expand"].(object)["towns_via_land"].([]any); len(related) != want {
				t.Errorf("index %q: %d towns expanded, want %d", index, len(related), want)
			}
		}
	}
}

// TestTreeCutsLongValues compares cut records with whole records: long texts and JSON documents are
// cut, short values and values of other kinds are equal.
func TestTreeCutsLongValues(t *testing.T) {
	t.Parallel()
	b := newReadBed(t, base("docs", textField("name"), &schema.Field{Name: "doc", Kind: &schema.JSON{}}, &schema.Field{Name: "html", Kind: &schema.Editor{}},
		&schema.Field{Name: "n", Kind: &schema.Number{}}, &schema.Field{Name: "tags", Kind: &schema.Select{MaxSelect: 2, Values: []string{"a rather long tag"}}}))
	long := strings.Repeat("ä€", 5000)
	b.insert("docs",
		object{"id": "long", "name": long, "doc": json.RawMessage(`{"text":"` + long + `"}`), "html": "<p>" + long, "n": 12345678.5, "tags": []string{"a rather long tag"}},
		object{"id": "text", "name": "0123456789", "doc": json.RawMessage(`"` + long + `"`)},
		object{"id": "short", "name": "ä€ä€ä€ä€ä€", "doc": json.RawMessage(`{"a": 1.0}`), "html": "<p>"},
		object{"id": "number", "doc": json.RawMessage(`123456789`), "n": -0.25},
		object{"id": "none", "doc": nil})
	read := func(cut int) []string {
		branch, err := b.Tree(t.Context(), b.super(), &Node{Collection: "docs", Cut: cut})
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, item := range branch.Lists[0].Items {
			list = append(list, string(branch.Records[item.Record]))
		}
		return list
	}
	whole, cut := read(0), read(10)
	for i, want := range whole {
		if i == 0 {
			want = strings.NewReplacer(`{"text":"`+long+`"}`, `"{\"text\":\"ä"`, "<p>"+long, "<p>ä€ä€ä€ä", `"`+long+`"`, `"`+strings.Repeat("ä€", 5)+`"`).Replace(want)
		}
		want = strings.ReplaceAll(want, `"`+long+`"`, `"\"ä€ä€ä€ä€ä"`)
		if cut[i] != want {
			t.Errorf("cut to 10 characters: %s, want %s", cut[i], want)
		}
	}
}
