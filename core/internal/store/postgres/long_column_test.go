package postgres

import (
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

func TestAssigned(t *testing.T) {
	long, short := store.Text(strings.Repeat("x", longParam)), store.Text("x")
	for _, test := range []struct {
		sql  string
		args []store.Value
		want string
	}{
		{`INSERT INTO "t" ("a", "b") VALUES ($1, $2)`, []store.Value{short, long}, "t b"},
		{`INSERT INTO "t" ("a", "b""(") VALUES ($1, $2::jsonb), ($3, coalesce($4, ''))`, []store.Value{short, short, long, long}, `t a b"(`},
		{`UPDATE "t" SET "a" = $2, "b" = ($3)::jsonb WHERE "id" = $1`, []store.Value{short, short, long}, "t b"},
		{`UPDATE "t" SET "a" = $11 WHERE "id" = $1`, []store.Value{short}, "t"},
		{`UPDATE "t" SET "a" = '$1', "b" = $1`, []store.Value{long}, "t b"},
		{`DELETE FROM "t" WHERE "a" = $1`, []store.Value{long}, ""},
		{`INSERT INTO "t" DEFAULT VALUES`, nil, "t"},
		{`INSERT INTO "t" ("a) VALUES ($1)`, []store.Value{long}, "t"},
	} {
		table, columns := assigned(test.sql, test.args)
		if got := strings.Join(append([]string{table}, columns...), " "); got != test.want {
			t.Errorf("assigned(%s) = %q, want %q", test.sql, got, test.want)
		}
	}
}
