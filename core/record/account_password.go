// Passwords of accounts: they are hashed and compared outside of transactions. A transaction that
// needs a hash or a comparison is interrupted and run again.

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

// A bcrypt hash takes a fraction of a second of a processor, so none is made or compared while a
// transaction is open. The passwords that a client sends are hashed before the transaction begins.
// If the transaction turns out to need another hash or a comparison (the old password must be
// compared, a hook has set a password), the transaction is interrupted and rolled back, the
// passwords are hashed and compared, and the transaction runs again.

// concurrentHashes is the maximum number of passwords of one request that are hashed at a time.
const concurrentHashes = 4

// unhashed is the placeholder of a hash in a record that is only checked, not stored.
const unhashed = "*"

// hashPasswords makes the hashes of all passwords that the clients have sent. An invalid password
// gets no hash: its write will be refused.
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
		// refuses its write with the failure of that field, and to hash it would let anybody put
		// load on the server.
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

func (w *writeRequest) setPasswords() {
	for i, p := range w.input.passwords {
		value := ""
		switch {
		// An empty password clears the field. A check that runs before the hash is made (precheck)
		// sets a placeholder, so that rules and validation see that a password is set.
		case p.text == "":
		case w.hashes == nil || w.hashes[i] == "":
			value = unhashed
		default:
			value = w.hashes[i]
		}
		w.record.values[p.field] = value
	}
}

// checkHashed returns an error if a password field still holds the placeholder, which only a bug of
// this package can cause. Without the check the stored password would be "*".
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

// errNeedsBcrypt interrupts a transaction: passwordWork has passwords to hash or to compare.
var errNeedsBcrypt = errors.New("record: a password to hash or to compare")

// maxInterruptions is the maximum number of interruptions of one transaction. Each time, hooks run
// again that write records themselves; if they set a new random password each time, the transaction
// would never end.
const maxInterruptions = 8

// passwordWork holds the hashes and comparisons of one transaction: those that are done, and those
// that are still to do. Transactions that hooks begin inside of the transaction share its
// passwordWork.
type passwordWork struct {
	payer budget.Caller // of the hashes

	mu      sync.Mutex // guards the fields below
	hashes  map[hashJob]string
	matched map[matchJob]bool
	toHash  []hashJob
	toMatch []matchJob
}

// hashJob is a text to hash, with the cost. The same text at the same cost has one hash in the
// whole transaction, so that a second run finds the hash that the first run has asked for.
type hashJob struct {
	text string
	cost int
}

type matchJob struct{ hash, text string }

// newPasswordWork returns the passwordWork of the transaction that is about to begin. A transaction
// within an outer transaction shares that of the outer transaction.
func (s *Service) newPasswordWork(c Caller) *passwordWork {
	if outer := s.outerPasswords(); outer != nil {
		return outer
	}
	return &passwordWork{payer: c.Share()}
}

// outerPasswords returns the passwordWork of the transaction that the service is bound to. It is
// nil if there is no such transaction, or if that transaction cannot be run again.
func (s *Service) outerPasswords() *passwordWork {
	if s.outer == nil {
		return nil
	}
	return s.outer.passwords
}

// withPasswords calls fn, a read or a transaction, until work has nothing left to do. If work
// belongs to an outer transaction, the outer transaction is interrupted.
func (s *Service) withPasswords(ctx context.Context, work *passwordWork, fn func() error) error {
	// The outer transaction must run again, so the error goes up to its withPasswords.
	if s.outerPasswords() == work {
		return fn()
	}
	for range maxInterruptions {
		err := fn()
		// The work decides, not the error: code of a hook may have swallowed errNeedsBcrypt, or
		// replaced it by an error of its own.
		if work.interrupted() == nil {
			return err
		}
		if err := work.do(ctx, s.cfg.Passwords.For(work.payer)); err != nil {
			return err
		}
	}
	return errors.New("record: hooks set other passwords each time that a transaction runs")
}

// interrupted returns errNeedsBcrypt if passwords are left to hash or to compare. It may be called
// on nil, the work of a transaction that cannot run again.
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

// do hashes and compares the passwords that are left to do. No transaction may be open.
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

// matches reports whether text is the password of the hash. The error is errNeedsBcrypt if the
// comparison is not done yet.
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

// hashPassword returns the hash of the text, paid for by the caller's share of the processors. If
// work is not nil, a transaction is open: the error is errNeedsBcrypt if the hash is not made yet,
// and the caller must let the transaction be rolled back. If work is nil, hashPassword waits for
// its turn; the fault is TooMany if too many callers wait.
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
