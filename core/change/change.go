// Package change is the log of what committed writes did, and the feed that is
// read from it.
//
// Every transaction that changes a record, a collection or the settings ends with
// rows of the table _changes, so that the log holds exactly what was committed.
// The feed hands them out in the order of their numbers: for changes of one
// record that is the order in which they happened. A subscriber gets each
// transaction once, and after an interruption again from the token that it kept:
// what came with that token or before does not come again, what came after it may.
package change

import "time"

// Action is what happened.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
)

// Kind is what it happened to.
type Kind string

// The kinds. A change of a collection stands for all that it does to its table:
// the rows of records that a changed field or a deleted collection takes along
// are not listed.
const (
	Record     Kind = "record"
	Collection Kind = "collection"
	Settings   Kind = "settings"
)

// Change is one record, collection or the settings, changed by a committed
// transaction. Who receives one must not change what Before holds.
type Change struct {
	Kind       Kind
	Collection string // id; empty for the settings
	Record     string // id; empty unless Kind is Record
	Action     Action

	// Before is a JSON object of what was there before, by the ids of fields: of an
	// update the old values of what changed, of a delete all values. Secrets
	// (passwords and token keys) are never in it. Nil for a create, and where Kind
	// is not Record.
	Before []byte

	By string // who did it: the id of a collection, "/", the id of a record; empty for guests and for code

	// What the log adds.
	Seq  int64     // of the transaction; grows
	N    int       // position in the transaction, from 0
	Node string    // process that did it
	At   time.Time // in milliseconds
}
