package postgres

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/pgtest"
)

// A database whose encoding does not have every character is refused by the name of the encoding.
func TestEncodings(t *testing.T) {
	server := pgtest.URL(t)
	for _, encoding := range []string{"LATIN1", "LATIN9"} {
		u, err := url.Parse(server)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.ReplaceAll(u.Query().Get("search_path"), "test_", "db_"+strings.ToLower(encoding)+"_")
		exec(t, server, `CREATE DATABASE `+name+` ENCODING '`+encoding+`' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`)
		t.Cleanup(func() { exec(t, server, `DROP DATABASE `+name+` WITH (FORCE)`) })
		q := u.Query()
		q.Del("search_path")
		u.Path, u.RawQuery = "/"+name, q.Encode()
		_, err = Open(t.Context(), Config{URL: u.String()})
		if err == nil || !strings.Contains(err.Error(), encoding) || !strings.Contains(err.Error(), "UTF8") {
			t.Errorf("Open(%s) = %v, want an error that names both encodings", encoding, err)
		}
	}
}

// A schema in which another program has a table of one of our names is left unchanged.
func TestForeignTables(t *testing.T) {
	for _, table := range []string{"users", "_params"} {
		server := pgtest.URL(t)
		exec(t, server, `CREATE TABLE `+table+` (mine text)`)
		cfg := Config{URL: server, Names: []string{"_params", "users"}}
		_, err := Open(t.Context(), cfg)
		var foreign *store.ForeignError
		if !errors.As(err, &foreign) || len(foreign.Tables) != 1 || foreign.Tables[0] != table || !strings.Contains(err.Error(), "search_path") {
			t.Errorf("Open() = %v, want a ForeignError about %s", err, table)
		}
		exec(t, server, `DROP TABLE `+table+`; CREATE TABLE other (mine text)`)
		exec(t, server, `DO $$ BEGIN IF (SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r') <> 1 THEN RAISE 'tables were left'; END IF; END $$`)
		again := openTest(t, cfg) // no table has one of our names any more
		defer again.Close()
	}
}

func exec(t *testing.T, server, sql string) {
	t.Helper()
	ctx := context.Background() // Cleanup calls it too
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}
