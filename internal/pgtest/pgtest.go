// Package pgtest provides a PostgreSQL server for tests: a server of the test binary in a temporary
// folder, or the server in LOAM_TEST_POSTGRES. Each test gets a schema.
package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/loambase/loam/internal/need"
)

// variable names the variable with the URL of a server to use instead of starting one.
const variable = "LOAM_TEST_POSTGRES"

// shared is the server of this process. It ends with the process.
var shared = sync.OnceValues(Start)

// URL returns a database for the test: a new schema on a server that the tests share. The schema is
// dropped when the test ends. Without PostgreSQL on the machine the test is skipped; it fails if CI
// is set.
func URL(t testing.TB) string {
	t.Helper()
	server := os.Getenv(variable)
	if server == "" {
		s, err := shared()
		if err != nil {
			Missing(t, err)
		}
		server = s.URL
	}
	return Schema(t, server)
}

// Schema makes a schema for the test on the server and returns its URL.
func Schema(t testing.TB, server string) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	run(t, server, "CREATE SCHEMA "+name)
	t.Cleanup(func() { run(t, server, "DROP SCHEMA "+name+" CASCADE") })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("the server's URL: %v", err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

// Missing ends a test for which no server could be started. If PostgreSQL is not installed, the
// test is skipped, or fails if CI is set.
func Missing(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, ErrNotInstalled) {
		need.Skip(t, err)
	}
	t.Fatalf("start PostgreSQL: %v", err)
}

// run runs SQL on a connection; an error ends the test.
func run(t testing.TB, server, sql string) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("connect to PostgreSQL: %v", err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}
