// Locks among processes: advisory locks of sessions, each on a connection of its own.

package postgres

import (
	"context"

	"github.com/loambase/loam/core/internal/store"
)

var _ store.Locker = (*DB)(nil)

// lockSQL are the statements that take an advisory lock and return TRUE if it was taken. The key
// of the lock contains the name of the schema, since several installations may share a database.
var lockSQL = map[store.LockMode]string{
	store.LockTry:    `SELECT pg_try_advisory_lock(`,
	store.LockShared: `SELECT pg_try_advisory_lock_shared(`,
	store.LockWait:   `SELECT TRUE FROM pg_advisory_lock(`,
}

// Lock implements store.Locker. If its connection ends, so does the lock.
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
			// Without this, the server would free the lock some time after the connection is closed.
			_, _ = loan.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock_all()`)
			_ = loan.Conn().Close(context.WithoutCancel(ctx)) // it has no transaction
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
