package binding

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

func open(t testing.TB, cfg Config) *Conn {
	t.Helper()
	if cfg.Path == "" {
		cfg.Path = filepath.Join(t.TempDir(), "data.db")
	}
	c, err := Open(cfg)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("Close() = %v, want nil", err)
		}
	})
	return c
}

func prepare(t testing.TB, c *Conn, sql string) *Stmt {
	t.Helper()
	s, err := c.Prepare(sql)
	if err != nil {
		t.Fatalf("Prepare(%q) = %v", sql, err)
	}
	return s
}

func exec(t testing.TB, c *Conn, sql ...string) {
	t.Helper()
	for _, q := range sql {
		if err := c.Exec(q); err != nil {
			t.Fatalf("Exec(%q) = %v", q, err)
		}
	}
}

func TestPrepareTakesOneStatement(t *testing.T) {
	t.Parallel()
	c := open(t, Config{})
	for _, test := range []struct {
		sql  string
		want string // part of the message; empty for no error
	}{
		{`SELECT 1`, ""},
		{` SELECT 1 ; ; -- and a comment`, ""},
		{`/* first */ SELECT 1`, ""},
		{``, "no statement"},
		{` ; `, "no statement"},
		{`-- nothing`, "no statement"},
		{`SELECT 1; SELECT 2`, "more than one"},
		{`SELECT 1; nonsense`, "syntax error"},
		{`nonsense`, "syntax error"},
		{"SELECT '\x00'", "NUL"},
		{`SELECT 'open`, "unrecognized token"},
		{`SELECT ?`, "not of the form"},
		{`SELECT ?1`, "not of the form"},
		{`SELECT :a`, "not of the form"},
		{`SELECT $a`, "not of the form"},
		{`SELECT $0`, "not of the form"},
		{`SELECT $1::x`, "not of the form"},
	} {
		s, err := c.Prepare(test.sql)
		if err == nil {
			s.Close()
		}
		var e *Error
		switch {
		case test.want == "" && err != nil:
			t.Errorf("Prepare(%q) = %v, want nil", test.sql, err)
		case test.want != "" && (!errors.As(err, &e) || !strings.Contains(e.Message, test.want)):
			t.Errorf("Prepare(%q) = %v, want an error with %q", test.sql, err, test.want)
		}
	}
	if n := len(c.stmts); n != 0 {
		t.Errorf("%d statements left open", n)
	}
}

func TestParametersInAnyOrder(t *testing.T) {
	t.Parallel()
	c := open(t, Config{})
	s := prepare(t, c, `SELECT $3 || $1 || $3 || $10`)
	if s.Width() != 10 {
		t.Errorf("Width() = %d, want 10", s.Width())
	}
	for pos, n := range s.Params() {
		if err := s.BindText(pos, string(rune('a'+n-1))); err != nil {
			t.Fatal(err)
		}
	}
	if row, err := s.Step(); !row || err != nil {
		t.Fatalf("Step() = %v, %v", row, err)
	}
	if got := string(s.Bytes(0)); got != "cacj" {
		t.Errorf("value = %q, want cacj", got)
	}
}

func TestErrorsHaveCodeAndMessage(t *testing.T) {
	t.Parallel()
	c := open(t, Config{})
	exec(t, c, `CREATE TABLE "t" ("a" TEXT PRIMARY KEY, "b" UNIQUE)`, `INSERT INTO "t" VALUES ('x', 1)`)
	for _, test := range []struct {
		sql     string
		code    int
		message string
	}{
		{`INSERT INTO "t" VALUES ('x', 2)`, CodePrimaryKey, "UNIQUE constraint failed: t.a"},
		{`INSERT INTO "t" VALUES ('y', 1)`, CodeUnique, "UNIQUE constraint failed: t.b"},
		{`SELECT * FROM "nowhere"`, 1, "no such table: nowhere"},
	} {
		err := c.Exec(test.sql)
		var e *Error
		if !errors.As(err, &e) || e.Code != test.code || e.Message != test.message {
			t.Errorf("Exec(%q) = %v, want code %d, %q", test.sql, err, test.code, test.message)
		}
	}
	if _, err := Open(Config{Path: filepath.Join(t.TempDir(), "missing", "x.db")}); err == nil {
		t.Errorf("Open() in a missing folder = nil, want an error")
	}
	if _, err := Open(Config{Path: "a\x00b"}); err == nil {
		t.Errorf("Open() of a path with a NUL byte = nil, want an error")
	}
}

func TestUseAfterCloseIsAnError(t *testing.T) {
	t.Parallel()
	c := open(t, Config{})
	exec(t, c, `CREATE TABLE "t" ("a")`, `INSERT INTO "t" VALUES ('x')`)
	closed := prepare(t, c, `SELECT "a" FROM "t" WHERE "a" IS NOT $1`)
	if _, err := closed.Step(); err != nil {
		t.Fatal(err)
	}
	closed.Close()
	closed.Close()
	orphan := prepare(t, c, `SELECT "a" FROM "t" WHERE "a" IS NOT $1`)
	if _, err := orphan.Step(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Errorf("Close() = %v, want nil", err)
		}
	}
	for name, s := range map[string]*Stmt{"closed": closed, "of a closed connection": orphan} {
		_, stepped := s.Step()
		for call, err := range map[string]error{
			"Step": stepped, "BindNull": s.BindNull(0), "BindInt": s.BindInt(0, 1),
			"BindFloat": s.BindFloat(0, 1), "BindText": s.BindText(0, "x"),
		} {
			if !errors.Is(err, ErrClosed) {
				t.Errorf("%s: %s() = %v, want ErrClosed", name, call, err)
			}
		}
		if s.Type(0) != TypeNull || s.Bytes(0) != nil || s.Int(0) != 0 || s.Float(0) != 0 {
			t.Errorf("%s: there is still a row", name)
		}
		s.Reset()
	}
	if _, err := c.Prepare(`SELECT 1`); !errors.Is(err, ErrClosed) {
		t.Errorf("Prepare() = %v, want ErrClosed", err)
	}
	if err := c.Exec(`SELECT 1`); !errors.Is(err, ErrClosed) {
		t.Errorf("Exec() = %v, want ErrClosed", err)
	}
	if err := c.Set(OptionDefensive, true); !errors.Is(err, ErrClosed) {
		t.Errorf("Set() = %v, want ErrClosed", err)
	}
	if _, _, err := c.Checkpoint(CheckpointPassive); !errors.Is(err, ErrClosed) {
		t.Errorf("Checkpoint() = %v, want ErrClosed", err)
	}
	c.SetBusyTimeout(1)
	if !c.Autocommit() || c.Changes() != 0 {
		t.Errorf("a closed connection has a transaction or changes")
	}
}

func TestColumnsThatAreNotThere(t *testing.T) {
	t.Parallel()
	c := open(t, Config{})
	s := prepare(t, c, `SELECT 'x'`)
	for _, when := range []string{"before the first row", "on it", "after the last"} {
		for _, col := range []int{-1, 1, 1 << 20} {
			if s.Type(col) != TypeNull || s.Bytes(col) != nil || s.Int(col) != 0 || s.Float(col) != 0 {
				t.Errorf("%s: column %d is not NULL", when, col)
			}
		}
		if _, err := s.Step(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBindWhileRunningIsAnError(t *testing.T) {
	t.Parallel()
	c := open(t, Config{})
	s := prepare(t, c, `SELECT $1`)
	if err := s.BindInt(0, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Step(); err != nil {
		t.Fatal(err)
	}
	if err := s.BindInt(0, 2); err == nil {
		t.Errorf("BindInt() on a running statement = nil, want an error")
	}
	if err := s.BindInt(7, 2); err == nil {
		t.Errorf("BindInt() of a parameter that is not there = nil, want an error")
	}
	s.Reset()
	if err := s.BindInt(0, 2); err != nil {
		t.Errorf("BindInt() after Reset() = %v, want nil", err)
	}
}

func TestProgressStopsAStatement(t *testing.T) {
	t.Parallel()
	calls, stop := 0, false
	c := open(t, Config{ProgressSteps: 1000, Progress: func() bool {
		calls++
		return !stop || calls < 10
	}})
	const endless = `WITH RECURSIVE "c"("i") AS (SELECT 1 UNION ALL SELECT "i" + 1 FROM "c") SELECT count(*) FROM "c"`
	stop = true
	err := c.Exec(endless)
	var e *Error
	if !errors.As(err, &e) || e.Primary() != CodeInterrupt {
		t.Errorf("Exec() = %v, want CodeInterrupt", err)
	}
	stop = false
	exec(t, c, `SELECT 1`)
}

func TestAuthorizeSeesWhatIsWritten(t *testing.T) {
	t.Parallel()
	var seen []string
	deny := false
	c := open(t, Config{Authorize: func(a Access) bool {
		switch a.Op {
		case OpInsert, OpUpdate, OpDelete:
			seen = append(seen, a.Name)
		}
		return !deny || a.Op != OpDelete
	}})
	exec(t, c, `CREATE TABLE "t" ("a")`, `CREATE TABLE "log" ("a")`,
		`CREATE TRIGGER "x" AFTER INSERT ON "t" BEGIN INSERT INTO "log" VALUES (new."a"); END`)
	seen = nil
	exec(t, c, `INSERT INTO "t" VALUES (1)`)
	if got := strings.Join(seen, " "); got != "t log" {
		t.Errorf("written tables = %q, want t log", got)
	}
	deny = true
	err := c.Exec(`DELETE FROM "t"`)
	var e *Error
	if !errors.As(err, &e) {
		t.Errorf("Exec() of what is refused = %v, want an error", err)
	}
}

func TestFramesAndCheckpoint(t *testing.T) {
	t.Parallel()
	c := open(t, Config{})
	exec(t, c, `PRAGMA journal_mode = WAL`, `CREATE TABLE "t" ("a")`)
	before := c.Frames()
	exec(t, c, `INSERT INTO "t" VALUES (1)`)
	if c.Frames() <= before || before == 0 {
		t.Errorf("Frames() = %d, then %d after a commit", before, c.Frames())
	}
	if frames, copied, err := c.Checkpoint(CheckpointPassive); err != nil || frames != c.Frames() || copied != frames {
		t.Errorf("Checkpoint() = %d, %d, %v, want %d twice", frames, copied, err, c.Frames())
	}
	if !c.Autocommit() {
		t.Errorf("Autocommit() = false outside of a transaction")
	}
	exec(t, c, `BEGIN`)
	if c.Autocommit() {
		t.Errorf("Autocommit() = true in a transaction")
	}
	exec(t, c, `ROLLBACK`)
}

func TestCopyAgain(t *testing.T) {
	t.Parallel()
	c := open(t, Config{})
	exec(t, c, `PRAGMA journal_mode = WAL`, `CREATE TABLE "t" ("a")`)
	reader := open(t, Config{Path: c.cfg.Path})
	exec(t, reader, `BEGIN`, `SELECT * FROM "t"`)
	exec(t, c, `INSERT INTO "t" VALUES (1)`)
	if frames, copied, err := c.Checkpoint(CheckpointPassive); err != nil || copied == 0 || copied == frames {
		t.Fatalf("Checkpoint() beside a reader = %d, %d, %v, want some of the log copied", frames, copied, err)
	}
	if err := c.CopyAgain(); err != nil {
		t.Errorf("CopyAgain() = %v", err)
	}
	if frames, copied, err := c.Checkpoint(CheckpointPassive); err != nil || copied == 0 || copied == frames {
		t.Errorf("Checkpoint() = %d, %d, %v, want as before", frames, copied, err)
	}
	exec(t, reader, `COMMIT`)
	if frames, copied, err := c.Checkpoint(CheckpointPassive); err != nil || copied != frames {
		t.Errorf("Checkpoint() = %d, %d, %v, want all copied", frames, copied, err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.CopyAgain(); !errors.Is(err, ErrClosed) {
		t.Errorf("CopyAgain() after Close = %v, want ErrClosed", err)
	}
}
