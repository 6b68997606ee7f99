package record_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
)

// watched is a store that records how the functions of its transactions end.
type watched struct {
	store.Store
	mu   *sync.Mutex
	ends *[]string
}

func (s watched) note(fn func(store.Tx) error) func(store.Tx) error {
	return func(tx store.Tx) error {
		err := fn(tx)
		s.mu.Lock()
		defer s.mu.Unlock()
		end := "ok"
		if err != nil {
			end = "failed"
		}
		if err != nil && strings.Contains(err.Error(), "a password to hash or to compare") {
			end = "interrupted"
		}
		*s.ends = append(*s.ends, end)
		return err
	}
}

func (s watched) Write(ctx context.Context, fn func(store.Tx) error) error {
	return s.Store.Write(ctx, s.note(fn))
}

func (s watched) Exclusive(ctx context.Context, fn func(store.Tx) error) error {
	return s.Store.Exclusive(ctx, s.note(fn))
}

// No password is hashed or compared while a transaction is open: a transaction that needs a hash is
// interrupted, and runs again when the hash is made.
func TestPasswordsAreHashedOutsideOfTransactions(t *testing.T) {
	t.Parallel()
	n := 0
	random := func() string { n++; return fmt.Sprint("random-password-", n) }
	for _, c := range []struct {
		name     string
		password func() string
		writes   bool // the hook writes a record itself
		inTx     bool // it is an InTx hook that creates an account
		swallows bool // and returns no error
		want     string
	}{
		{"a fixed password", func() string { return secret }, false, false, false, "[interrupted ok]"},
		{"a random password", random, false, false, false, "[interrupted ok]"},
		{"a fixed password and a record", func() string { return secret }, true, false, false, "[interrupted ok]"},
		{"an account", func() string { return secret }, false, true, false, "[interrupted ok]"},
		{"an account, without looking at the error", func() string { return secret }, false, true, true, "[interrupted ok]"},
	} {
		b := newBed(t, people, audits)
		cfg := b.Records().Config()
		var ends []string
		cfg.Store, cfg.Hooks = watched{cfg.Store, &sync.Mutex{}, &ends}, &record.Hooks{}
		s := record.New(cfg)
		var set string
		if c.inTx {
			cfg.Hooks.InTx.BindFunc(func(e *record.WriteEvent) error {
				set = c.password()
				r, err := e.Records.NewRecord("people")
				if err != nil {
					return err
				}
				r.Set("email", "b@example.com")
				r.Set("password", set)
				if _, err = e.Records.Save(e.Context, root, r); c.swallows {
					return nil
				}
				return errors.Join(err) // an error with any wrapping
			}, "audits")
		} else {
			cfg.Hooks.Before.BindFunc(func(e *record.WriteEvent) error {
				set = c.password()
				e.Record.Set("password", set)
				if !c.writes {
					return nil
				}
				_, err := e.Records.Create(e.Context, root, "audits", record.Input{})
				return err
			}, "people")
		}
		op := create(root, "people", object{"email": "a@example.com"})
		if c.inTx {
			op = create(root, "audits", object{})
		}
		_, err := s.Batch(t.Context(), []record.Op{op})
		check(t, c.name, err, "ok")
		if fmt.Sprint(ends) != c.want {
			t.Errorf("%s: the transactions were %v, want %s", c.name, ends, c.want)
		}
		found, err := s.Find(t.Context(), root, record.Query{Collection: "people"})
		if err != nil || len(found) != 1 || !b.knows(found[0].ID(), set) {
			t.Errorf("%s: found %v, %v, whose password is not the one that was set last", c.name, found, err)
		}
		if got, want := b.count("audits"), map[bool]int{true: 1}[c.writes || c.inTx]; got != want {
			t.Errorf("%s: %d audits, want %d", c.name, got, want)
		}
	}
}

// Hooks that never set the same password twice and write records end with an error.
func TestEndlessPasswords(t *testing.T) {
	t.Parallel()
	b := newBed(t, people, audits)
	n := 0
	b.Hooks().Records.Before.BindFunc(func(e *record.WriteEvent) error {
		n++
		e.Record.Set("password", fmt.Sprint("random-password-", n))
		_, err := e.Records.Create(e.Context, root, "audits", record.Input{})
		return err
	}, "people")
	_, err := b.Records().Batch(t.Context(), []record.Op{create(root, "people", object{"email": "a@example.com"})})
	if err == nil || b.count("people") != 0 || b.count("audits") != 0 || n > 20 {
		t.Errorf("Batch = %v, after %d runs of the hook", err, n)
	}
}

// An old password is compared outside of the transaction, too.
func TestPasswordsAreComparedOutsideOfTransactions(t *testing.T) {
	t.Parallel()
	b := newBed(t, people)
	id := b.person(object{})
	cfg := b.Records().Config()
	var ends []string
	cfg.Store = watched{cfg.Store, &sync.Mutex{}, &ends}
	change := object{"password": other, "passwordConfirm": other, "oldPassword": secret}
	_, err := record.New(cfg).Batch(t.Context(), []record.Op{update(guest, "people", id, change)})
	check(t, "Batch", err, "ok")
	if fmt.Sprint(ends) != "[interrupted failed ok]" || !b.knows(id, other) {
		t.Errorf("the transactions were %v, want one that is interrupted, the rehearsal and one that is durable", ends)
	}
}

// A hook in the transaction of a collection may set passwords: it runs again when the passwords are
// hashed.
func TestPasswordsInHooksOfCollections(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ outer, swallows bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
		b := newBed(t, people)
		runs := 0
		b.Hooks().Collections.InTx.BindFunc(func(e *collection.Event) error {
			runs++
			_, err := e.Records.Create(e.Context, root, "people", record.Input{Body: object{"email": "a@example.com", "password": secret}})
			if c.swallows {
				return nil
			}
			return errors.Join(err) // an error with any wrapping
		}, "others")
		add := func(s *collection.Service) error {
			_, err := s.Create(t.Context(), root, []byte(`{"name": "others", "type": "base", "fields": []}`))
			return err
		}
		err := error(nil)
		if c.outer {
			err = b.Transaction(t.Context(), func(tx *core.Tx) error { return add(tx.Collections) })
		} else {
			err = add(b.Collections())
		}
		check(t, "Create of a collection", err, "ok")
		found, err := b.Records().Find(t.Context(), root, record.Query{Collection: "people"})
		if err != nil || len(found) != 1 || !b.knows(found[0].ID(), secret) || b.Snapshot().Find("others") == nil {
			t.Errorf("found %v, %v, want one account with its password, and the collection", found, err)
		}
		if runs != 2 {
			t.Errorf("the hook ran %d times, want twice: once for the hash, once with it", runs)
		}
	}
}
