// Superusers: all of them are verified, and the last one stays.

package record

import (
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// verifySuperuser sets verified if the record is a superuser.
func (r *Record) verifySuperuser() {
	if r.collection.Name == schema.Superusers {
		r.values[r.collection.FieldIndex("verified")] = true
	}
}

// atMostInstaller makes sure that the account of the installer, with whose token the first
// superuser is made, does not exist beside superusers. It deletes the account of the installer if
// the new record is a superuser. If the new record is the account of the installer and there is a
// superuser, which another process may have just made, it returns a fault.
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

// hasSuperuser reports whether there is a superuser other than the account of the installer.
func (t *writeTx) hasSuperuser() (bool, error) {
	return hasRow(t.tx, "SELECT 1 FROM "+store.Quote(schema.Superusers)+` WHERE "email" <> $1 LIMIT 1`, store.Text(schema.InstallerEmail))
}

// keepSuperuser returns the fault of a transaction that leaves no superuser.
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
