// Superusers: all of them are verified, and the last one stays.

package record

import (
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// verifySuperuser sets verified, if the record is a superuser: all of them are.
func (r *Record) verifySuperuser() {
	if r.collection.Name == schema.Superusers {
		r.values[r.collection.FieldIndex("verified")] = true
	}
}

// atMostInstaller keeps the account of the installer, with whose token the first superuser
// is made, from standing beside superusers: it is deleted if the new record is one, and
// refused if there is one, which another process may have made a moment ago.
func (t *writeTx) atMostInstaller(w *writeRequest) error {
	if w.collection.Name != schema.Superusers {
		return nil
	}
	if w.record.Text("email") == schema.InstallerEmail {
		others, err := t.hasSuperuser()
		if err == nil && others {
			return fault.New(fault.Invalid, "There is a superuser already.")
		}
		return err
	}
	ids, err := store.Texts(t.tx, `SELECT "id" FROM `+store.Quote(schema.Superusers)+` WHERE "email" = $1`, store.Text(schema.InstallerEmail))
	if err != nil || len(ids) == 0 {
		return err
	}
	return t.deleteRecords(w.table, ids)
}

// hasSuperuser reports whether there is a superuser; the account of the installer is none.
func (t *writeTx) hasSuperuser() (bool, error) {
	return hasRow(t.tx, "SELECT 1 FROM "+store.Quote(schema.Superusers)+` WHERE "email" <> $1 LIMIT 1`, store.Text(schema.InstallerEmail))
}

// keepSuperuser is the fault of a transaction that leaves no superuser.
func (t *writeTx) keepSuperuser(table *table) error {
	if table.collection.Name != schema.Superusers {
		return nil
	}
	left, err := t.hasSuperuser()
	if err == nil && !left {
		return lastSuperuser()
	}
	return err
}

func lastSuperuser() error {
	return fault.New(fault.Invalid, "You can't delete the only existing superuser.")
}
