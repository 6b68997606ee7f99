package cache

import (
	"slices"
	"strconv"
	"sync"
	"testing"
)

func TestCacheIsBoundedAndKeepsWhatIsRead(t *testing.T) {
	t.Parallel()
	c := New[int, int](100)
	for i := range 10_000 {
		c.Put(i, -i)
		if v, ok := c.Get(0); !ok || v != 0 {
			t.Fatalf("after %d entries Get(0) = %d, %v: what is read must stay", i, v, ok)
		}
		if c.Len() > 100 {
			t.Fatalf("%d entries, want at most 100", c.Len())
		}
	}
	for i := 9_960; i < 10_000; i++ {
		if v, ok := c.Get(i); !ok || v != -i {
			t.Errorf("Get(%d) = %d, %v, want the latest entries", i, v, ok)
		}
	}
	if _, ok := c.Get(5_000); ok {
		t.Errorf("an entry that was not read for long is still there")
	}
}

func TestCacheForgetsWhatIsDeleted(t *testing.T) {
	t.Parallel()
	c := New[string, int](4)
	c.Put("a", 1)
	c.Put("b", 2)
	c.Put("c", 3) // now "a" and "b" are in the old generation
	c.Delete("a")
	c.Delete("c")
	c.Delete("nothing")
	for _, key := range []string{"a", "c"} {
		if _, ok := c.Get(key); ok {
			t.Errorf("Get(%q) finds what was deleted", key)
		}
	}
	if v, ok := c.rejuvenate("a"); ok {
		t.Errorf("a Get that had begun before the Delete brought %d back", v)
	}
	if v, ok := c.Get("b"); !ok || v != 2 {
		t.Errorf("Get(b) = %d, %v, want 2", v, ok)
	}
	c.Clear()
	if _, ok := c.Get("b"); ok || c.Len() != 0 {
		t.Errorf("after Clear there are %d entries", c.Len())
	}
}

func TestCacheReplacesOldEntries(t *testing.T) {
	t.Parallel()
	c := New[string, int](2)
	c.Put("a", 1)
	c.Put("b", 1) // "a" is in the old generation
	c.Put("a", 2)
	c.Put("c", 1)
	if v, ok := c.Get("a"); !ok || v != 2 {
		t.Errorf("Get(a) = %d, %v, want the newer value", v, ok)
	}
}

func TestCacheTellsOfEveryEntryThatLeaves(t *testing.T) {
	t.Parallel()
	left := map[int]int{}
	var c *Cache[int, int]
	c = NewEvicting(10, func(_, v int) {
		left[v]++
		c.Len() // would deadlock if the callback ran under the lock
	})
	put := 0
	for i := range 500 {
		c.Put(i%30, put)
		put++
		c.Get((i * 7) % 30)
		if i%11 == 0 {
			c.Delete(i % 30)
		}
	}
	c.Clear()
	for v := range put {
		if left[v] != 1 {
			t.Errorf("entry %d left the cache %d times", v, left[v])
		}
	}
}

func TestGetBytes(t *testing.T) { // counts allocations: not parallel
	c := New[string, int](2)
	c.Put("a", 1)
	c.Put("b", 2)
	key := []byte("a")
	if v, ok := GetBytes(c, key); !ok || v != 1 {
		t.Errorf("GetBytes(a) = %d, %v, want 1", v, ok)
	}
	key[0] = 'x'
	if v, ok := c.Get("a"); !ok || v != 1 {
		t.Errorf("the cache kept the caller's bytes: Get(a) = %d, %v", v, ok)
	}
	if _, ok := GetBytes(c, key); ok {
		t.Errorf("GetBytes(x) finds something")
	}
	key[0] = 'a'
	if n := testing.AllocsPerRun(100, func() { GetBytes(c, key) }); n != 0 {
		t.Errorf("a hit of GetBytes allocates %v times, want 0", n)
	}
}

func TestCacheInManyHands(t *testing.T) {
	t.Parallel()
	c := New[int, int](64)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 3_000 {
				key := (i*13 + g*7) % 100
				if v, ok := c.Get(key); ok && v != key {
					t.Errorf("Get(%d) = %d", key, v)
				}
				c.Put(key, key)
				if i%50 == 0 {
					c.Delete(key)
				}
			}
		})
	}
	wg.Wait()
}

type snapshot struct{ number int }

func TestPerSnapshotDropsWhatIsOfAnotherSnapshot(t *testing.T) {
	t.Parallel()
	var p PerSnapshot[snapshot, Map[string, *int]]
	made := 0
	get := func(s *snapshot) *int {
		return p.Of(s).Get("k", func() *int { made++; return &s.number })
	}
	first, second := &snapshot{1}, &snapshot{2}
	for range 3 {
		if got := *get(first); got != 1 {
			t.Errorf("the value for the first snapshot is %d, want 1", got)
		}
	}
	if made != 1 {
		t.Errorf("the value was made %d times, want once", made)
	}
	if got := *get(second); got != 2 {
		t.Errorf("the value for the second snapshot is %d, want 2", got)
	}
	if got := *get(first); got != 1 {
		t.Errorf("a reader that is still at the first snapshot gets %d, want 1", got)
	}
}

func TestPerSnapshotMakesValues(t *testing.T) {
	t.Parallel()
	p := PerSnapshot[snapshot, Cache[string, int]]{New: func() *Cache[string, int] { return New[string, int](10) }}
	s := &snapshot{}
	p.Of(s).Put("a", 1)
	if v, ok := p.Of(s).Get("a"); !ok || v != 1 {
		t.Errorf("Get(a) = %d, %v, want 1", v, ok)
	}
	if _, ok := p.Of(&snapshot{}).Get("a"); ok {
		t.Errorf("the next snapshot has the entries of the last one")
	}
}

func TestMapHasOneValueOfAKey(t *testing.T) {
	t.Parallel()
	var m Map[int, *int]
	var wg sync.WaitGroup
	got := make([]*int, 16)
	for i := range got {
		wg.Go(func() { got[i] = m.Get(1, func() *int { return new(int) }) })
	}
	wg.Wait()
	for i := range got {
		if got[i] != got[0] {
			t.Fatalf("two goroutines got two values of one key")
		}
	}
}

func BenchmarkCacheHit(b *testing.B) {
	c := New[string, int](1000)
	keys := make([]string, 200)
	for i := range keys {
		keys[i] = "some statement with a text of usual length " + strconv.Itoa(i)
		c.Put(keys[i], i)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			c.Get(keys[i%len(keys)])
		}
	})
}

func TestDeleteFunc(t *testing.T) {
	t.Parallel()
	var gone []int
	c := NewEvicting(4, func(k, _ int) { gone = append(gone, k) })
	for i := range 4 { // two in each generation
		c.Put(i, i)
	}
	c.DeleteFunc(func(k, v int) bool { return k%2 == 0 })
	slices.Sort(gone)
	if !slices.Equal(gone, []int{0, 2}) {
		t.Errorf("evicted are %v, want 0 and 2", gone)
	}
	for k := range 4 {
		if _, ok := c.Get(k); ok != (k%2 == 1) {
			t.Errorf("entry %d is there: %t", k, ok)
		}
	}
	if c.Len() != 2 {
		t.Errorf("%d entries, want 2", c.Len())
	}
}
