// Package change is the log of what committed writes did, and the feed that is
// read from it.
//
// Every transaction that changes a record, a collection or the settings ends with
// rows of the table _changes, so the log holds exactly what was committed. The feed
// delivers the rows in the order of their numbers; for changes of one record that is
// the order in which they happened. A live subscriber gets each transaction once. A
// subscriber that resumes from a token gets everything after that token, and may get
// again what it had received after it. DESIGN.md says why.
package change

import "time"

// Action is what a transaction did to a record, a collection or the settings.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"

	// Rewrite, of a collection, says that its table was written by SQL: any record may be another
	// one, or be gone.
	Rewrite Action = "rewrite"
)

// Kind is what was changed.
type Kind string

// The kinds. A change of a collection stands for everything that it does to the
// collection's table: the rows of records whose field is dropped, or that go with a
// deleted collection, are not listed.
const (
	Record     Kind = "record"
	Collection Kind = "collection"
	Settings   Kind = "settings"
)

// Change is the change of one record, of one collection or of the settings by a
// committed transaction. Receivers share it: they must not write to Before.
type Change struct {
	Kind       Kind
	Collection string // id; empty for the settings
	Record     string // id; empty unless Kind is Record
	Action     Action

	// Before is a JSON object from field ids to the values that the change replaced:
	// for an update those of the changed fields, for a delete those of all fields.
	// Passwords and token keys are left out. It is nil for a create, and unless Kind
	// is Record.
	Before []byte

	// By is the actor: the id of the account's collection, "/", its record id. It is
	// empty for guests and for the program's own code.
	By string

	// Seq is the number of the transaction, N the position in it, from 0. Append sets
	// both, but a transaction of a single change learns its Seq only from the log.
	Seq int64
	N   int

	Node string    // the process that committed the transaction
	At   time.Time // when, in milliseconds
}

// Position is where in the log the change stands.
func (c *Change) Position() Position { return Position{c.Seq, c.N} }
