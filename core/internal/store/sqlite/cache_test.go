package sqlite

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

func testConn(t *testing.T) *conn {
	t.Helper()
	c, err := openConn(place{path: filepath.Join(t.TempDir(), dataFile), journal: "WAL", synchronous: "FULL", pageSize: pageSize}, roleWrite)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("Close() = %v, want nil", err)
		}
	})
	return c
}

func TestCacheGivesTheSameStatement(t *testing.T) {
	t.Parallel()
	c := testConn(t)
	a, err := c.prepare(`SELECT 1`)
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.prepare(`SELECT 1`)
	if err != nil {
		t.Fatal(err)
	}
	if a == b {
		t.Fatalf("a statement that is in use was given again")
	}
	c.release(a)
	c.release(b)
	again, err := c.prepare(`SELECT 1`)
	if err != nil {
		t.Fatal(err)
	}
	if again != a && again != b {
		t.Errorf("an idle statement was not given again")
	}
	c.release(again)
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := testConn(t)
	rng := rand.New(rand.NewPCG(1, 2))
	var inUse []*statement
	for range 20_000 {
		if len(inUse) > 20 || len(inUse) > 0 && rng.IntN(2) == 0 {
			i := rng.IntN(len(inUse))
			c.release(inUse[i])
			inUse = append(inUse[:i], inUse[i+1:]...)
			continue
		}
		sql := fmt.Sprintf(`SELECT %d`, rng.IntN(2*cacheSize))
		s, err := c.prepare(sql)
		if err != nil {
			t.Fatal(err)
		}
		if s.SQL() != sql {
			t.Fatalf("prepare(%q) gave the statement %q", sql, s.SQL())
		}
		inUse = append(inUse, s)
		if n := c.stmts.byText.Len(); n > cacheSize {
			t.Fatalf("%d cached statements, want %d at most", n, cacheSize)
		}
		if n := c.OpenStatements(); n > cacheSize+len(inUse)+int(controlCount) {
			t.Fatalf("%d statements are open, of which %d are in use, want no more than %d beside those",
				n, len(inUse), cacheSize)
		}
	}
	for _, s := range inUse {
		c.release(s)
	}
	if open, cached := c.OpenStatements(), c.stmts.byText.Len(); open > cached+int(controlCount) {
		t.Errorf("%d statements are open and %d cached: the others leak", open, cached)
	}
}

func TestCacheClosesWhatIsEvictedInUse(t *testing.T) {
	t.Parallel()
	c := testConn(t)
	held, err := c.prepare(`SELECT 'held'`)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 * cacheSize {
		s, err := c.prepare(fmt.Sprintf(`SELECT %d`, i))
		if err != nil {
			t.Fatal(err)
		}
		c.release(s)
	}
	if more, err := held.Step(); err != nil || !more {
		t.Fatalf("a statement in use was closed when it was evicted: Step() = %v, %v", more, err)
	}
	c.release(held)
	if again := c.stmts.take(`SELECT 'held'`); again != held {
		t.Errorf("an evicted statement is not kept after its use")
	}
}
