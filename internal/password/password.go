// Package password hashes and compares passwords with bcrypt behind bounded queues. A storm of
// logins uses at most max(1, NumCPU/2) processors, callers are served in turns (see
// internal/budget), and a caller who finds the queue full is refused with a fault that asks for a
// later attempt.
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

// MaxBytes is the longest password that can be hashed: bcrypt takes no more.
const MaxBytes = 72

// How many hashes may wait for a processor: of all guests, of all others, and of one
// guest.
const (
	DefaultQueue   = 256
	DefaultCallers = 8
)

// ErrTooLong is what Hash returns for a password of more than MaxBytes bytes.
var ErrTooLong = errors.New("password: longer than 72 bytes")

// Hasher bounds the work. Its zero value is not usable; see New. Safe for
// concurrent use.
type Hasher struct {
	cost   int            // of hashes that are asked for without one
	places *budget.Budget // processors
	caller budget.Caller  // who pays
}

// Config is how a Hasher works.
type Config struct {
	Cost    int // of hashes that are asked for without one; default DefaultCost
	Workers int // processors that it uses; default max(1, NumCPU/2)
	Queue   int // hashes of all guests that may wait for a processor, and of all others; default DefaultQueue
	Callers int // hashes of one guest that may wait; default DefaultCallers
}

// New is a Hasher with that configuration. Its work is the program's own; see For.
func New(c Config) *Hasher {
	workers := int64(cmp.Or(max(0, c.Workers), max(1, runtime.NumCPU()/2)))
	return &Hasher{
		cost: cmp.Or(c.Cost, DefaultCost),
		places: budget.New(budget.Config{
			Total: workers, Share: max(1, workers/2), Reserve: workers / 4,
			Queue: cmp.Or(max(0, c.Callers), DefaultCallers), Waiting: cmp.Or(max(0, c.Queue), DefaultQueue),
			Refusal: fault.TooMany,
		}),
		caller: budget.Caller{Class: budget.Superuser},
	}
}

// For returns a Hasher that does the work in the name of a caller: callers wait for each
// other in turns, and each with a few hashes at most.
func (h *Hasher) For(c budget.Caller) *Hasher {
	return &Hasher{cost: h.cost, places: h.places, caller: c}
}

// Usage returns the figures of use of the processors.
func (h *Hasher) Usage() budget.Usage { return h.places.Usage() }

// Hash is the bcrypt hash of the password; cost 0 stands for the configured one. A
// password that is too long is ErrTooLong, a full queue a fault.TooMany, a
// cancelled wait the context's error.
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

// Compare says whether the password is the one that was hashed. An empty hash or
// one that is not bcrypt's matches nothing and takes as long as one that is. A
// password of more than MaxBytes bytes matches nothing either: bcrypt would ignore
// what follows the first 72. The error is about the queue or the context, never about
// the password.
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

// Burn takes the time of a Compare with a hash of that cost (0: the configured one) and
// finds nothing, so that an answer does not tell whether there was a hash to
// compare with.
func (h *Hasher) Burn(ctx context.Context, plain string, cost int) error {
	if cost < MinCost || cost > MaxCost {
		cost = h.cost
	}
	// Any salt and checksum do: it is the cost that takes the time.
	hash := fmt.Appendf(nil, "$2a$%02d$%s%s", cost, "abcdefghijklmnopqrstuu", "abcdefghijklmnopqrstuvwxyzABCDE")
	return h.work(ctx, func() error {
		_ = bcrypt.CompareHashAndPassword(hash, []byte(plain))
		return nil
	})
}

// work runs fn when there is a processor for it. What has begun is finished:
// bcrypt cannot be interrupted.
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
