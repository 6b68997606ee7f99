// Rows of system collections that belong to an account: external sign-ins, one-time
// passwords, origins.

package record

import (
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// validateAccountRef checks a row that belongs to an account.
func (w *writeRequest) validateAccountRef(r store.Reader, fails fault.Fields) error {
	if !slices.Contains(schema.AccountReferences(), w.collection.Name) {
		return nil
	}
	owner := w.rq.snapshot.ByID(w.record.Text("collectionRef"))
	switch {
	case owner == nil:
		fails.Set(fault.Leaf("validation_invalid_collection_id", "Missing or invalid collection"), "collectionRef")
		fails.Set(fault.Leaf("validation_invalid_collection", "Missing or invalid collection"), "recordRef")
	case !owner.IsAuth():
		fails.Set(fault.Leaf("validation_invalid_collection_type", "Invalid collection type - must be auth"), "collectionRef")
	default:
		found, err := w.rq.service.table(w.rq.snapshot, owner).has(r, w.record.Text("recordRef"))
		if err != nil {
			return err
		}
		if !found {
			fails.Set(fault.Leaf("validation_invalid_record", "Missing or invalid record"), "recordRef")
		}
	}
	if w.collection.Name == schema.ExternalAuths && !schema.KnownProvider(w.record.Text("provider")) {
		fails.Set(fault.Leaf("validation_in_invalid", "Must be a valid value"), "provider")
	}
	return nil
}

// dropSignIns deletes the rows of other collections that allow sign-ins which the update ends
// (docs/wire/records.md §2.11).
func (t *writeTx) dropSignIns(w *writeRequest) error {
	// A person may have signed up with the address of somebody else, and linked an external
	// account. When the owner of the address verifies it, those links and all tokens end.
	if w.record.Bool("verified") && !w.stored.Bool("verified") {
		n, err := t.deleteRefs(w.collection, w.id, schema.ExternalAuths)
		if err != nil {
			return err
		}
		if n > 0 && !w.changes("tokenKey") {
			if err := w.record.rotateTokenKey(); err != nil {
				return err
			}
		}
	}
	// A new password ends known devices and half-done sign-ins. One-time passwords end together
	// with the tokens, when the token key changes.
	var ended []string
	if w.setsPassword() {
		ended = append(ended, schema.AuthOrigins, schema.MFAs)
	}
	if w.changes("tokenKey") {
		ended = append(ended, schema.OTPs)
	}
	_, err := t.deleteRefs(w.collection, w.id, ended...)
	return err
}

// refsOf returns the ids of the rows in the named system collection that belong to the accounts
// with these ids. holder is nil if there is no such collection.
func (t *writeTx) refsOf(accounts *schema.Collection, ids []string, name string) (holder *table, rows []string, err error) {
	h := t.snapshot.Find(name)
	if h == nil {
		return nil, nil, nil
	}
	sql := `SELECT "id" FROM ` + store.Quote(name) + ` WHERE "collectionRef" = $1 AND "recordRef" = $2`
	for _, id := range ids {
		found, err := store.Texts(t.tx, sql, store.Text(accounts.ID), store.Text(id))
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, found...)
	}
	return t.table(h), rows, nil
}

// deleteRefs deletes the rows of the named system collections that belong to an account, and
// returns their number.
func (t *writeTx) deleteRefs(accounts *schema.Collection, id string, names ...string) (int, error) {
	n := 0
	for _, name := range names {
		holder, rows, err := t.refsOf(accounts, []string{id}, name)
		if err != nil {
			return 0, err
		}
		if len(rows) == 0 {
			continue
		}
		if err := t.deleteRecords(holder, rows); err != nil {
			return 0, err
		}
		n += len(rows)
	}
	return n, nil
}
