// Collections that were written by SQL, not by this service: they are read again within the
// transaction that has written them.

package collection

import (
	"fmt"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Reread reads the collections in tx, and publishes them when tx is durable. If the server could
// not work with them, the error is a fault.Invalid with the reason: rows of _collections that
// cannot be read, a missing system collection, a collection without its table or a column.
func (s *Service) Reread(tx store.Tx) (*schema.Snapshot, error) {
	list, err := s.readRows(tx)
	if err != nil {
		return nil, rereadFault(err)
	}
	next := s.snapshot(list)
	for _, c := range s.cfg.Snapshots.Load().All() {
		if now := next.ByID(c.ID); c.System && (now == nil || now.Name != c.Name || now.Type != c.Type) {
			return nil, fault.New(fault.Invalid, fmt.Sprintf("the system collection %s would be missing", c.Name))
		}
	}
	for _, c := range list {
		if err := checkTable(tx, c); err != nil {
			return nil, err
		}
	}
	tx.OnCommit(func() { s.cfg.Snapshots.Store(next) })
	return next, nil
}

// checkTable returns a fault if the table of a collection, or one of its columns, does not exist.
func checkTable(tx store.Tx, c *schema.Collection) error {
	reason, err := unmatched(tx, c)
	if reason != "" {
		return fault.New(fault.Invalid, fmt.Sprintf("the collection %s would not match its table: %s", c.Name, reason))
	}
	return err
}

// unmatched returns the message with which the database refuses to read the columns of a
// collection, "" if it reads them. After a refusal a transaction of PostgreSQL is aborted.
func unmatched(r store.Reader, c *schema.Collection) (reason string, err error) {
	table := store.Quote(c.Name)
	columns := make([]string, len(c.Fields))
	for i, f := range c.Fields {
		columns[i] = table + "." + store.Quote(f.Name) // with the table: SQLite reads other unknown names as texts
	}
	rows, err := r.Query("SELECT " + strings.Join(columns, ", ") + " FROM " + table + " WHERE 1 = 0")
	if err == nil {
		rows.Next() // SQLite compiles a cached statement again only when it runs
		err = rows.Close()
	}
	if reason, refused := refusal(err); refused {
		return reason, nil
	}
	return "", err
}

// rereadFault returns the fault of unreadable rows of _collections, unless the database has
// failed.
func rereadFault(err error) error {
	if fault.KindOf(err) == fault.Unavailable {
		return err
	}
	return fault.New(fault.Invalid, "the collections could not be read any more: "+err.Error())
}
