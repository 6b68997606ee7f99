// Locks among processes: advisory locks of sessions, each on a connection of its own.

package postgres

import (
	"context"

	"github.com/loambase/loam/core/internal/store"
)

var _ store.Locker = (*DB)(nil)

// lockSQL takes an advisory lock. It is one of the schema: several installations may be in one
// database. TRUE is that it was taken.
var lockSQL = map[store.LockMode]string{
	store.LockTry:    `SELECT pg_try_advisory_lock(`,
	store.LockShared: `SELECT pg_try_advisory_lock_shared(`,
	store.LockWait:   `SELECT TRUE FROM pg_advisory_lock(`,
}

// Lock implements store.Locker. The lock goes with its connection.
func (db *DB) Lock(ctx context.Context, name string, how store.LockMode) (release func(), ok bool, err error) {
	leave, err := db.enter(ctx)
	if err != nil {
		return nil, false, err
	}
	pool, err := db.ownConnection(ctx)
	if err != nil {
		leave()
		return nil, false, err
	}
	loan, err := pool.Acquire(ctx)
	release = func() {
		if loan != nil {
			// The server would let go of it some time after the connection is closed.
			_, _ = loan.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock_all()`)
			_ = loan.Conn().Close(context.WithoutCancel(ctx)) // nothing can be lost
			loan.Release()
		}
		pool.Close()
		leave()
	}
	if err == nil {
		key := `hashtextextended(` + literal("loam "+name+" ") + ` || current_schema(), 0))`
		err = loan.QueryRow(ctx, lockSQL[how]+key).Scan(&ok)
	}
	if err != nil {
		err = db.explain(ctx, err)
	}
	if !ok {
		release()
		return nil, false, err
	}
	return release, true, nil
}
