package model

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/graph-gophers/graphql-go"

	"github.com/loambase/loam/core/schema"
)

func TestFieldNames(t *testing.T) {
	t.Parallel()
	for stored, want := range map[string]string{"title": "title", "1x": "_1x", "__typename": "_typename", "_x": "_x", "____": "_"} {
		if got := fieldName(stored); got != want {
			t.Errorf("fieldName(%q) = %q, want %q", stored, got, want)
		}
	}
}

func TestEnumerations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		options []string
		names   string // printed with %v; "" if there are none
	}{
		{[]string{"new", "done"}, "[new done]"},
		{[]string{"true", "null", "a-b", "1x", "", "__x"}, "[_true _null a_b _1x _ _x]"},
		{[]string{"a-b", "a b"}, ""},
		{[]string{"é", "ü"}, ""},
		{[]string{"é", "x"}, "[_ x]"},
	} {
		got := ""
		if e, ok := enumeration(c.options); ok {
			got = fmt.Sprint(e.names)
		}
		if got != c.names {
			t.Errorf("enumeration(%q) = %s, want %s", c.options, got, c.names)
		}
	}
}

func everybody(c *schema.Collection) *schema.Collection {
	open := ""
	c.Type, c.ListRule, c.ViewRule = schema.Base, &open, &open
	c.Fields = append([]*schema.Field{{Name: "id", System: true, Kind: &schema.Text{PrimaryKey: true}}}, c.Fields...)
	return c
}

// awkward returns collections with names that are reserved or invalid in GraphQL.
func awkward() []*schema.Collection {
	text := func(name string) *schema.Field { return &schema.Field{Name: name, Kind: &schema.Text{}} }
	relation := func(name, to string, most int) *schema.Field {
		return &schema.Field{Name: name, Kind: &schema.Relation{CollectionID: to, MaxSelect: most}}
	}
	list := []*schema.Collection{
		{Fields: []*schema.Field{relation("author", "c_post", 1), text("authorId"), relation("tags", "c_posts", 3), text("tagsIds"), text("nodeId")}},
		{Fields: []*schema.Field{text("and"), text("or"), text("not"), text("1st"), text("_1st"), text("__typename"), text("_typename"), text("true")}},
		{Fields: []*schema.Field{{Name: "status", Kind: &schema.Select{Values: []string{"a", "b"}}}, relation("me", "c_me", 1), relation("post", "c_post", 1)}},
	}
	for _, name := range []string{"post", "post_status", "posts", "node", "nodes", "me", "query", "mutation", "subscription", "PageInfo", "post_connection",
		"post_filters", "1x", "string", "type", "__a", "_a"} {
		list = append(list, &schema.Collection{Name: name})
	}
	for i, name := range []string{"a", "b", "post_"} {
		list[i].Name = name
	}
	for _, c := range list {
		c.ID = "c_" + c.Name
		everybody(c)
	}
	return list
}

// TestSchemasAreValid parses the schema of collections with awkward names with a GraphQL library,
// which also detects duplicate names.
func TestSchemasAreValid(t *testing.T) {
	t.Parallel()
	m := Build(schema.NewSnapshot(1, awkward()), false, nil)
	if _, err := graphql.ParseSchema(m.SDL(), nil, graphql.UseStringDescriptions()); err != nil {
		t.Fatalf("%v:\n%s", err, m.SDL())
	}
	if len(m.Records) != len(awkward()) {
		t.Errorf("%d types for %d collections", len(m.Records), len(awkward()))
	}
}

// TestSchemasDependOnCollectionsAlone makes the schema of the same collections in several orders.
func TestSchemasDependOnCollectionsAlone(t *testing.T) {
	t.Parallel()
	want := Build(schema.NewSnapshot(1, awkward()), false, nil).SDL()
	random := rand.New(rand.NewPCG(1, 2))
	for n := range uint64(20) {
		list := awkward()
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		if got := Build(schema.NewSnapshot(n, list), false, nil).SDL(); got != want {
			t.Fatalf("another order gives another schema:\n%s\nand\n%s", got, want)
		}
	}
}

// TestRulesDoNotRename locks each collection: the types of the other collections keep their names.
func TestRulesDoNotRename(t *testing.T) {
	t.Parallel()
	all := Build(schema.NewSnapshot(1, awkward()), false, nil)
	for i := range awkward() {
		list := awkward()
		list[i].ListRule, list[i].ViewRule = nil, nil
		m := Build(schema.NewSnapshot(2, list), false, nil)
		for _, c := range list {
			if got, want := m.Of(c.ID), all.Of(c.ID); c != list[i] && got.Name != want.Name {
				t.Errorf("without %s, %s is %s instead of %s", list[i].Name, c.Name, got.Name, want.Name)
			}
		}
		if m.Of(list[i].ID) != nil {
			t.Errorf("%s is locked and has a type", list[i].Name)
		}
	}
}
