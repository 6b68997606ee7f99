package binding

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
)

// cacheRun is a run of random transactions on several connections to one database, whose
// caches are too small for it.
type cacheRun struct {
	t     *testing.T
	rng   *rand.Rand
	conns []*Conn
	want  map[int64]string
}

func newCacheRun(t *testing.T, seed uint64, journal string, cache int) *cacheRun {
	r := &cacheRun{t: t, rng: rand.New(rand.NewPCG(seed, 2)), want: map[int64]string{}}
	cfg, conns := Config{}, 3
	if journal == "MEMORY" { // a database in memory belongs to one connection
		cfg.Path, conns = ":memory:", 1
	}
	for range conns {
		c := open(t, cfg)
		cfg.Path = c.cfg.Path
		exec(t, c, `PRAGMA page_size = 512`, `PRAGMA auto_vacuum = FULL`, `PRAGMA journal_mode = `+journal,
			`PRAGMA synchronous = OFF`, `PRAGMA temp_store = MEMORY`, fmt.Sprintf(`PRAGMA cache_size = %d`, cache))
		r.conns = append(r.conns, c)
	}
	exec(t, r.conns[0], `CREATE TABLE "t" ("n" INTEGER PRIMARY KEY, "k" INTEGER, "v" TEXT)`, `CREATE INDEX "i" ON "t" ("k", "v")`)
	return r
}

func (r *cacheRun) any() *Conn { return r.conns[r.rng.IntN(len(r.conns))] }

// change returns a random statement, and applies it to the rows.
func (r *cacheRun) change(rows map[int64]string) string {
	n := int64(r.rng.IntN(300))
	switch k := r.rng.IntN(20); {
	case k < 4:
		delete(rows, n)
		return fmt.Sprintf(`DELETE FROM "t" WHERE "n" = %d`, n)
	case k == 4: // frees many pages, which auto_vacuum gives other numbers
		for m := range rows {
			if m >= n {
				delete(rows, m)
			}
		}
		return fmt.Sprintf(`DELETE FROM "t" WHERE "n" >= %d`, n)
	}
	v := strings.Repeat(fmt.Sprintf("%d-%d ", n, r.rng.Uint32()), 1+r.rng.IntN([]int{2, 20, 300}[r.rng.IntN(3)]))
	rows[n] = v
	return fmt.Sprintf(`INSERT OR REPLACE INTO "t" VALUES (%d, %d, '%s')`, n, len(v)%17, v)
}

// transaction runs statements until one fails, and ends with COMMIT or ROLLBACK.
func (r *cacheRun) transaction(c *Conn) error {
	rows := maps.Clone(r.want)
	sql := []string{`BEGIN IMMEDIATE`}
	for range 1 + r.rng.IntN(30) {
		sql = append(sql, r.change(rows))
		if r.rng.IntN(10) == 0 {
			sql = append(sql, `SAVEPOINT "s"`, r.change(maps.Clone(rows)), r.change(maps.Clone(rows)), `ROLLBACK TO "s"`, `RELEASE "s"`)
		}
	}
	if r.rng.IntN(5) == 0 {
		sql, rows = append(sql, `ROLLBACK`), r.want
	} else {
		sql = append(sql, `COMMIT`)
	}
	for _, q := range sql {
		if err := c.Exec(q); err != nil {
			return fmt.Errorf("%s: %w", q[:min(len(q), 40)], err)
		}
	}
	r.want = rows
	return nil
}

// check reads all rows by the index and by the key.
func (r *cacheRun) check(c *Conn) error {
	for _, order := range []string{`"k", "v"`, `"n"`} {
		s, err := c.Prepare(`SELECT "n", "v" FROM "t" ORDER BY ` + order)
		if err != nil {
			return err
		}
		seen := 0
		row, err := s.Step()
		for ; row; row, err = s.Step() {
			seen++
			if v, ok := r.want[s.Int(0)]; !ok || v != string(s.Bytes(1)) {
				r.t.Fatalf("row %d by %s is not what was written", s.Int(0), order)
			}
		}
		s.Close()
		if err != nil {
			return err
		}
		if seen != len(r.want) {
			r.t.Fatalf("%d rows by %s, want %d", seen, order, len(r.want))
		}
	}
	return nil
}

func (r *cacheRun) integrity() {
	r.t.Helper()
	for _, c := range r.conns {
		s := prepare(r.t, c, `PRAGMA integrity_check`)
		if _, err := s.Step(); err != nil || string(s.Bytes(0)) != "ok" {
			r.t.Errorf("integrity_check = %s, %v", s.Bytes(0), err)
		}
		s.Close()
		if err := r.check(c); err != nil {
			r.t.Errorf("read at the end: %v", err)
		}
	}
}

func (r *cacheRun) run(rounds int) {
	for round := range rounds {
		if err := r.transaction(r.any()); err != nil {
			r.t.Fatal(err)
		}
		if err := r.check(r.any()); err != nil {
			r.t.Fatal(err)
		}
		switch {
		case round%14 == 13:
			exec(r.t, r.any(), `VACUUM`)
		case round%5 == 4:
			exec(r.t, r.any(), `PRAGMA shrink_memory`)
		case round%8 == 7:
			exec(r.t, r.any(), `CREATE INDEX "j" ON "t" ("v")`, `DROP INDEX "j"`)
		}
	}
	r.integrity()
}

// Data written through small caches, which spill inside transactions, is read again unchanged, by
// the connection and by others.
func TestPageCacheUnderSQL(t *testing.T) {
	for i, cache := range []int{1, 3, 10, 100, 2000} {
		for j, journal := range []string{"WAL", "DELETE", "MEMORY"} {
			t.Run(fmt.Sprintf("%d pages, journal %s", cache, journal), func(t *testing.T) {
				newCacheRun(t, uint64(10*i+j), journal, cache).run(20 * *stress)
			})
		}
	}
}

// A statement that gets no memory for its pages fails with CodeMemory, and its transaction is
// rolled back.
func TestPageCacheUnderSQLWithoutMemory(t *testing.T) {
	defer func() { refuseMemory = nil }()
	failed := 0
	for i, journal := range []string{"WAL", "DELETE", "MEMORY"} {
		r := newCacheRun(t, uint64(100+i), journal, 20)
		for range 150 * *stress {
			before, c := r.want, r.any()
			left := r.rng.IntN(20)
			refuseMemory = func() bool { left--; return left < 0 }
			exec(t, c, `PRAGMA shrink_memory`) // forces allocations, which can fail
			err := r.transaction(c)
			if err == nil {
				err = r.check(r.any())
			}
			refuseMemory = nil
			if err == nil {
				continue
			}
			failed++
			var e *Error
			if !errors.As(err, &e) || e.Primary() != CodeMemory {
				t.Fatalf("%v, want an error of memory", err)
			}
			if !c.Autocommit() {
				exec(t, c, `ROLLBACK`)
				r.want = before
			}
			if err := r.check(c); err != nil {
				t.Fatal(err)
			}
		}
		r.integrity()
	}
	if failed < 50 {
		t.Errorf("%d failures: the test shows little", failed)
	}
}

// SQLite accepts a page cache only before its first use.
func TestPageCacheIsInUse(t *testing.T) {
	exec(t, open(t, Config{}), `CREATE TABLE "t" ("a")`)
	if !OwnPageCache() {
		t.Error("OwnPageCache() = false with nothing else in the program that uses SQLite")
	}
	if installPageCache() {
		t.Error("installPageCache() = true though SQLite is in use")
	}
}
