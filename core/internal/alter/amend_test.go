package alter

import (
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/standard"
	"github.com/loambase/loam/core/schema"
)

func TestAmend(t *testing.T) {
	text := func(id, name string) *schema.Field { return &schema.Field{ID: id, Name: name, Kind: &schema.Text{}} }
	key := func() *schema.Field { return &schema.Field{ID: "k", Name: "id", Kind: &schema.Text{PrimaryKey: true}} }
	for _, test := range []struct {
		name    string
		c       schema.Collection
		table   []string // the indexes of the table
		fields  string   // their names and ids
		indexes int
		notes   []string // each is a part of the note
	}{
		{"in order", schema.Collection{Name: "a", Type: schema.Base, Fields: []*schema.Field{key(), text("x", "x")}}, nil, "id:k x:x", 0, nil},
		{"no id", schema.Collection{Name: "a", Type: schema.Base, Fields: []*schema.Field{text("x", "x")}}, nil, "id:text3208210256 x:x", 0, []string{"id was missing"}},
		{"an id that is a number", schema.Collection{Name: "a", Type: schema.Base, Fields: []*schema.Field{{ID: "k", Name: "id", Kind: &schema.Number{}}}}, nil, "id:k", 0, []string{"of the type number"}},
		{"names twice", schema.Collection{Name: "a", Type: schema.Base, Fields: []*schema.Field{key(), text("x", "x"), text("y", "X"), text("z", "")}}, nil, "id:k x:x", 0,
			[]string{"second field X", "position 3"}},
		{"ids twice", schema.Collection{Name: "a", Type: schema.Base, Fields: []*schema.Field{key(), text("x", "x"), text("x", "y"), text("", "z")}}, nil,
			"id:k x:x y:text4225443349 z:text1657960367", 0, []string{"field y", "field z"}},
		{"indexes", schema.Collection{Name: "a", Type: schema.Base, Fields: []*schema.Field{key()}, Indexes: []string{"nonsense", "CREATE INDEX i ON other (id)"}},
			[]string{"CREATE INDEX plain ON a (id)", "CREATE UNIQUE INDEX u ON a (id)", "CREATE UNIQUE INDEX i ON a (id)"}, "id:k", 2, []string{"nonsense", "unique index u"}},
		{"functions of indexes", schema.Collection{Name: "a", Type: schema.Base, Fields: []*schema.Field{key()}, Indexes: []string{"CREATE UNIQUE INDEX i ON a (printf(id))", "CREATE INDEX j ON a (lower(id))"}},
			[]string{"CREATE UNIQUE INDEX I ON a (printf(id))", "CREATE UNIQUE INDEX u ON a (zeroblob(id))"}, "id:k", 1, []string{"index i was left out: the function printf", "unique index u of the table was left out: the function zeroblob"}},
		{"a view", schema.Collection{Name: "a", Type: schema.View, Fields: []*schema.Field{text("x", "x")}}, nil, "x:x", 0, nil},
		{"auth", schema.Collection{ID: "c", Name: "a", Type: schema.Auth, Auth: schema.NewAuthOptions("a"), Fields: append([]*schema.Field{key()}, standard.AuthFields()[1:]...)}, nil,
			"id:k tokenKey:text2504183744 email:email3885137012 emailVisibility:bool1547992806 verified:bool256245529 password:password901924565", 2,
			[]string{"password was missing", "tokenKey", "email"}},
	} {
		notes := Amend(&test.c, test.table)
		var fields []string
		for _, f := range test.c.Fields {
			fields = append(fields, f.Name+":"+f.ID)
		}
		if got := strings.Join(fields, " "); got != test.fields {
			t.Errorf("%s: the fields are %s, want %s", test.name, got, test.fields)
		}
		if len(test.c.Indexes) != test.indexes {
			t.Errorf("%s: the indexes are %q, want %d", test.name, test.c.Indexes, test.indexes)
		}
		if len(notes) != len(test.notes) {
			t.Errorf("%s: notes %q, want %d", test.name, notes, len(test.notes))
		}
		for _, want := range test.notes {
			if !slices.ContainsFunc(notes, func(note string) bool { return strings.Contains(note, want) }) {
				t.Errorf("%s: notes %q, want one with %q", test.name, notes, want)
			}
		}
		for _, f := range test.c.Fields {
			if f.IsID() != (f.Name == "id") {
				t.Errorf("%s: %s is a primary key: %v", test.name, f.Name, f.IsID())
			}
		}
	}
}
