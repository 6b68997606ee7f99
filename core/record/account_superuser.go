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

// dropInstaller deletes the account of the installer, if the new record is another
// superuser: its token has done what it was for.
func (t *writeTx) dropInstaller(w *writeRequest) error {
	if w.collection.Name != schema.Superusers || w.record.Text("email") == schema.InstallerEmail {
		return nil
	}
	ids, err := queryTexts(t.tx, `SELECT "id" FROM `+store.Quote(schema.Superusers)+` WHERE "email" = $1`, store.Text(schema.InstallerEmail))
	if err != nil || len(ids) == 0 {
		return err
	}
	return t.deleteRecords(w.table, ids)
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
