package sqlite

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

func testConn(t *testing.T) *conn {
	t.Helper()
	c, err := openConn(place{path: filepath.Join(t.TempDir(), dataFile), synchronous: "FULL"}, roleWrite)
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
		if c.stmts.size > cacheSize {
			t.Fatalf("%d idle statements, want %d at most", c.stmts.size, cacheSize)
		}
	}
	for _, s := range inUse {
		c.release(s)
	}
	listed, named := 0, 0
	for s := c.stmts.newest; s != nil; s = s.older {
		listed++
	}
	for _, s := range c.stmts.bySQL {
		for ; s != nil; s = s.same {
			named++
		}
	}
	if listed != c.stmts.size || named != c.stmts.size || listed != cacheSize {
		t.Errorf("size %d, %d by age, %d by text, want %d of each", c.stmts.size, listed, named, cacheSize)
	}
}
