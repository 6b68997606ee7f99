package introspect_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/graph-gophers/graphql-go/ast"

	"github.com/loambase/loam/api/internal/graphql/document"
	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/api/internal/graphql/introspect"
	"github.com/loambase/loam/api/internal/graphql/model"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/need"
)

// judge is the script that checks schemas with graphql-js.
const judge = "../../../../clients/graphql/schemas.mjs"

var seeds = flag.Uint64("seeds", 20, "random sets of collections in TestSchemasAreThoseOfTheReference")

// TestSchemasAreThoseOfTheReference makes schemas of random collections, with names that are
// reserved or invalid in GraphQL. graphql-js accepts each schema, prints it as SDL does, and builds
// the same schema from the answer to introspection.
func TestSchemasAreThoseOfTheReference(t *testing.T) {
	t.Parallel()
	need.Program(t, "node")
	if _, err := os.Stat(filepath.Join(filepath.Dir(judge), "node_modules")); err != nil {
		need.Skip(t, "npm ci has not run in clients/graphql")
	}
	query, err := exec.Command("node", judge, "query").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, query)
	}
	var lines bytes.Buffer
	known := map[string]string{}
	count := *seeds
	if testing.Short() {
		count = 4
	}
	for seed := range count {
		g := &generator{rand.New(rand.NewPCG(seed, 1))}
		list := g.collections()
		for _, superuser := range []bool{false, true} {
			m := model.Build(schema.NewSnapshot(1, list), superuser, nil)
			line, err := json.Marshal(map[string]any{"name": fmt.Sprintf("seed %d, superuser %v", seed, superuser), "sdl": m.SDL(), "introspection": introspected(t, m, string(query))})
			if err != nil {
				t.Fatal(err)
			}
			lines.Write(append(line, '\n'))
			known[fmt.Sprint(seed, superuser)] = m.SDL()
		}
		// The schema does not depend on the order in which the collections were created.
		g.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		if got := model.Build(schema.NewSnapshot(2, list), true, nil).SDL(); got != known[fmt.Sprint(seed, true)] {
			t.Errorf("seed %d: another order of the collections gives another schema", seed)
		}
	}
	cmd := exec.Command("node", judge)
	cmd.Stdin = &lines
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

// introspected returns the answer to an introspection query.
func introspected(t *testing.T, m *model.Model, query string) json.RawMessage {
	t.Helper()
	f, err := front.New(m)
	if err != nil {
		t.Fatal(err)
	}
	doc, errs := f.Read(query, document.Limits{Tokens: 10_000, Depth: 100})
	if errs != nil {
		t.Fatal(errs[0])
	}
	op, errs := doc.Operation("", nil)
	if errs != nil {
		t.Fatal(errs[0])
	}
	selected, wrong := op.Collect([]ast.SelectionSet{op.Definition.Selections}, func(string) bool { return true })
	if wrong != nil {
		t.Fatal(wrong)
	}
	answer, wrong := introspect.Append([]byte(`{"__schema":`), op, f.Schema(), selected[0], nil)
	if wrong != nil {
		t.Fatal(wrong)
	}
	return append(answer, '}')
}

// generator makes random collections.
type generator struct{ *rand.Rand }

func (g *generator) pick(list ...string) string { return list[g.IntN(len(list))] }

// some returns at most most random elements of a list, in random order.
func (g *generator) some(most int, list ...string) []string {
	g.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:g.IntN(min(most, len(list))+1)]
}

func (g *generator) rule() *string {
	rules := []*string{nil, new(string), new(string)}
	return rules[g.IntN(len(rules))]
}

// collections returns some collections with awkward names. Names differ in more than case, as SQL
// requires.
func (g *generator) collections() (list []*schema.Collection) {
	names := append(g.some(9, "query", "mutation", "subscription", "node", "nodes", "me", "post", "posts", "PageInfo", "news", "class", "1x", "__a", "_a", "true",
		"string", "int", "file", "type", "post_connection", "post_filters", "post_list", "post_many", "post_update", "post_patch", "changes", "lists", "posts_aggregate", "many_posts", "auth_record", "a-b", "a b", "ä"), "things")
	for i, name := range names {
		c := &schema.Collection{ID: fmt.Sprint("c", i), Name: name, Type: []string{schema.Base, schema.Base, schema.Auth, schema.View}[g.IntN(4)],
			ListRule: g.rule(), ViewRule: g.rule(), CreateRule: g.rule(), UpdateRule: g.rule(), DeleteRule: g.rule()}
		c.Fields = []*schema.Field{{Name: "id", System: true, Kind: &schema.Text{PrimaryKey: true}}}
		if c.IsAuth() {
			c.Fields = append(c.Fields, &schema.Field{Name: "password", System: true, Hidden: true, Kind: &schema.Password{}},
				&schema.Field{Name: "tokenKey", System: true, Hidden: true, Kind: &schema.Text{}}, &schema.Field{Name: "email", System: true, Kind: &schema.Email{}})
		}
		for _, field := range g.some(12, "true", "null", "a-b", "a_b", "1x", "_1x", "", "__typename", "_typename", "and", "or", "not", "nodeId", "author", "authorId", "tags", "tagsIds",
			"things_via_author", "things_via_author_create", "author_create", "views", "views_inc", "tags_add", "count", "sum_views", "when", "when_year", "status", "items", "ünï", "some", "token", "list", "many", "tags_many") {
			f := &schema.Field{Name: field, Hidden: g.IntN(6) == 0, Kind: g.kind(len(names))}
			if g.IntN(3) == 0 {
				f.Help = g.pick("plain", `with "quotes"`, `ends in "`, `ends in \`, `"""`, "two\nlines", "  spaces  ", strings.Repeat("long ", 30), "ünï 😀", "#", "\x00\x07")
			}
			c.Fields = append(c.Fields, f)
			if _, ok := f.Kind.(*schema.Relation); ok && g.IntN(3) == 0 && !c.IsView() {
				c.Indexes = append(c.Indexes, fmt.Sprintf("CREATE UNIQUE INDEX `u%d` ON `%s` (`%s`)", len(c.Indexes), name, field))
			}
		}
		list = append(list, c)
	}
	return list
}

func (g *generator) kind(collections int) schema.Kind {
	limit := float64([]int64{5, 1 << 31, 1 << 50}[g.IntN(3)])
	least := -limit
	switch g.IntN(12) {
	case 0:
		return &schema.Number{}
	case 1:
		return &schema.Number{OnlyInt: true, Min: &least, Max: &limit}
	case 2:
		return &schema.Bool{}
	case 3:
		return &schema.Date{}
	case 4:
		return &schema.JSON{}
	case 5:
		return &schema.File{MaxSelect: 1 + g.IntN(2)}
	case 6:
		return &schema.GeoPoint{}
	case 7, 8:
		values := append(g.some(6, "true", "null", "a-b", "a b", "1x", "", "__x", "é", "ü", "in", "A", "a", `"""`, "x\ny"), "last")
		return &schema.Select{Values: values, MaxSelect: 1 + g.IntN(2)}
	case 9, 10:
		return &schema.Relation{CollectionID: fmt.Sprint("c", g.IntN(collections)), MaxSelect: 1 + g.IntN(2)}
	}
	return &schema.Text{}
}
