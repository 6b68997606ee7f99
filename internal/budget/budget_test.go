package budget

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loambase/loam/core/fault"
)

func guest(n int) Caller { return Caller{Name: fmt.Sprint("10.0.0.", n)} }

var (
	member = Caller{Class: Known, Group: "users", Name: "ann"}
	root   = Caller{Class: Superuser, Group: "_superusers", Name: "root"}
)

// hold takes units that are available.
func hold(t *testing.T, b *Budget, c Caller, units int64) *Lease {
	t.Helper()
	l, err := b.TryAcquire(c, units)
	if err != nil {
		t.Fatalf("%v gets no %d units: %v", c, units, err)
	}
	return &l
}

func TestSharesAndReserve(t *testing.T) {
	t.Parallel()
	b := New(Config{Total: 10, Share: 4, Reserve: 2})
	refused := func(c Caller, units int64) {
		t.Helper()
		if _, err := b.TryAcquire(c, units); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%v gets %d units: %v", c, units, err)
		}
	}
	first := hold(t, b, guest(1), 3)
	refused(guest(1), 2) // its share is 4
	second := hold(t, b, guest(1), 1)
	hold(t, b, guest(2), 4)
	refused(guest(3), 1) // the rest is the reserve
	known := hold(t, b, member, 2)
	refused(root, 1)
	known.Release()
	known.Release()
	hold(t, b, root, 2)
	first.Release()
	second.Release()
	if got := b.Usage(); got.Held != 6 || got.Callers != 2 || got.Granted != 5 || got.Refused != 3 {
		t.Errorf("Usage() = %+v", got)
	}
}

// A request for more units than a share gets the whole share, or it could never run.
func TestMoreThanThereIs(t *testing.T) {
	t.Parallel()
	b := New(Config{Total: 10, Share: 4, Reserve: 2})
	if l := hold(t, b, guest(1), 100); l.Units() != 4 {
		t.Errorf("a guest has %d units", l.Units())
	}
	l := b.Lend(root)
	for range 3 {
		if err := l.Grow(4); err != nil && l.Units() != 4 {
			t.Errorf("Grow = %v at %d", err, l.Units())
		}
	}
	l.Release()
	if held := b.Usage().Held; held != 4 {
		t.Errorf("%d units are held", held)
	}
}

// Callers take turns: of three guests with many requests, and a member who comes last, no caller
// waits for all requests of another.
func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := New(Config{Total: 1, Share: 1, Queue: 8, Refusal: fault.TooMany})
		running := hold(t, b, guest(9), 1)
		var mu sync.Mutex
		var order []string
		request := func(c Caller) {
			go func() {
				l, err := b.Acquire(t.Context(), c, 1)
				if err != nil {
					t.Errorf("%v: %v", c, err)
				}
				mu.Lock()
				order = append(order, c.Name)
				mu.Unlock()
				l.Release()
			}()
			synctest.Wait()
		}
		for range 8 {
			request(guest(1))
		}
		if _, err := b.Acquire(t.Context(), guest(1), 1); fault.KindOf(err) != fault.TooMany {
			t.Errorf("the ninth request of a caller: %v", err)
		}
		request(guest(2))
		request(guest(2))
		request(member)
		running.Release()
		synctest.Wait()
		one, two := guest(1).Name, guest(2).Name
		want := []string{one, "ann", two, one, two, one, one, one, one, one, one}
		if !slices.Equal(order, want) {
			t.Errorf("served %v, want %v", order, want)
		}
		if u := b.Usage(); u.Callers != 0 || u.Held != 0 || u.Waiting != 0 {
			t.Errorf("left over: %+v", u)
		}
	})
}

func TestWaitEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := New(Config{Total: 4, Share: 4, Queue: 2, Wait: time.Second})
		l := hold(t, b, guest(1), 3)
		began := time.Now()
		if _, err := b.Acquire(t.Context(), guest(2), 2); fault.KindOf(err) != fault.Unavailable || time.Since(began) != time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := b.Acquire(ctx, guest(2), 2); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a context that ended: %v", err)
		}
		// A request that is too large at the moment holds up later requests until it is given up.
		go func() { _, _ = b.Acquire(t.Context(), guest(2), 2) }()
		time.Sleep(time.Millisecond)
		began = time.Now()
		small, err := b.Acquire(t.Context(), guest(3), 1)
		if err != nil || time.Since(began) != time.Second-time.Millisecond {
			t.Errorf("a small one, after %v: %v", time.Since(began), err)
		}
		small.Release()
		l.Release()
		if u := b.Usage(); u.Callers != 0 || u.Held != 0 || u.Waiting != 0 {
			t.Errorf("left over: %+v", u)
		}
	})
}

// Units are neither lost nor created, and idle callers are forgotten.
func TestManyCallers(t *testing.T) {
	t.Parallel()
	b := New(Config{Total: 20, Share: 6, Reserve: 4, Queue: 3})
	var wg sync.WaitGroup
	for n := range 8 {
		c := guest(n % 5)
		if n == 7 {
			c = member
		}
		wg.Go(func() {
			for i := range 500 {
				ctx, cancel := context.WithCancel(t.Context())
				if i%7 == 0 {
					cancel()
				}
				l, err := b.Acquire(ctx, c, int64(1+(i+n)%5))
				if err == nil && i%3 == 0 {
					_ = l.Grow(1)
				}
				if u := b.Usage(); u.Held > u.Total {
					t.Errorf("%d of %d units are held", u.Held, u.Total)
				}
				l.Release()
				cancel()
			}
		})
	}
	wg.Wait()
	if u := b.Usage(); u.Held != 0 || u.Callers != 0 || u.Waiting != 0 || b.byGuests != 0 {
		t.Errorf("left over: %+v, %d of guests", u, b.byGuests)
	}
}

func TestNoBudgetHasNoLimits(t *testing.T) {
	t.Parallel()
	var b *Budget
	l, err := b.Acquire(t.Context(), guest(1), 1<<40)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Grow(1 << 40); err != nil {
		t.Error(err)
	}
	l.Release()
}

func TestBrake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBrake()
		attacker, owner := b.Key("users", "ann", "10.0.0.1"), b.Key("users", "ann", "10.0.0.2")
		for i := range freeFailures {
			if err := b.Check(attacker); err != nil {
				t.Fatalf("attempt %d: %v", i, err)
			}
			if free, delay := b.Failed(attacker); free != freeFailures-i || delay != 0 {
				t.Errorf("failure %d: %d without a delay, then %v", i, free, delay)
			}
		}
		tries := 0
		for end := time.Now().Add(time.Hour); time.Now().Before(end); tries++ {
			free, delay := b.Failed(attacker)
			var f *fault.Error
			if err := b.Check(attacker); !errors.As(err, &f) || f.Kind != fault.TooMany || f.RetryAfter > maxDelay || f.RetryAfter != delay || free != 0 {
				t.Fatalf("failure %d: %v", tries, err)
			}
			time.Sleep(f.RetryAfter)
			if err := b.Check(attacker); err != nil {
				t.Fatalf("after the delay: %v", err)
			}
		}
		if tries > 25 {
			t.Errorf("%d guesses in an hour", tries)
		}
		if err := b.Check(owner); err != nil || b.HasPassed(owner) {
			t.Errorf("the owner: %v, %v", err, b.HasPassed(owner))
		}
		b.Passed(owner)
		if !b.HasPassed(owner) || b.HasPassed(attacker) {
			t.Error("who has passed is not remembered")
		}
		b.Passed(attacker)
		if err := b.Check(attacker); err != nil {
			t.Errorf("after a success: %v", err)
		}
		if b.Key("a", "bc") == b.Key("ab", "c") {
			t.Error("keys of different texts are equal")
		}
	})
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	for _, tt := range [][2]string{
		{"192.0.2.7", "192.0.2.7"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"2001:db8:1:2::1", "2001:db8:1:2::/64"},
		{"fe80::1%eth0", "fe80::/64"},
		{"::ffff:192.0.2.7", "192.0.2.7"},
		{"::ffff:c000:207", "192.0.2.7"},
		{"not:an:address", "not:an:address"},
		{"", ""},
	} {
		if got := Network(tt[0]); got != tt[1] {
			t.Errorf("Network(%q) = %q, want %q", tt[0], got, tt[1])
		}
	}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := func(want int64) {
		t.Helper()
		if got := memory(filepath.Join(dir, "meminfo"), filepath.Join(dir, "self"), dir); got != want {
			t.Errorf("memory() = %d, want %d", got, want)
		}
	}
	check(assumedMemory)
	write("meminfo", "MemTotal:        4194304 kB\nMemFree: 1 kB\n")
	check(4 << 30)
	write("memory.max", "max\n")
	check(4 << 30)
	write("memory.max", "1073741824\n")
	check(1 << 30)
	write("memory/memory.limit_in_bytes", "536870912\n")
	check(512 << 20)
	write("self", "12:cpu:/other\n0::/system.slice/loam.service\n")
	check(512 << 20)
	write("system.slice/memory.max", "268435456\n")
	check(256 << 20)
	write("system.slice/loam.service/memory.max", "134217728\n")
	check(128 << 20)
	write("self", "0::/../../..\n") // a group outside of the container's view
	check(512 << 20)
	if Memory() <= 0 {
		t.Error("Memory() is nothing")
	}
}

func BenchmarkAcquire(b *testing.B) {
	budget := New(Config{Total: 1 << 30, Share: 1 << 20, Queue: 1})
	c := guest(1)
	b.ReportAllocs()
	for b.Loop() {
		l, err := budget.Acquire(b.Context(), c, 100)
		if err != nil {
			b.Fatal(err)
		}
		l.Release()
	}
}
