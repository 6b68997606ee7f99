package postgres

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/loambase/loam/core/internal/store"
)

// noise returns a text that compression does not shorten.
func noise(length int) string {
	text := make([]byte, length)
	for i := range text {
		text[i] = byte('!' + rand.IntN(90))
	}
	return string(text)
}

// A value that a btree has no room for turns the index into a prefix index, whichever way the
// value got into the table.
func TestLongValuesInIndexes(t *testing.T) {
	db := newTest(t, Config{})
	c := db.Catalog()
	index := func(name, where string, unique bool, columns ...store.IndexColumn) store.Index {
		return store.Index{Name: name, Table: "long", Unique: unique, Columns: columns, Where: where}
	}
	a, b, n := store.IndexColumn{Name: "a", Sort: "DESC"}, store.IndexColumn{Name: "b"}, store.IndexColumn{Name: "n"}
	err := db.Exclusive(t.Context(), func(tx store.Tx) error {
		return errors.Join(
			c.CreateTable(tx, "long", []store.Column{{Name: "id", PrimaryKey: true}, {Name: "a"}, {Name: "b"},
				{Name: "n", Kind: store.ColumnNumber}, {Name: "m", Kind: store.ColumnMulti}}),
			c.CreateIndex(tx, index("plain", "", false, a)),
			c.CreateIndex(tx, index("two", "a != 'x'", true, a, n, b)),
			c.CreateIndex(tx, index("list", "", false, store.IndexColumn{Name: "m"})))
	})
	if err != nil {
		t.Fatal(err)
	}
	const insert = `INSERT INTO "long" ("id", "a", "b", "n") VALUES ($1, $2, $3, 1)`
	first := noise(40_000)
	for _, row := range []struct {
		id, a, b string
		unique   bool
	}{
		{"1", noise(2_000), "", true},
		{"2", first, "", true},
		{"3", first, "", false},
		{"4", first + "!", "", true},
		{"5", first, noise(6_000), true},
		{"6", "short", "", true},
	} {
		err := write(t, db, insert, store.Text(row.id), store.Text(row.a), store.Text(row.b))
		var unique *store.UniqueError
		if row.unique && err != nil || !row.unique && !errors.As(err, &unique) {
			t.Fatalf("row %s = %v, want unique: %v", row.id, err, row.unique)
		}
		if unique != nil && strings.Join(unique.Columns, " ") != "n a b" && strings.Join(unique.Columns, " ") != "a n b" {
			t.Errorf("UniqueError of %q", unique.Columns)
		}
	}
	mustWrite(t, db, `UPDATE "long" SET "m" = to_jsonb(ARRAY[$1::text, $2::text]) WHERE "id" = '6'`, store.Text(noise(5_000)), store.Text(noise(5_000)))
	if n := db.Dialect().Prefix("long", "a", false); n != prefixLength {
		t.Errorf("Prefix(a) = %d", n)
	}
	if n := db.Dialect().Prefix("long", "n", false) + db.Dialect().Prefix("long", "a", true); n != 0 {
		t.Errorf("Prefix of what is no prefix = %d", n)
	}
	// Indexes that are created on stored long values, created in the transaction that writes one,
	// and created on columns that are not texts.
	err = db.Exclusive(t.Context(), func(tx store.Tx) error {
		if err := c.CreateIndex(tx, index("later", "", true, a, b)); err != nil {
			return err
		}
		if err := c.CreateIndex(tx, index("folded", "", false, store.IndexColumn{Name: "a", Collate: "NOCASE"}, n)); err != nil {
			return err
		}
		if err := c.CreateTable(tx, "new", []store.Column{{Name: "id", PrimaryKey: true}, {Name: "a"}}); err != nil {
			return err
		}
		if err := c.CreateIndex(tx, store.Index{Name: "new_a", Table: "new", Columns: []store.IndexColumn{a}}); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO "new" ("id", "a") VALUES ('1', $1)`, store.Text(first))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if db.Dialect().Prefix("long", "a", true) == 0 || db.Dialect().Prefix("new", "a", false) == 0 {
		t.Error("Prefix of the indexes that were made later = 0")
	}
	var long *store.TooLongError
	if err := write(t, db, insert, store.Text(noise(9_000)), store.Text(""), store.Text("")); !errors.As(err, &long) {
		t.Errorf("a long id = %v, want a TooLongError", err)
	}
}

// Prefix indexes are used by the conditions that are rendered for them.
func TestPrefixIndexesServe(t *testing.T) {
	db := newTest(t, Config{})
	mustWrite(t, db, `INSERT INTO "t" ("id", "a") SELECT 'i' || i, 'v' || i FROM generate_series(1, 3000) AS i`)
	err := db.Exclusive(t.Context(), func(tx store.Tx) error {
		return db.Catalog().CreateIndex(tx, store.Index{Name: "ta", Table: "t", Columns: []store.IndexColumn{{Name: "a"}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	mustWrite(t, db, `INSERT INTO "t" ("id", "a") VALUES ('long', $1)`, store.Text(noise(9_000)))
	exec(t, db.cfg.URL, `ANALYZE`)
	for _, sql := range []string{
		`WHERE (left("a", 200) = left('v7', 200) AND "a" = 'v7')`,
		`WHERE (left("a", 200) >= left('v7', 200) AND "a" > 'v7') ORDER BY left("a", 200), "a" LIMIT 5`,
		`ORDER BY left("a", 200) DESC, "a" DESC, "_rowid_" DESC LIMIT 5`,
		`WHERE (left("a", 200), "a", "_rowid_") > (left('v7', 200), 'v7', 7) ORDER BY left("a", 200), "a", "_rowid_" LIMIT 5`,
	} {
		plan := explain(t, db.cfg.URL, `SELECT "id" FROM "t" `+sql)
		if !strings.Contains(plan, "ta") || strings.Contains(plan, "Seq Scan") {
			t.Errorf("%s\n%s", sql, plan)
		}
	}
}

func explain(t *testing.T, server, sql string) string {
	t.Helper()
	c, err := pgx.Connect(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	rows, _ := c.Query(t.Context(), "EXPLAIN "+sql)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return strings.Join(lines, "\n")
}
