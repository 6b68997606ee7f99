package front

import (
	"fmt"
	"testing"

	"github.com/loambase/loam/api/internal/graphql/model"
	"github.com/loambase/loam/core/schema"
)

// BenchmarkSchema makes the schema of 200 collections for superusers.
func BenchmarkSchema(b *testing.B) {
	snapshot := twoHundred()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := New(model.Build(snapshot, true, nil)); err != nil {
			b.Fatal(err)
		}
	}
}

// twoHundred are collections with twelve fields each, and with all rules open.
func twoHundred() *schema.Snapshot {
	open := ""
	kinds := []schema.Kind{&schema.Text{}, &schema.Number{}, &schema.Date{}, &schema.Bool{}, &schema.Select{Values: []string{"new", "done"}, MaxSelect: 1}}
	var list []*schema.Collection
	for i := range 200 {
		c := &schema.Collection{ID: fmt.Sprint("c", i), Name: fmt.Sprintf("things%d", i), Type: schema.Base,
			ListRule: &open, ViewRule: &open, CreateRule: &open, UpdateRule: &open, DeleteRule: &open}
		c.Fields = []*schema.Field{{Name: "id", System: true, Kind: &schema.Text{PrimaryKey: true}}}
		for f := range 10 {
			c.Fields = append(c.Fields, &schema.Field{Name: fmt.Sprintf("f%d", f), Kind: kinds[f%len(kinds)]})
		}
		c.Fields = append(c.Fields, &schema.Field{Name: "prev", Kind: &schema.Relation{CollectionID: fmt.Sprint("c", max(0, i-1)), MaxSelect: 1}})
		list = append(list, c)
	}
	return schema.NewSnapshot(1, list)
}
