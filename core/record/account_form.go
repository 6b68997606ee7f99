package record

import (
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// form checks what an auth record asks for beside valid fields (contract
// records.md §4.6): that a new password is repeated and the old one known, and
// that nobody but a manager sets an address or calls it verified.
func (w *write) form() (fault.Fields, error) {
	if !w.collection.IsAuth() {
		return nil, nil
	}
	f := authForm{confirm: w.formText("passwordConfirm"), old: w.formText("oldPassword")}
	f.password, _ = w.input.password(w.collection.FieldIndex("password"))
	fails := fault.Fields{}
	if !w.overrides(w.collection.FieldIndex("password")) { // a hook has not to repeat it
		f.checkRepeated(fails, w.stored == nil)
	}
	if w.stored == nil {
		if verified, _ := w.record.Get("verified").(bool); verified && !w.manager {
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
	if w.record.Get("verified") != w.stored.Get("verified") {
		fails["verified"] = mismatch()
	}
	if f.password == "" && f.confirm == "" {
		return fails, nil
	}
	fail, err := w.checkOldPassword(f.old)
	fails.Set(fail, "oldPassword")
	return fails, err
}

// authForm is what is said about passwords; "" is nothing.
type authForm struct{ password, confirm, old string }

// checkRepeated judges the new password and its repetition. A new record needs
// both.
func (f *authForm) checkRepeated(fails fault.Fields, create bool) {
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

// formText is what the body says under a name that is no field.
func (w *write) formText(name string) string {
	text, _ := (&schema.Text{}).Cast(w.input.others[name]).(string)
	return text
}

func required() *fault.Field { return fault.Leaf("validation_required", "Cannot be blank") }

func mismatch() *fault.Field { return fault.Leaf("validation_values_mismatch", "Values don't match") }
