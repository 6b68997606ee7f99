package postgres

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/pgtest"
)

// oldT returns the names that a restore of the table t drops.
func oldT(store.Reader) ([]store.CatalogName, error) {
	return []store.CatalogName{{Kind: "table", Name: "t"}}, nil
}

// stageT stages a table t with one row, and with an index for which a value is too long.
func stageT(t *testing.T, db *DB) store.Staged {
	t.Helper()
	staged, err := db.Stage(t.Context(), func(tx store.Tx) error { return fillT(db, tx) })
	if err != nil {
		t.Fatal(err)
	}
	return staged
}

func fillT(db *DB, tx store.Tx) error {
	err := db.Catalog().CreateTable(tx, "t", []store.Column{{Name: "id", PrimaryKey: true}, {Name: "a"}})
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO "t" ("a") VALUES ('new ' || (SELECT string_agg(sha256(i::text::bytea)::text, '') FROM generate_series(1, 300) AS i))`); err != nil {
		return err
	}
	return db.Catalog().CreateIndex(tx, store.Index{Name: "of_t", Table: "t", Unique: true, Columns: []store.IndexColumn{{Name: "a"}}})
}

// noSchema fails the test if a schema of a restore is left.
func noSchema(t *testing.T, db *DB) {
	t.Helper()
	if n := value(t, db, `SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'loam\_staged\_%' AND nspname = ANY (
		SELECT n.nspname FROM pg_namespace AS n JOIN pg_class AS c ON c.relnamespace = n.oid WHERE c.relname = 't')`); n != "0" {
		t.Errorf("%s schemas are left", n)
	}
}

const first = `SELECT left("a", 3) FROM "t"`

func TestStagedTablesAreSeenWhenTheySwap(t *testing.T) {
	one, other, told := two(t)
	mustWrite(t, one, `INSERT INTO "t" ("a") VALUES ('old')`)
	staged := stageT(t, one)
	defer staged.Close()
	mustWrite(t, one, `UPDATE "t" SET "n" = 1`)
	if got := value(t, other, first); got != "old" {
		t.Errorf("before the swap: %q", got)
	}
	if err := staged.Swap(t.Context(), oldT); err != nil {
		t.Fatal(err)
	}
	for _, db := range []*DB{one, other} {
		if got := value(t, db, first); got != "new" {
			t.Errorf("after the swap: %q", got)
		}
	}
	<-told
	mustWrite(t, other, `INSERT INTO "t" ("a") VALUES ('nothing stands in its way')`)
	if got := value(t, one, `SELECT count(*) FROM "t"`); got != "2" {
		t.Errorf("%s rows", got)
	}
	if got := (Dialect{one}).Prefix("t", "a", false); got != prefixLength {
		t.Errorf("Prefix() = %d", got)
	}
	noSchema(t, one)
}

// A read whose snapshot was taken before the swap, and which waits for the swap, would find empty
// tables.
func TestReadThatWaitsForASwap(t *testing.T) {
	one, other, _ := two(t)
	mustWrite(t, one, `INSERT INTO "t" ("a") VALUES ('old')`)
	staged := stageT(t, one)
	defer staged.Close()
	got := make(chan string)
	waiting := func(r store.Reader) bool {
		n, err := texts(r, `SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '"_loam_state"'::regclass`)
		if err != nil {
			t.Error(err)
		}
		return n == "3" || err != nil
	}
	err := staged.Swap(t.Context(), func(r store.Reader) ([]store.CatalogName, error) {
		for _, db := range []*DB{one, other} {
			go func() { got <- value(t, db, first) }()
		}
		go func() {
			mustWrite(t, other, `INSERT INTO "t" ("a") VALUES ('written')`)
			got <- "written"
		}()
		for !waiting(r) {
		}
		return oldT(r)
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if got := <-got; !strings.HasPrefix(got, "new") && !strings.HasPrefix(got, "wri") {
			t.Errorf("read while tables were swapped: %q", got)
		}
	}
	if got := value(t, one, `SELECT count(*) FROM "t"`); got != "2" {
		t.Errorf("%s rows", got)
	}
}

func TestSwapWaitsForReads(t *testing.T) {
	db := newTest(t, Config{})
	mustWrite(t, db, `INSERT INTO "t" ("a") VALUES ('old')`)
	staged := stageT(t, db)
	defer staged.Close()
	swapped := make(chan error)
	err := db.Read(t.Context(), func(r store.Reader) error {
		if _, err := texts(r, first); err != nil { // begins the transaction
			return err
		}
		go func() { swapped <- staged.Swap(t.Context(), oldT) }()
		for attempts := map[string]bool{"": true}; len(attempts) < 3; { // until the swap has waited twice
			if _, err := texts(r, `SELECT pg_stat_clear_snapshot()`); err != nil {
				return err
			}
			began, err := texts(r, `SELECT coalesce(max(query_start)::text, '') FROM pg_stat_activity
				WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%LOCK TABLE%' || current_schema() || '%'`)
			if err != nil {
				return err
			}
			attempts[began] = true
			if got, err := texts(r, first); got != "old" || err != nil {
				t.Errorf("read %q, %v", got, err)
			}
		}
		return nil
	})
	if err := errors.Join(err, <-swapped); err != nil {
		t.Fatal(err)
	}
	if got := value(t, db, first); got != "new" {
		t.Errorf("after the swap: %q", got)
	}
}

// A lock of another client, such as a vacuum, does not fail the swap, even if it lasts longer than
// the engine waits for its own locks.
func TestSwapOutlastsAVacuum(t *testing.T) {
	db := newTest(t, Config{})
	mustWrite(t, db, `INSERT INTO "t" ("a") VALUES ('old')`)
	staged := stageT(t, db)
	defer staged.Close()
	other, err := db.service.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Release()
	exec := func(sql string) {
		t.Helper()
		if _, err := other.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(`BEGIN`)
	exec(`LOCK TABLE "t" IN SHARE UPDATE EXCLUSIVE MODE`)
	swapped := make(chan error)
	go func() { swapped <- staged.Swap(t.Context(), oldT) }()
	for waiting := 0; waiting == 0; {
		exec(`SELECT pg_stat_clear_snapshot()`) // else the transaction sees the activity at its beginning
		err := other.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
			AND wait_event_type = 'Lock' AND query LIKE 'DROP%' AND clock_timestamp() > query_start + '1s'`).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-swapped:
			t.Fatalf("swapped beside the lock: %v", err)
		default:
		}
	}
	exec(`COMMIT`)
	if err := <-swapped; err != nil {
		t.Fatal(err)
	}
	if got := value(t, db, first); got != "new" {
		t.Errorf("after the swap: %q", got)
	}
}

// A swap that fails leaves the old tables and nothing else.
func TestSwapsThatFail(t *testing.T) {
	db := newTest(t, Config{})
	mustWrite(t, db, `INSERT INTO "t" ("a") VALUES ('old')`)
	unchanged := func(what string) {
		t.Helper()
		if got := value(t, db, first); got != "old" {
			t.Errorf("%s: read %q", what, got)
		}
		mustWrite(t, db, `UPDATE "t" SET "n" = "n" + 1`)
		noSchema(t, db)
	}
	wrong := errors.New("wrong")
	for what, fill := range map[string]func(store.Tx) error{
		"an error": func(tx store.Tx) error { return errors.Join(fillT(db, tx), wrong) },
		"a panic":  func(store.Tx) error { panic("wrong") },
		"an error that is passed over": func(tx store.Tx) error {
			_, _ = tx.Exec(`SELECT wrong`)
			return nil
		},
	} {
		if _, err := db.Stage(t.Context(), fill); err == nil || !strings.Contains(err.Error(), "wrong") {
			t.Errorf("%s: Stage() = %v", what, err)
		}
		unchanged(what)
	}
	swap := func(what string, old func(store.Reader) ([]store.CatalogName, error), want string) {
		t.Helper()
		staged := stageT(t, db)
		err := staged.Swap(t.Context(), old)
		staged.Close()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: Swap() = %v", what, err)
		}
		unchanged(what)
	}
	swap("an error", func(store.Reader) ([]store.CatalogName, error) { return nil, wrong }, "wrong")
	swap("a name that is taken", func(store.Reader) ([]store.CatalogName, error) { return nil, nil }, `"t" already exists`)
	exec(t, db.cfg.URL, `CREATE VIEW mine AS SELECT "a" FROM "t"`)
	swap("somebody's view", oldT, "depend")
	exec(t, db.cfg.URL, `DROP VIEW mine`)

	staged := stageT(t, db)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := db.Read(t.Context(), func(r store.Reader) error {
		if _, err := texts(r, first); err != nil { // begins the transaction
			return err
		}
		return staged.Swap(ctx, oldT)
	})
	staged.Close()
	if !errors.Is(err, store.ErrTimeout) {
		t.Errorf("Swap() beside a read = %v", err)
	}
	unchanged("a read")

	staged = stageT(t, db)
	err = staged.Swap(t.Context(), func(r store.Reader) ([]store.CatalogName, error) {
		exec(t, db.cfg.URL, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = '"_loam_state"'::regclass AND mode = 'AccessExclusiveLock'`)
		return oldT(r)
	})
	staged.Close()
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Swap() without a connection = %v", err)
	}
	unchanged("a lost connection")
}

func TestStageNeedsARight(t *testing.T) {
	server := pgtest.URL(t)
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	role := strings.ReplaceAll(u.Query().Get("search_path"), "test_", "role_")
	exec(t, server, `CREATE ROLE `+role+` LOGIN; ALTER SCHEMA `+u.Query().Get("search_path")+` OWNER TO `+role)
	t.Cleanup(func() {
		exec(t, server, `REASSIGN OWNED BY `+role+` TO postgres; DROP OWNED BY `+role+`; DROP ROLE `+role)
	})
	q := u.Query()
	q.Set("user", role)
	u.User, u.RawQuery = nil, q.Encode()
	db := newTest(t, Config{URL: u.String()})
	_, err = db.Stage(t.Context(), func(tx store.Tx) error { return fillT(db, tx) })
	var grant *store.GrantError
	if !errors.As(err, &grant) || !strings.HasPrefix(grant.Grant, "GRANT CREATE ON DATABASE ") || !strings.HasSuffix(grant.Grant, role) {
		t.Fatalf("Stage() = %v", err)
	}
	exec(t, server, grant.Grant)
	staged := stageT(t, db)
	defer staged.Close()
	if err := staged.Swap(t.Context(), oldT); err != nil {
		t.Error(err)
	}
}
