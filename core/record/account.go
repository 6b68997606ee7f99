package record

import (
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// The rules about accounts, that is records of auth collections, lie in the files
// account*.go:
//
//	account.go           when tokens become invalid; superusers; ids of accounts
//	account_form.go      who may set an address, call it verified, or set a password
//	account_password.go  when passwords are hashed and compared
//	account_refs.go      rows of system collections that belong to an account
//
// Who sees an e-mail address is in render_visible.go, with all that is about visibility.

// invalidatesTokens reports whether an update makes all tokens of the account invalid:
// a new address or password does. A new token key does so by itself.
func (w *writeRequest) invalidatesTokens() bool {
	changed := w.changes("email") || w.setsPassword()
	return changed && !w.changes("tokenKey")
}

// setsPassword reports whether an account gets a new password.
func (w *writeRequest) setsPassword() bool {
	i := w.collection.FieldIndex("password")
	_, ok := w.input.password(i)
	return ok || w.setByHook(i)
}

// rotateTokenKey gives an account a new token key. Tokens are signed with it, so all
// that were issued before become invalid.
func (r *Record) rotateTokenKey() error {
	key, err := generated(r.collection.Field("tokenKey"))
	if err != nil {
		return err
	}
	if key == "" {
		key = schema.RandomString(50, schema.AlphabetToken)
	}
	r.values[r.collection.FieldIndex("tokenKey")] = key
	return nil
}

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
