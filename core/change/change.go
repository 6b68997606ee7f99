// Package change names what a committed write did. The durable change log and
// its feed grow here; today it is the value that a write hands to those who keep
// caches.
package change

// Action is what happened to a record.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
)

// Change is one record changed by a committed transaction.
type Change struct {
	Collection string // id
	Record     string // id
	Action     Action
}
