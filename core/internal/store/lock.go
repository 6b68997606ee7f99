// Locks among the processes of one database, for what is not in it: files.

package store

import "context"

// Locker is implemented by a Store whose database several processes share: PostgreSQL. They
// share a data folder too.
type Locker interface {
	// Lock takes the lock of that name, among all processes of the database, until release is
	// called. ok is false if others have it; with LockWait they are waited for. A process that
	// ends has no lock any more.
	Lock(ctx context.Context, name string, how LockMode) (release func(), ok bool, err error)
}

// LockMode is how a lock is taken.
type LockMode uint8

// The modes of a lock.
const (
	LockTry    LockMode = iota // alone, if nobody has it
	LockWait                   // alone, when nobody has it any more
	LockShared                 // beside others, if nobody has it alone or waits for it
)
