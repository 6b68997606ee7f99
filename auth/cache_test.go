package auth

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core/record"
)

func TestCacheIdentityDies(t *testing.T) {
	t.Parallel()
	now := testTime
	for _, tt := range []struct {
		name     string
		expires  int64
		change   func(*identities)
		snapshot uint64
		now      time.Time
		want     bool
	}{
		{"unchanged", 0, func(*identities) {}, 7, now, true},
		{"before exp", now.Unix() + 1, func(*identities) {}, 7, now.Add(999 * time.Millisecond), true},
		{"at exp", now.Unix() + 1, func(*identities) {}, 7, now.Add(time.Second), false},
		{"after exp", now.Unix() + 1, func(*identities) {}, 7, now.Add(time.Hour), false},
		{"record changed", 0, func(c *identities) { c.forget("r") }, 7, now, false},
		{"all changed", 0, func(c *identities) { c.forgetAll() }, 7, now, false},
		{"another snapshot", 0, func(*identities) {}, 8, now, false},
	} {
		c := newIdentities()
		hash := hashToken("token")
		c.put(hash, &identity{expires: tt.expires, snapshot: 7, generation: c.mark("r")})
		tt.change(c)
		if got := c.get(hash, tt.snapshot, tt.now) != nil; got != tt.want {
			t.Errorf("%s: alive = %v, want %v", tt.name, got, tt.want)
		}
	}
}

// A lookup that read the record before a change and ends after it caches nothing.
func TestCacheRefusesStaleRefill(t *testing.T) {
	t.Parallel()
	c := newIdentities()
	before := c.mark("r") // the lookup begins and reads
	c.forget("r")         // the record changes
	c.put(hashToken("token"), &identity{generation: before})
	if c.get(hashToken("token"), 0, testTime) != nil {
		t.Error("an identity from before the change is served after it")
	}
}

// Readers fill the cache while a writer changes the record: a reader that begins after a change was
// announced gets that version or a later one.
func TestCacheUnderConcurrentChanges(t *testing.T) {
	t.Parallel()
	c := newIdentities()
	hash := hashToken("token")
	var stored, announced atomic.Int64 // versions of the record
	var group sync.WaitGroup
	var done atomic.Bool
	for range 4 {
		group.Go(func() {
			for !done.Load() {
				known := announced.Load()
				id := c.get(hash, 0, testTime)
				if id == nil {
					generation := c.mark("r")
					id = &identity{expires: 1 << 40, generation: generation}
					id.expires += stored.Load() // stands for the contents of the record
					c.put(hash, id)
				}
				if version := id.expires - 1<<40; version < known {
					t.Errorf("version %d is served after %d was announced", version, known)
					return
				}
			}
		})
	}
	for version := range int64(20000) {
		stored.Store(version + 1)
		c.forget("r")
		announced.Store(version + 1)
	}
	done.Store(true)
	group.Wait()
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := newIdentities()
	generation := c.mark("r")
	first := hashToken("used again and again")
	c.put(first, &identity{generation: generation})
	for i := range 5 * maxIdentities {
		c.put(hashToken(fmt.Sprint(i)), &identity{generation: generation})
		if i%1000 == 0 && c.get(first, 0, testTime) == nil {
			t.Fatalf("after %d others an identity that is in use was dropped", i)
		}
	}
	if n := c.byToken.Len(); n > maxIdentities {
		t.Errorf("%d identities are kept, at most %d should be", n, maxIdentities)
	}
}

func TestHashToken(t *testing.T) {
	t.Parallel()
	long := string(make([]byte, maxToken))
	hashes := map[tokenHash]string{}
	for _, token := range []string{"", "a", "a\x00", "b", long, long[1:]} {
		hash := hashToken(token)
		if other, ok := hashes[hash]; ok {
			t.Errorf("%.10q and %.10q have the same hash", token, other)
		}
		hashes[hash] = token
	}
}

func BenchmarkCacheHit(b *testing.B) {
	c := newIdentities()
	r := vectorRecord(b)
	c.put(hashToken(vector), &identity{record: r, expires: 4102444800, generation: c.mark(r.ID())})
	b.ReportAllocs()
	var got *record.Record
	for b.Loop() {
		id := c.get(hashToken(vector), 0, time.Now())
		if id == nil {
			b.Fatal("no hit")
		}
		got = id.record.Clone()
	}
	_ = got
}
