// Rules about the form of an account: repeated password, old password, who may set e-mail
// and verified.

package record

import (
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// checkAccountForm checks the form of a write of an account (docs/wire/records.md §4.6). Callers
// other than Root must repeat a new password and send the old password, and only a manager may set
// the e-mail address and verified.
func (w *writeRequest) checkAccountForm() (fault.Fields, error) {
	if !w.collection.IsAuth() {
		return nil, nil
	}
	f := passwordForm{confirm: w.formText("passwordConfirm"), old: w.formText("oldPassword")}
	f.password, _ = w.input.password(w.collection.FieldIndex("password"))
	if f.confirm == "" && w.rq.caller.root() {
		f.confirm = f.password
	}
	fails := fault.Fields{}
	// A password that a hook or the server has set is not repeated.
	if i := w.collection.FieldIndex("password"); !w.setByHook(i) && !w.input.ownPassword(i) {
		f.checkRepeated(fails, w.stored == nil)
	}
	if w.stored == nil {
		if w.record.Bool("verified") && !w.manager {
			fails["verified"] = mismatch()
		}
		return fails, nil
	}
	if w.manager {
		return fails, nil
	}
	if w.changes("email") {
		fails["email"] = mismatch()
	}
	if w.record.Bool("verified") != w.stored.Bool("verified") {
		fails["verified"] = mismatch()
	}
	if f.password == "" && f.confirm == "" {
		return fails, nil
	}
	fail, err := w.checkOldPassword(f.old)
	fails.Set(fail, "oldPassword")
	return fails, err
}

// passwordForm holds the passwords in the body of a write; a password that the body does not have
// is "".
type passwordForm struct{ password, confirm, old string }

// checkRepeated checks the new password and its repetition. A new account needs both.
func (f *passwordForm) checkRepeated(fails fault.Fields, create bool) {
	if f.password == "" && (create || f.confirm != "" || f.old != "") {
		fails["password"] = required()
	}
	switch {
	case f.confirm == "":
		if create || f.password != "" || f.old != "" {
			fails["passwordConfirm"] = required()
		}
	case f.confirm != f.password:
		fails["passwordConfirm"] = mismatch()
	}
}

// formText returns the text of a key of the body that is not a field, "" if the body does not have
// the key.
func (w *writeRequest) formText(name string) string {
	text, _ := (&schema.Text{}).Cast(w.input.others[name]).(string)
	return text
}

func required() *fault.Field { return fault.Leaf("validation_required", "Cannot be blank") }

func mismatch() *fault.Field { return fault.Leaf("validation_values_mismatch", "Values don't match") }
