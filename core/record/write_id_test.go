package record_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
)

const mixed = `{"name": "mixed", "type": "base", "createRule": "", "listRule": "", "fields": [
	{"name": "id", "type": "text", "system": true, "primaryKey": true, "required": true, "pattern": "^[A-Za-z0-9_-]+$", "autogeneratePattern": "[a-zA-Z0-9]{20}", "min": 1, "max": 40}]}`

// lookUp returns the plan of the look-up for an id that differs in letter case alone, and the
// indexes of the table.
func lookUp(t *testing.T, b *bed) (plan string, indexes []string) {
	t.Helper()
	db := b.Records().Config().Store
	err := db.Exclusive(t.Context(), func(tx store.Tx) error {
		names, err := db.Catalog().Names(tx)
		if err != nil {
			return err
		}
		for _, n := range names {
			if n.Table == "mixed" {
				indexes = append(indexes, n.Name)
			}
		}
		explain, column := "EXPLAIN QUERY PLAN ", 3
		if enginetest.Postgres() {
			explain, column = "EXPLAIN ", 0
		}
		rows, err := tx.Query(explain + strings.ReplaceAll(record.OtherCaseSQL(b.Records(), "mixed"), "$1", "'x'"))
		if err != nil {
			return err
		}
		for rows.Next() {
			plan += rows.Text(column) + "\n"
		}
		return rows.Close()
	})
	if err != nil {
		t.Fatal(err)
	}
	return plan, indexes
}

// A create must not scan its table for ids that differ in letter case alone, even in a database
// that was made without the index.
func TestMixedCaseIDsAreLookedUpByIndex(t *testing.T) {
	t.Parallel()
	b := newBed(t, mixed)
	records := 20_000 // PostgreSQL scans a smaller table
	if testing.Short() && !enginetest.Postgres() {
		records = 1000
	}
	fill(t, b, "mixed", records)
	index := "_idcase_" + b.Snapshot().Find("mixed").ID
	db := b.Records().Config().Store
	for _, when := range []string{"new table", "after a start on an older database"} {
		_, err := b.create(guest, "mixed", object{})
		check(t, "Create", err, "ok")
		plan, indexes := lookUp(t, b)
		if !slices.Contains(indexes, index) {
			t.Errorf("%s: the indexes are %v, want %s among them", when, indexes, index)
		}
		if strings.Contains(strings.ToUpper(plan), "SEQ SCAN") || strings.Contains(plan, "SCAN ") || !strings.Contains(plan, index) {
			t.Errorf("%s: the look-up does\n%s", when, plan)
		}
		if err := db.Exclusive(t.Context(), func(tx store.Tx) error { return db.Catalog().DropIndex(tx, index) }); err != nil {
			t.Fatal(err)
		}
		b.configure("mixed", `{"updateRule": ""}`) // a new snapshot, as after a start
	}
	for i, id := range []string{"aBc", "Abc"} {
		_, err := b.create(guest, "mixed", object{"id": id})
		if want := []string{"ok", "invalid: Failed to create record. id=validation_pk_invalid"}[i]; failure(err) != want {
			t.Errorf("Create of %s: %s, want %s", id, failure(err), want)
		}
	}
	if n := b.count("mixed"); n != records+3 {
		t.Errorf("%d records, want %d", n, records+3)
	}
	_, err := b.Records().Batch(t.Context(), []record.Op{create(guest, "mixed", object{"id": "ABC"})})
	if !strings.Contains(fmt.Sprint(failure(err)), "validation_pk_invalid") {
		t.Errorf("Batch: %s", failure(err))
	}
}
