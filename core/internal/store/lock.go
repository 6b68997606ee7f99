// Locks among the processes of one database, for resources outside the database, such as files.

package store

import "context"

// Locker is a Store whose database several processes share: PostgreSQL. The processes share a
// data folder, too.
type Locker interface {
	// Lock takes the named lock, among all processes of the database, until release is called. ok
	// is false if others have it; LockWait waits for them instead. When a process ends, its locks
	// end.
	Lock(ctx context.Context, name string, how LockMode) (release func(), ok bool, err error)
}

// LockMode is the mode of a lock.
type LockMode uint8

// The modes of a lock.
const (
	LockTry    LockMode = iota // exclusive; fails if others have the lock
	LockWait                   // exclusive; waits until no other has the lock
	LockShared                 // shared; fails if another has the lock exclusively or waits for it
)
