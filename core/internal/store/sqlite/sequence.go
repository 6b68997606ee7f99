// Numbers of transactions for the change log.

package sqlite

import (
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// sequences implements store.Sequences.
type sequences struct{}

var _ store.Sequences = sequences{}

// NextNumber implements store.Sequences. It is one more than the greatest number: one transaction
// writes at a time, so numbers are in the order of commits.
func (sequences) NextNumber(table, column string) string {
	return `(SELECT COALESCE(max(` + store.Quote(column) + `), 0) + 1 FROM ` + store.Quote(table) + `)`
}

// OldestRunning implements store.Sequences. It is 0: no other transaction can be writing.
func (sequences) OldestRunning() string { return "0" }

// TransactionID implements store.Sequences. It is 0: see OldestRunning.
func (sequences) TransactionID() string { return "0" }

// migrator writes system migrations in SQLite's SQL.
type migrator struct{}

var _ store.Migrator = migrator{}

// Migration implements store.Migrator.
func (migrator) Migration(sql string) string {
	return strings.NewReplacer("{text}", "TEXT", "{int}", "INTEGER", "{serial}", "INTEGER", "{rowid}", "", "{clustered}", "WITHOUT ROWID").Replace(sql)
}
