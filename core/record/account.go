// Accounts: superusers are verified, one must remain, and ids are unique among auth
// collections.

package record

import (
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// The rules about accounts, that is records of auth collections, lie in the files
// account*.go:
//
//	account.go           superusers, the last of which stays; ids of accounts
//	account_tokens.go    when tokens become invalid
//	account_rules.go     who may set an address, call it verified, or set a password
//	account_password.go  when passwords are hashed and compared
//	account_refs.go      rows of system collections that belong to an account
//
// Who sees an e-mail address is in render_visible.go, with all that is about visibility.

// verifySuperuser sets verified, if the record is a superuser: all of them are.
func (r *Record) verifySuperuser() {
	if r.collection.Name == schema.Superusers {
		r.values[r.collection.FieldIndex("verified")] = true
	}
}

// keepSuperuser is the fault of a transaction that leaves no superuser.
func (t *writeTx) keepSuperuser(table *table) error {
	if table.collection.Name != schema.Superusers {
		return nil
	}
	left, err := hasRow(t.tx, "SELECT 1 FROM "+store.Quote(schema.Superusers)+" LIMIT 1")
	if err == nil && !left {
		return lastSuperuser()
	}
	return err
}

func lastSuperuser() error {
	return fault.New(fault.Invalid, "You can't delete the only existing superuser.")
}

// foreignID is the failure of a new account whose id belongs to a record of another
// auth collection: tokens and references name accounts by their ids alone.
func (w *writeRequest) foreignID(r store.Reader) (fault.Fields, error) {
	if !w.collection.IsAuth() {
		return nil, nil
	}
	for _, c := range w.rq.snapshot.All() {
		if !c.IsAuth() || c == w.collection {
			continue
		}
		taken, err := w.rq.service.table(w.rq.snapshot, c).has(r, w.id)
		if err != nil {
			return nil, err
		}
		if taken {
			return fault.Fields{"id": fault.Leaf("validation_invalid_auth_id", "Invalid or duplicated auth record id")}, nil
		}
	}
	return nil, nil
}
