// Package change is the log of the changes of committed writes, and the feed of the log.
//
// Every transaction that changes a record, a collection or the settings ends with rows of the table
// _changes, so the log holds exactly the committed changes. The feed delivers the rows in the order
// of their numbers; for changes of one record that is the order in which they happened. A live
// subscriber gets each transaction once. A subscriber that resumes from a token gets all changes
// after that token, including changes that it has received before. DESIGN.md gives the reasons.
package change

import "time"

// Action is the kind of change of a record, a collection or the settings.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"

	// Rewrite, of a collection, means that its table was written by SQL: any record may have
	// changed or be deleted.
	Rewrite Action = "rewrite"
)

// Kind is the kind of the changed object.
type Kind string

// The kinds. A change of a collection includes its effects on the collection's table: records whose
// field is dropped, or that are deleted with the collection, have no changes of their own.
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

	// Before is a JSON object from field ids to the values that the change replaced: for an update
	// the values of the changed fields, for a delete the values of all fields. Passwords and token
	// keys are left out. It is nil for a create, and unless Kind is Record.
	Before []byte

	// By is the actor: the id of the account's collection, "/", its record id. It is
	// empty for guests and for the program's own code.
	By string

	// Seq is the number of the transaction, N the position in the transaction, from 0. Append sets
	// both, but a transaction of a single change learns its Seq only from the log.
	Seq int64
	N   int

	Node string    // the process that committed the transaction
	At   time.Time // time of the transaction, in milliseconds
}

// Position returns the position of the change in the log.
func (c *Change) Position() Position { return Position{c.Seq, c.N} }
