// Validation of a record before it is stored.

package record

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// validate completes the record and checks it: first the account form, then all fields, even those
// that the write does not change. A delete needs no validation.
func (w *writeRequest) validate(r store.Reader) error {
	if w.op.Action == ActionDelete {
		return nil
	}
	message := updateFailed
	if w.stored == nil {
		message = createFailed
	}
	if fails, err := w.checkAccountForm(); err != nil || len(fails) > 0 {
		return invalid(err, message, fails)
	}
	w.applyHookValues()
	if err := w.complete(); err != nil {
		return err
	}
	fails, err := w.validateFields(r)
	if err == nil && len(fails) == 0 && w.stored == nil {
		fails, err = w.foreignID(r)
	}
	return invalid(err, message, fails)
}

// complete sets the fields that the server sets: times, random texts, token keys.
func (w *writeRequest) complete() error {
	if w.stored == nil {
		err := w.fillIn()
		w.keepDates()
		return err
	}
	w.stamp(w.table.onUpdate)
	w.keepDates()
	w.record.verifySuperuser()
	if w.collection.IsAuth() && w.invalidatesTokens() {
		return w.record.rotateTokenKey()
	}
	return nil
}

// validateFields returns the first failure of each field (docs/wire/records.md §1.6).
func (w *writeRequest) validateFields(r store.Reader) (fault.Fields, error) {
	fails := fault.Fields{}
	for i, f := range w.collection.Fields {
		fail, err := w.validateField(r, i, f)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
		if fail != nil {
			fails[f.Name] = fail
		}
	}
	if w.collection.System {
		return fails, w.validateAccountRef(r, fails)
	}
	return fails, nil
}

// validateField returns the failure of one field, by its options and, if these are not enough, by
// the database and the files that were sent.
func (w *writeRequest) validateField(r store.Reader, i int, f *schema.Field) (*fault.Field, error) {
	value := w.record.values[i]
	switch kind := f.Kind.(type) {
	case *schema.Text:
		if i == w.table.id {
			return w.validateID(r, f, kind)
		}
	case *schema.Password:
		text, set := w.input.password(i)
		if w.setByHook(i) || w.input.ownPassword(i) || !set && w.stored != nil { // the options are not about the hash
			return nil, nil
		}
		value = text
	case *schema.JSON:
		fail := kind.Validate(f, value)
		if fail == nil && !w.sameText(i) {
			fail = kind.ValidateKeys(value)
		}
		return fail, nil
	case *schema.File:
		return w.validateFiles(i, f, kind), nil
	case *schema.Relation:
		if fail := kind.Validate(f, value); fail != nil {
			return fail, nil
		}
		return w.validateRelated(r, kind, choices(value))
	}
	return f.Kind.Validate(f, value), nil
}

// sameText reports whether the JSON field i has the stored text.
func (w *writeRequest) sameText(i int) bool {
	if w.stored == nil {
		return false
	}
	before, _ := w.stored.values[i].(json.RawMessage)
	after, _ := w.record.values[i].(json.RawMessage)
	return bytes.Equal(before, after)
}

// validateRelated returns the failure of ids that do not exist, whether or not the caller may see
// the records.
func (w *writeRequest) validateRelated(r store.Reader, kind *schema.Relation, ids []string) (*fault.Field, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	target := w.rq.snapshot.ByID(kind.CollectionID)
	if target == nil {
		return fault.Leaf("validation_missing_rel_collection", "Relation connection is missing or cannot be accessed"), nil
	}
	n, err := w.rq.service.table(w.rq.snapshot, target).count(r, ids)
	if err != nil || n == len(ids) {
		return nil, err
	}
	return fault.Leaf("validation_missing_rel_records", "Failed to find all relation records with the provided ids"), nil
}
