package record

import (
	"context"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

const updateFailed = "Failed to update record."

// Update changes a record and returns it as JSON, as the caller may see it
// (docs/wire/records.md §4.5). Modifiers apply to the record as it is when the
// write has its turn: of many at once none is lost. Faults: NotFound for an unknown
// collection or id and a record that does not satisfy the update rule, Forbidden
// where only superusers may update, Invalid for a record that would not be valid,
// TooMany when there are too many passwords to hash.
func (s *Service) Update(ctx context.Context, caller Caller, collection, id string, in Input, expand string) ([]byte, error) {
	return s.single(ctx, Op{Caller: caller, Action: ActionUpdate, Collection: collection, ID: id, Input: in, Expand: expand})
}

// judgeUpdate judges the rule on the stored record, then all fields of the new
// one, also those that nobody touches.
func (w *write) judgeUpdate(r store.Reader) error {
	rule, err := w.rule(w.collection.UpdateRule)
	if err != nil {
		return err
	}
	w.record, w.body = w.input.resolve(w.stored)
	w.setPasswords()
	if err := w.permit(r, rule, false); err != nil {
		return denied(err, fault.NotFound, "")
	}
	if w.rulesOnly {
		return nil
	}
	if fails, err := w.form(); err != nil || len(fails) > 0 {
		return invalid(err, updateFailed, fails)
	}
	w.override()
	w.stamp(w.table.onUpdate)
	w.record.verifySuperuser()
	if w.collection.IsAuth() && w.signsOut() {
		if err := w.record.rotateTokenKey(); err != nil {
			return err
		}
	}
	fails, err := w.validate(r)
	return invalid(err, updateFailed, fails)
}

// signsOut says whether the change makes all tokens of the record invalid,
// though nobody asked for a new key.
func (w *write) signsOut() bool {
	changed := w.changes("email") || w.setsPassword()
	return changed && !w.changes("tokenKey")
}

func (w *write) changes(field string) bool { return w.stored.Text(field) != w.record.Text(field) }

// setsPassword says whether an auth record gets a new password.
func (w *write) setsPassword() bool {
	i := w.collection.FieldIndex("password")
	_, ok := w.input.password(i)
	return ok || w.overrides(i)
}

// rotateTokenKey gives an auth record a new key.
func (r *Record) rotateTokenKey() error {
	key, err := generated(r.collection.Field("tokenKey"))
	if err != nil {
		return err
	}
	if key == "" {
		key = schema.RandomString(50, schema.AlphabetToken)
	}
	r.Set("tokenKey", key)
	return nil
}

// update performs the write after judgeUpdate.
func (u *unit) update(w *write) error {
	if w.collection.IsAuth() {
		if err := u.forget(w); err != nil {
			return err
		}
	}
	differ := w.table.differ(w.stored, w.record)
	if err := w.table.update(u.tx, w.record, differ); err != nil {
		return notUnique(err, w.collection, updateFailed)
	}
	u.orphans = append(u.orphans, w.table.dropped(w.stored, w.record)...)
	u.changed(w.collection, w.id, change.Update, w.table.before(w.stored, differ))
	return nil
}

// forget deletes what other collections hold about a way to sign in that is no
// more (docs/wire/records.md §2.11). Accounts elsewhere that were linked before
// the address was verified may be somebody else's.
func (u *unit) forget(w *write) error {
	verified, _ := w.record.Get("verified").(bool)
	if was, _ := w.stored.Get("verified").(bool); verified && !was {
		n, err := u.deleteReferences(w.collection, w.id, schema.ExternalAuths)
		if err != nil {
			return err
		}
		if n > 0 && !w.changes("tokenKey") {
			if err := w.record.rotateTokenKey(); err != nil {
				return err
			}
		}
	}
	var gone []string
	if w.setsPassword() {
		gone = append(gone, schema.AuthOrigins, schema.MFAs)
	}
	if w.changes("tokenKey") {
		gone = append(gone, schema.OTPs)
	}
	_, err := u.deleteReferences(w.collection, w.id, gone...)
	return err
}
