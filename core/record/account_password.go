package record

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// hashing is how many passwords of one request are hashed at a time, as far as
// there are processors for it.
const hashing = 4

// unhashed stands for a hash in a record that is only being judged.
const unhashed = "*"

// hash makes the hashes of all new passwords. What is not valid gets none: the
// write will be refused for it.
func (s *Service) hash(ctx context.Context, writes []*write) error {
	var g *errgroup.Group
	for _, w := range writes {
		if w.input == nil || len(w.input.passwords) == 0 {
			continue
		}
		if g == nil {
			g, ctx = errgroup.WithContext(ctx)
			g.SetLimit(hashing)
		}
		w.hashes = make([]string, len(w.input.passwords))
		for i, p := range w.input.passwords {
			f := w.collection.Fields[p.field]
			kind := f.Kind.(*schema.Password)
			if p.text == "" || kind.Validate(f, p.text) != nil {
				continue
			}
			g.Go(func() (err error) {
				w.hashes[i], err = s.Passwords.Hash(ctx, p.text, kind.HashCost())
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
func (w *write) setPasswords() {
	for i, p := range w.input.passwords {
		value := ""
		switch {
		case p.text == "":
		case w.hashes == nil || w.hashes[i] == "":
			value = unhashed
		default:
			value = w.hashes[i]
		}
		w.record.values[p.field] = value
	}
}

// checkHashed makes sure that no password is stored but as its hash.
func (w *write) checkHashed() error {
	for _, p := range w.input.passwords {
		if w.record.values[p.field] == unhashed {
			return fmt.Errorf("record: field %s: a password without its hash", w.collection.Fields[p.field].Name)
		}
	}
	return nil
}

// unproven is a write that cannot be judged before it is known whether the
// password that came as the old one is the one of that hash. To compare takes too
// long to be done while something is locked.
type unproven struct {
	write *write
	hash  string
	text  string
}

func (*unproven) Error() string { return "record: a password to compare" }

// proving calls fn until it needs no password compared.
func (s *Service) proving(ctx context.Context, fn func() error) error {
	for {
		err := fn()
		var u *unproven
		if !errors.As(err, &u) {
			return err
		}
		same, err := s.Passwords.Compare(ctx, u.hash, u.text)
		if err != nil {
			return err
		}
		if u.write.proofs == nil {
			u.write.proofs = map[string]bool{}
		}
		u.write.proofs[u.hash] = same
	}
}

// checkOldPassword is the failure of an old password that is not the stored one.
// The error is an *unproven until that is known.
func (w *write) checkOldPassword(text string) (*fault.Field, error) {
	if text == "" {
		return required(), nil
	}
	hash := w.stored.Text("password")
	same, known := w.proofs[hash]
	if !known {
		return nil, &unproven{w, hash, text}
	}
	if !same {
		return fault.Leaf("validation_invalid_old_password", "Missing or invalid old password"), nil
	}
	return nil, nil
}
