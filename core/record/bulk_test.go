package record_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/internal/alter"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// TestBulk inserts records, some of them without an id.
func TestBulk(t *testing.T) {
	t.Parallel()
	db := enginetest.Open(t)
	c := &schema.Collection{Name: "select", Type: schema.Base}
	if err := c.LoadJSON([]byte(`[{"id":"n","name":"n","type":"number"},{"id":"a","name":"id","type":"text","primaryKey":true}]`), []byte(`[]`), []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	const n = 100
	var renamed []string
	err := db.Exclusive(context.Background(), func(tx store.Tx) error {
		step := alter.Diff(nil, c)[0].(alter.CreateTable)
		if err := db.Catalog().CreateTable(tx, step.Table, step.Columns); err != nil {
			return err
		}
		b := record.NewBulk(tx, c, nil)
		b.Renamed = func(was, is string) { renamed = append(renamed, was) }
		for i := range n {
			id := fmt.Sprintf("record%d", i)
			switch i {
			case 50, 97: // the id of an earlier record, in another statement and in the same one
				id = "record49"
			case 60:
				id = ""
			}
			if err := b.Add([]store.Value{store.Float(float64(i)), store.Text(id)}); err != nil {
				return err
			}
		}
		return b.Flush()
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%q", renamed); got != `["record49" "" "record49"]` {
		t.Errorf("renamed: %s", got)
	}
	err = db.Read(context.Background(), func(r store.Reader) error {
		rows, err := r.Query(`SELECT n, id FROM "select" ORDER BY "_rowid_"`)
		if err != nil {
			return err
		}
		defer rows.Close()
		i := 0
		for ; rows.Next(); i++ {
			if int(rows.Float(0)) != i || rows.Text(1) == "" {
				t.Errorf("record %d is %g, %q", i, rows.Float(0), rows.Text(1))
			}
		}
		if i != n {
			t.Errorf("%d records, want %d", i, n)
		}
		return rows.Close()
	})
	if err != nil {
		t.Fatal(err)
	}
}
