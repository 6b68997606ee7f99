package password

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/budget"
)

func TestHashAndCompare(t *testing.T) {
	h := New(Config{})
	ctx := context.Background()
	for _, plain := range []string{"1234567890", "", "пароль", strings.Repeat("x", 72), "nul\x00inside"} {
		hash, err := h.Hash(ctx, plain, MinCost)
		if err != nil {
			t.Errorf("Hash(%q) error = %v", plain, err)
			continue
		}
		if ok, err := h.Compare(ctx, hash, plain); !ok || err != nil {
			t.Errorf("Compare(Hash(%q)) = %v, %v, want true", plain, ok, err)
		}
		if ok, err := h.Compare(ctx, hash, "y"+plain); ok || err != nil {
			t.Errorf("Compare(Hash(%q), another) = %v, %v, want false", plain, ok, err)
		}
	}
}

func TestHashCost(t *testing.T) {
	h := New(Config{})
	for _, tt := range []struct{ cost, want int }{{0, 10}, {4, 4}, {5, 5}, {-1, 0}, {3, 0}, {32, 0}} {
		hash, err := h.Hash(context.Background(), "12345678", tt.cost)
		if tt.want == 0 {
			if err == nil {
				t.Errorf("Hash(cost %d) error = nil, want one", tt.cost)
			}
			continue
		}
		if got, _ := bcrypt.Cost([]byte(hash)); got != tt.want {
			t.Errorf("Hash(cost %d) has cost %d, want %d", tt.cost, got, tt.want)
		}
	}
}

func TestHashTooLong(t *testing.T) {
	_, err := New(Config{}).Hash(context.Background(), strings.Repeat("ш", 37), MinCost)
	if !errors.Is(err, ErrTooLong) {
		t.Errorf("Hash(74 bytes) error = %v, want %v", err, ErrTooLong)
	}
}

// TestCompareTooLong checks that the bytes after the first 72 bytes, which are all that bcrypt
// reads, are not ignored.
func TestCompareTooLong(t *testing.T) {
	h := New(Config{})
	plain := strings.Repeat("é", 36)
	hash, err := h.Hash(t.Context(), plain, MinCost)
	if err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"zzz", " ", "\x00", strings.Repeat("x", 1000)} {
		if ok, err := h.Compare(t.Context(), hash, plain+suffix); ok || err != nil {
			t.Errorf("Compare(72 bytes and %q) = %v, %v, want false", suffix, ok, err)
		}
	}
}

// TestCompareForeignHashes compares hashes of other implementations, which imported databases
// contain. The password is "U*U" in the vectors of crypt_blowfish.
func TestCompareForeignHashes(t *testing.T) {
	h := New(Config{})
	for _, tt := range []struct {
		hash, plain string
		want        bool
	}{
		{"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U", true},
		{"$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U", true},
		{"$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U", true},
		{"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*u", false},
		{"", "", false},
		{"", "U*U", false},
		{"U*U", "U*U", false},
		{"$2a$05$short", "U*U", false},
		{"$2a$99$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U", false},
	} {
		got, err := h.Compare(context.Background(), tt.hash, tt.plain)
		if got != tt.want || err != nil {
			t.Errorf("Compare(%q, %q) = %v, %v, want %v", tt.hash, tt.plain, got, err, tt.want)
		}
	}
}

// TestBurnWorks checks that bcrypt accepts the hash that Burn makes up. bcrypt would reject an
// invalid hash at once, and the short time would reveal that there is no account.
func TestBurnWorks(t *testing.T) {
	h := New(Config{Workers: 1, Queue: 1})
	for _, cost := range []int{0, 4, 99} {
		if err := h.Burn(context.Background(), "12345678", cost); err != nil {
			t.Errorf("Burn(cost %d) = %v", cost, err)
		}
	}
	cheap, dear := fastest(h, 4), fastest(h, 8)
	if dear < 4*cheap {
		t.Errorf("Burn(cost 8) takes %v, Burn(cost 4) %v: cost does not count", dear, cheap)
	}
}

// fastest returns the best of some runs, which other work on the machine disturbs least.
func fastest(h *Hasher, cost int) time.Duration {
	best := time.Hour
	for range 5 {
		start := time.Now()
		_ = h.Burn(context.Background(), "12345678", cost)
		best = min(best, time.Since(start))
	}
	return best
}

func TestFullQueue(t *testing.T) {
	const workers, queue = 2, 3
	h := New(Config{Workers: workers, Queue: queue})
	release := make(chan struct{})
	var running, done sync.WaitGroup
	const places = workers + 1 // including the reserved place, which other callers than guests may take
	running.Add(places)
	for range places {
		done.Go(func() {
			_ = h.work(context.Background(), func() error { running.Done(); <-release; return nil })
		})
	}
	running.Wait()

	waitCtx, cancel := context.WithCancel(context.Background())
	waited := make(chan error, queue)
	for range queue {
		done.Go(func() { waited <- h.Burn(waitCtx, "", MinCost) })
	}
	for h.Usage().Waiting < queue { // until all of them are in the queue
		runtime.Gosched()
	}
	if _, err := h.Hash(context.Background(), "12345678", MinCost); fault.KindOf(err) != fault.TooMany {
		t.Errorf("Hash with a full queue = %v, want kind %v", err, fault.TooMany)
	}
	cancel()
	for range queue {
		if err := <-waited; !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled wait = %v, want %v", err, context.Canceled)
		}
	}
	close(release)
	done.Wait()
	if ok, err := h.Compare(context.Background(), "", ""); ok || err != nil {
		t.Errorf("Compare after the storm = %v, %v, want false and no error", ok, err)
	}
}

// TestStormOfOneAddress checks that a guest that requests hashes without pause delays its own
// requests only: other callers get their turns.
func TestStormOfOneAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := New(Config{Workers: 1})
		hash := func(c budget.Caller) error {
			return h.For(c).work(t.Context(), func() error { time.Sleep(70 * time.Millisecond); return nil })
		}
		attacker := budget.Anonymous("192.0.2.1")
		var storm sync.WaitGroup
		var over atomic.Bool
		var refused atomic.Int64
		for range 16 { // one of them hashes, some wait
			storm.Go(func() {
				for !over.Load() {
					if fault.KindOf(hash(attacker)) == fault.TooMany {
						refused.Add(1)
						time.Sleep(time.Millisecond)
					}
				}
			})
		}
		synctest.Wait()
		for _, tt := range []struct {
			caller budget.Caller
			limit  time.Duration
		}{
			{budget.Anonymous("192.0.2.2"), 150 * time.Millisecond},
			{budget.Anonymous("2001:db8::1"), 150 * time.Millisecond},
			// These callers are not guests: a processor is reserved for them.
			{budget.Caller{Class: budget.Known, Group: "users", Name: "ann"}, 70 * time.Millisecond},
			{budget.Caller{Class: budget.Superuser}, 70 * time.Millisecond},
		} {
			began := time.Now()
			if err := hash(tt.caller); err != nil || time.Since(began) > tt.limit {
				t.Errorf("%+v waited %v: %v", tt.caller, time.Since(began), err)
			}
		}
		over.Store(true)
		storm.Wait()
		if refused.Load() == 0 {
			t.Error("nothing was refused")
		}
	})
}
