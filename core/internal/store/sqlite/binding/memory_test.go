package binding

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"

	lib "modernc.org/sqlite/lib"
)

// used returns the C memory of the connection's statements, schema and cache.
func used(c *Conn) (sum int) {
	for _, what := range []int32{lib.SQLITE_DBSTATUS_STMT_USED, lib.SQLITE_DBSTATUS_SCHEMA_USED, lib.SQLITE_DBSTATUS_CACHE_USED} {
		out := c.tls.Alloc(16)
		lib.Xsqlite3_db_status(c.tls, c.db, what, out, out+8, 0)
		sum += int(*(*int32)(pointer(out)))
		c.tls.Free(16)
	}
	return sum
}

// held returns the memory that the process has from the system, without the memory that Go could
// return. The C side's allocator has counters only under a separate build tag.
func held(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("the system does not say how much memory the process has")
	}
	var size, resident int
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * os.Getpagesize()
}

// slack is the growth that a process may have for other reasons: less than 20 bytes for each
// statement of TestMemoryReturns.
const slack = 4 << 20

func TestMemoryReturns(t *testing.T) {
	t.Parallel()
	const rounds = 250_000
	c := open(t, Config{})
	exec(t, c, `CREATE TABLE "t" ("a", "b")`, `INSERT INTO "t" VALUES ('x', 1)`)
	read := prepare(t, c, `SELECT "a", "b" FROM "t" WHERE "a" = $1 OR "b" = $2`)
	large := strings.Repeat("y", 100_000)
	comment := "/* " + strings.Repeat("c", 300) + " */" // makes the loss of a text noticeable
	round := func(n int) {
		text := "x"
		if n%1000 == 0 {
			text = large
		}
		if err := read.BindText(0, text); err != nil {
			t.Fatal(err)
		}
		if err := read.BindInt(1, int64(n)); err != nil {
			t.Fatal(err)
		}
		for row := true; row; {
			var err error
			if row, err = read.Step(); err != nil {
				t.Fatal(err)
			}
			_ = read.Bytes(0)
		}
		read.Reset()
		if n%10 == 0 { // also statements that are prepared and closed, some after errors
			s := prepare(t, c, `UPDATE "t" SET "b" = $1`+comment)
			if err := s.BindInt(0, 1); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Step(); err != nil {
				t.Fatal(err)
			}
			s.Close()
			if _, err := c.Prepare(`SELECT "nothing" FROM "nowhere"` + comment); err == nil {
				t.Fatal("Prepare() of a bad statement = nil")
			}
		}
	}
	for n := range 2000 {
		round(n)
	}
	usedBefore, heldBefore := used(c), held(t)
	for tries := 1; ; tries++ {
		for n := range rounds {
			round(n)
		}
		if after := used(c); after > usedBefore {
			t.Errorf("the connection held %d bytes, after %d statements %d", usedBefore, rounds, after)
		}
		after := held(t)
		if after <= heldBefore+slack {
			break
		}
		if tries == 3 { // a loss grows with each try; threads of a busy machine do not
			t.Fatalf("the C side held %d bytes, after %d more statements %d", heldBefore, rounds, after)
		}
		heldBefore = after
	}
	if read.text.size > keepScratch {
		t.Errorf("the statement keeps %d bytes for its parameters, want %d at most", read.text.size, keepScratch)
	}
}

func TestMemoryOfConnectionsReturns(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/data.db"
	cycle := func() {
		c, err := Open(Config{Path: path, Progress: func() bool { return true }, ProgressSteps: 100, Authorize: func(Access) bool { return true }})
		if err != nil {
			t.Fatal(err)
		}
		exec(t, c, `CREATE TABLE IF NOT EXISTS "t" ("a")`)
		prepare(t, c, `SELECT * FROM "t"`) // not closed
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		cycle()
	}
	const connections = 500
	before := held(t)
	for range connections {
		cycle()
	}
	if after := held(t); after > before+slack {
		t.Errorf("the C side held %d bytes, after %d connections %d", before, connections, after)
	}
}
