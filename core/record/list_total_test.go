package record

import (
	"strconv"
	"testing"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

func TestTotalsForgetOtherStates(t *testing.T) {
	var totals totals
	totals.put([]byte("k"), 1, 10)
	if n, ok := totals.get([]byte("k"), 1); n != 10 || !ok {
		t.Errorf("get of the same state = %d, %v, want 10, true", n, ok)
	}
	if n, ok := totals.get([]byte("k"), 2); ok {
		t.Errorf("get of another state = %d, true, want false", n)
	}
	totals.put([]byte("k"), 2, 11)
	if n, ok := totals.get([]byte("k"), 2); n != 11 || !ok {
		t.Errorf("get after a second put = %d, %v, want 11, true", n, ok)
	}
}

func TestTotalsAreBoundedAndKeepWhatIsAskedFor(t *testing.T) {
	var totals totals
	for i := range 10 * maxTotals {
		totals.put([]byte(strconv.Itoa(i)), 1, i)
		if i%100 == 0 {
			if _, ok := totals.get([]byte("0"), 1); !ok {
				t.Fatalf("after %d others: 0 is forgotten, though it is asked for", i)
			}
		}
	}
	if n := len(totals.young) + len(totals.old); n > 2*maxTotals {
		t.Errorf("%d totals are kept, want at most %d", n, 2*maxTotals)
	}
	if _, ok := totals.get([]byte("1"), 1); ok {
		t.Error("1 is still there, though nobody has asked for it")
	}
}

func TestTotalsOfTheOldGenerationAgeToo(t *testing.T) {
	var totals totals
	totals.put([]byte("k"), 1, 10)
	for i := range maxTotals {
		totals.put([]byte(strconv.Itoa(i)), 1, i)
	}
	if _, young := totals.young["k"]; young {
		t.Fatal("k is still of the young generation")
	}
	if n, ok := totals.get([]byte("k"), 2); ok {
		t.Errorf("get of another state = %d, true, want false", n)
	}
	if n, ok := totals.get([]byte("k"), 1); n != 10 || !ok {
		t.Errorf("get of the same state = %d, %v, want 10, true", n, ok)
	}
}

func TestTotalKey(t *testing.T) {
	snapshot := schema.NewSnapshot(1, []*schema.Collection{
		{ID: "a1", Name: "a", Type: schema.Base}, {ID: "v1", Name: "v", Type: schema.View},
	})
	key := func(sql string, tables []string, args ...store.Value) string {
		t.Helper()
		k, ok := totalKey(snapshot, &query.Plan{SQL: sql, Args: args}, tables)
		if !ok {
			t.Fatalf("totalKey(%q, %v) is not kept", sql, tables)
		}
		return string(k)
	}
	a := []string{"a"}
	seen := map[string]string{}
	for name, k := range map[string]string{
		"sql":         key("x", a),
		"tables":      key("x", []string{"a", "a"}),
		"text":        key("x", a, store.Text("1")),
		"int":         key("x", a, store.Int(1)),
		"float":       key("x", a, store.Float(1)),
		"bool":        key("x", a, store.Bool(true)),
		"null":        key("x", a, store.Null),
		"two texts":   key("x", a, store.Text("1"), store.Text("2")),
		"split other": key("x", a, store.Text(""), store.Text("12")),
	} {
		if other, ok := seen[k]; ok {
			t.Errorf("%s and %s have the same key", name, other)
		}
		seen[k] = name
	}
	for name, c := range map[string]struct {
		plan   query.Plan
		tables []string
	}{
		"volatile":      {query.Plan{SQL: "x", Volatile: true}, a},
		"a view":        {query.Plan{SQL: "x"}, []string{"a", "v"}},
		"no collection": {query.Plan{SQL: "x"}, []string{"gone"}},
		"a long key":    {query.Plan{SQL: string(make([]byte, maxTotalKey+1))}, a},
	} {
		if _, ok := totalKey(snapshot, &c.plan, c.tables); ok {
			t.Errorf("the count with %s is kept", name)
		}
	}
}
