// Package password hashes and compares passwords with bcrypt behind bounded queues. All guests
// together use at most Config.Workers processors. A quarter of that number, at least one processor,
// is reserved in addition for callers who are not guests, such as callers who have signed in
// before: a storm of guests does not keep them waiting. Callers are served in turns (see
// internal/budget). A caller whose queue is full is refused with a fault that asks for a later
// attempt.
package password

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/crypto/bcrypt"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/budget"
)

// Costs of a hash: each step doubles the work.
const (
	MinCost     = bcrypt.MinCost // 4
	MaxCost     = bcrypt.MaxCost // 31
	DefaultCost = bcrypt.DefaultCost
)

// MaxBytes is the maximum length of a password in bytes, a limit of bcrypt.
const MaxBytes = 72

// DefaultQueue is the number of hashes that may wait for a processor: of all guests together, and
// of all other callers together. DefaultCallers is the number of hashes of one guest that may wait.
const (
	DefaultQueue   = 256
	DefaultCallers = 8
)

// ErrTooLong is the error of Hash for a password of more than MaxBytes bytes.
var ErrTooLong = errors.New("password: longer than 72 bytes")

// Hasher hashes and compares passwords on a bounded number of processors. New makes a Hasher; the
// zero value is not usable. A Hasher is safe for concurrent use.
type Hasher struct {
	cost   int            // default cost of a hash
	places *budget.Budget // processors
	caller budget.Caller  // the caller to whom the work is charged
}

// Config holds the options of a Hasher.
type Config struct {
	Cost    int // cost of hashes for which Hash gets no cost; default DefaultCost
	Workers int // maximum number of processors of all guests; default max(1, NumCPU/2)
	Queue   int // number of hashes of all guests that may wait, and of all others; default DefaultQueue
	Callers int // number of hashes of one guest that may wait; default DefaultCallers
}

// New returns a Hasher. Its work is charged to the program itself; see For.
func New(c Config) *Hasher {
	workers := int64(cmp.Or(max(0, c.Workers), max(1, runtime.NumCPU()/2)))
	reserve := max(1, workers/4)
	return &Hasher{
		cost: cmp.Or(c.Cost, DefaultCost),
		places: budget.New(budget.Config{
			Total: workers + reserve, Share: max(1, workers/2), Reserve: reserve,
			Queue: cmp.Or(max(0, c.Callers), DefaultCallers), Waiting: cmp.Or(max(0, c.Queue), DefaultQueue),
			Refusal: fault.TooMany,
		}),
		caller: budget.Caller{Class: budget.Superuser},
	}
}

// For returns a Hasher whose work is charged to the caller. Callers get processors in turns, and
// each caller may wait with a few hashes only.
func (h *Hasher) For(c budget.Caller) *Hasher {
	return &Hasher{cost: h.cost, places: h.places, caller: c}
}

// Usage returns the figures of use of the processors.
func (h *Hasher) Usage() budget.Usage { return h.places.Usage() }

// Hash returns the bcrypt hash of the password; cost 0 is the configured cost. The error is
// ErrTooLong for a password that is too long, a fault of the kind TooMany for a full queue, or the
// error of ctx.
func (h *Hasher) Hash(ctx context.Context, plain string, cost int) (string, error) {
	cost = cmp.Or(cost, h.cost)
	if cost < MinCost || cost > MaxCost {
		return "", fmt.Errorf("password: cost %d is not between %d and %d", cost, MinCost, MaxCost)
	}
	if len(plain) > MaxBytes {
		return "", ErrTooLong
	}
	var hash []byte
	err := h.work(ctx, func() (err error) {
		hash, err = bcrypt.GenerateFromPassword([]byte(plain), cost)
		return err
	})
	return string(hash), err
}

// Compare reports whether the hash is that of the password. An empty or invalid hash matches no
// password, and takes as long as a valid hash. A password of more than MaxBytes bytes matches no
// hash, because bcrypt would ignore the bytes after the first 72. The error is that of a full queue
// or of ctx, never about the password.
func (h *Hasher) Compare(ctx context.Context, hash, plain string) (bool, error) {
	cost, err := bcrypt.Cost([]byte(hash))
	if err != nil {
		return false, h.Burn(ctx, plain, 0)
	}
	if len(plain) > MaxBytes {
		return false, h.Burn(ctx, plain, cost)
	}
	var match bool
	err = h.work(ctx, func() error {
		match = bcrypt.CompareHashAndPassword([]byte(hash), []byte(plain)) == nil
		return nil
	})
	return match, err
}

// Burn takes the time of a Compare with a hash of that cost (0: the configured cost), so that the
// time of an answer does not reveal whether a hash existed.
func (h *Hasher) Burn(ctx context.Context, plain string, cost int) error {
	if cost < MinCost || cost > MaxCost {
		cost = h.cost
	}
	// Any salt and checksum will do: only the cost determines the time.
	hash := fmt.Appendf(nil, "$2a$%02d$%s%s", cost, "abcdefghijklmnopqrstuu", "abcdefghijklmnopqrstuvwxyzABCDE")
	return h.work(ctx, func() error {
		_ = bcrypt.CompareHashAndPassword(hash, []byte(plain))
		return nil
	})
}

// work waits for a processor and runs fn. A run of fn ends only when fn returns: bcrypt cannot be
// interrupted.
func (h *Hasher) work(ctx context.Context, fn func() error) error {
	place, err := h.places.Acquire(ctx, h.caller, 1)
	if err != nil {
		return err
	}
	defer place.Release()
	if err := ctx.Err(); err != nil { // both were ready
		return err
	}
	return fn()
}
