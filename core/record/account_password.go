// Passwords of accounts: hashed and compared outside of transactions, which are interrupted
// and run again for it.

package record

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/budget"
	"github.com/loambase/loam/internal/password"
)

// A bcrypt hash takes a fraction of a second of a processor, so none is made or
// compared while a transaction is open. The passwords that a client sends are hashed
// before the transaction begins. If it turns out inside that another one is needed
// (the old password must be compared, a hook has set a password), the transaction is
// interrupted and rolled back, the work is done, and the transaction runs again.

// concurrentHashes bounds how many passwords of one request are hashed at a time.
const concurrentHashes = 4

// unhashed stands for a hash in a record that is only being checked.
const unhashed = "*"

// hashPasswords makes the hashes of all passwords that the clients sent. One that is
// not valid gets none: its write will be refused for it.
func (s *Service) hashPasswords(ctx context.Context, writes []*writeRequest) error {
	var g *errgroup.Group
	for _, w := range writes {
		if w.input == nil || len(w.input.passwords) == 0 {
			continue
		}
		if g == nil {
			g, ctx = errgroup.WithContext(ctx)
			g.SetLimit(concurrentHashes)
		}
		// A password that is empty or breaks the rules of its field gets no hash: validation
		// refuses its write with the failure of that field, and a hash would be work that
		// anybody could ask for.
		w.hashes = make([]string, len(w.input.passwords))
		for i, p := range w.input.passwords {
			f := w.collection.Fields[p.field]
			kind := f.Kind.(*schema.Password)
			if p.text == "" || !p.own && kind.Validate(f, p.text) != nil {
				continue
			}
			g.Go(func() (err error) {
				w.hashes[i], err = s.hashPassword(ctx, s.outerPasswords(), w.op.Caller, p.text, kind.Cost)
				return err
			})
		}
	}
	if g == nil {
		return nil
	}
	return g.Wait()
}

// setPasswords puts the hashes into the record.
func (w *writeRequest) setPasswords() {
	for i, p := range w.input.passwords {
		value := ""
		switch {
		// An empty password clears the field. A check before the hash is made (precheck) puts a
		// placeholder, so that rules and validation see that a password is set.
		case p.text == "":
		case w.hashes == nil || w.hashes[i] == "":
			value = unhashed
		default:
			value = w.hashes[i]
		}
		w.record.values[p.field] = value
	}
}

// checkHashed makes sure that no password is stored but as its hash. The placeholder gets here
// only by a mistake of ours, which must not end as a password that is "*".
func (w *writeRequest) checkHashed() error {
	for _, p := range w.input.passwords {
		if w.record.values[p.field] == unhashed {
			return fmt.Errorf("record: field %s: a password without its hash", w.collection.Fields[p.field].Name)
		}
	}
	return nil
}

// checkOldPassword returns the failure of an old password that is not the stored one, nil if it
// is. The error is errNeedsBcrypt until the comparison is done.
func (w *writeRequest) checkOldPassword(text string) (*fault.Field, error) {
	if text == "" {
		return required(), nil
	}
	if w.rehearsed && w.stored.Text("password") == unhashed {
		return nil, nil // an earlier write of the batch sets it
	}
	same, err := w.work.matches(w.stored.Text("password"), text)
	if err != nil || same {
		return nil, err
	}
	return fault.Leaf("validation_invalid_old_password", "Missing or invalid old password"), nil
}

// errNeedsBcrypt interrupts a transaction: passwordWork has something to do.
var errNeedsBcrypt = errors.New("record: a password to hash or to compare")

// maxInterruptions bounds how often one transaction is interrupted. Each time, hooks
// run again that write records themselves; if they set a new random password each
// time, there is no end.
const maxInterruptions = 8

// passwordWork remembers what was hashed and compared for one transaction, and what is
// missing. Transactions of hooks inside of it share it.
type passwordWork struct {
	payer budget.Caller // of the hashes

	mu      sync.Mutex // guards what follows
	hashes  map[hashJob]string
	matched map[matchJob]bool
	toHash  []hashJob
	toMatch []matchJob
}

// hashJob is a hash to make. The same text at the same cost has one hash in the whole
// transaction, so that a second run finds the one that the first has asked for.
type hashJob struct {
	text string
	cost int
}

type matchJob struct{ hash, text string }

// newPasswordWork is the work of the transaction that is about to begin: that of the
// outermost one, if it is to be part of another.
func (s *Service) newPasswordWork(c Caller) *passwordWork {
	if outer := s.outerPasswords(); outer != nil {
		return outer
	}
	return &passwordWork{payer: c.Share()}
}

// outerPasswords is the work of the transaction that the service is bound to; nil if
// there is none, or one that cannot be run again.
func (s *Service) outerPasswords() *passwordWork {
	if s.outer == nil {
		return nil
	}
	return s.outer.passwords
}

// withPasswords calls fn, a read or a transaction, until nothing is missing in work. If
// work belongs to an outer transaction, that one is interrupted.
func (s *Service) withPasswords(ctx context.Context, work *passwordWork, fn func() error) error {
	// The outer transaction is the one to run again, so the error goes up to its withPasswords.
	if s.outerPasswords() == work {
		return fn()
	}
	for range maxInterruptions {
		err := fn()
		// Not the error decides but the work: code of a hook may have swallowed errNeedsBcrypt,
		// or replaced it by an error of its own.
		if work.interrupted() == nil {
			return err
		}
		if err := work.do(ctx, s.cfg.Passwords.For(work.payer)); err != nil {
			return err
		}
	}
	return errors.New("record: hooks set other passwords each time that a transaction runs")
}

// interrupted returns errNeedsBcrypt if something is missing. It may be called on nil, the work
// of a transaction that cannot run again.
func (p *passwordWork) interrupted() error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.toHash)+len(p.toMatch) == 0 {
		return nil
	}
	return errNeedsBcrypt
}

// do hashes and compares what is missing. No transaction may be open.
func (p *passwordWork) do(ctx context.Context, hasher *password.Hasher) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hashes == nil {
		p.hashes, p.matched = map[hashJob]string{}, map[matchJob]bool{}
	}
	for _, job := range p.toHash {
		hash, err := hasher.Hash(ctx, job.text, job.cost)
		if err != nil {
			return err
		}
		p.hashes[job] = hash
	}
	for _, job := range p.toMatch {
		same, err := hasher.Compare(ctx, job.hash, job.text)
		if err != nil {
			return err
		}
		p.matched[job] = same
	}
	p.toHash, p.toMatch = nil, nil
	return nil
}

// matches reports whether text is the password of the hash. The error is
// errNeedsBcrypt if that is not known yet.
func (p *passwordWork) matches(hash, text string) (bool, error) {
	job := matchJob{hash, text}
	p.mu.Lock()
	defer p.mu.Unlock()
	same, known := p.matched[job]
	if !known {
		p.toMatch = append(p.toMatch, job)
		return false, errNeedsBcrypt
	}
	return same, nil
}

// hashPassword returns the hash of the text, paid for by the caller's share of the processors.
// With work, a transaction is open: the error is errNeedsBcrypt if the hash is not made yet,
// and the caller must let the transaction be rolled back. Without, it waits for its turn, and
// the fault is TooMany if too many are waiting.
func (s *Service) hashPassword(ctx context.Context, work *passwordWork, c Caller, text string, cost int) (string, error) {
	if work == nil {
		return s.cfg.Passwords.For(c.Share()).Hash(ctx, text, cost)
	}
	job := hashJob{text, cost}
	work.mu.Lock()
	defer work.mu.Unlock()
	hash, known := work.hashes[job]
	if !known {
		work.toHash = append(work.toHash, job)
		return "", errNeedsBcrypt
	}
	return hash, nil
}
