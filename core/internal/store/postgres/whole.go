// The database as a whole, read for a backup.

package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loambase/loam/core/internal/store"
)

var _ store.Whole = (*DB)(nil)

// unhurried lifts the time limits of statements for a long transaction. An idle limit remains, so
// that a process that is stopped in it does not block all others forever.
const unhurried = `SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = '1h'; `

// ReadWhole implements store.Whole. It uses a separate connection, for which no other read or
// write waits.
func (db *DB) ReadWhole(ctx context.Context, fn func(store.Reader) error) error {
	leave, err := db.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	pool, err := db.ownConnection(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	s, err := db.begin(ctx, pool, `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; `+unhurried+`SELECT "version" FROM "_loam_state"`)
	if err != nil {
		return err
	}
	r := &reader{session: *s}
	defer r.finish()
	return fn(r)
}

// ownConnection returns a new pool of one connection.
func (db *DB) ownConnection(ctx context.Context) (*pgxpool.Pool, error) {
	cfg := db.service.Config()
	cfg.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	return pool, nil
}

// Size implements store.Whole. It includes the long texts that are stored apart from their rows.
func (*DB) Size(r store.Reader) (size int64, err error) {
	rows, err := r.Query(`SELECT COALESCE(sum(pg_table_size(oid)), 0) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'`)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	if rows.Next() {
		size = rows.Int(0)
	}
	return size, rows.Close()
}

// busyFor is the time after a write during which more writes are expected.
const busyFor = time.Second

// Yield implements store.Yielder. It knows only the writes of this process, which share the
// processor with the caller.
func (db *DB) Yield(ctx context.Context, took time.Duration) error {
	if err := ctx.Err(); err != nil {
		return contextError(err)
	}
	now := time.Now()
	if n := db.watch.count.Load(); db.yielded.Swap(n) != n {
		db.wroteAt.Store(now.UnixNano())
	}
	if now.UnixNano()-db.wroteAt.Load() > int64(busyFor) {
		return nil
	}
	timer := time.NewTimer(took)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return contextError(ctx.Err())
	case <-timer.C:
		return nil
	}
}
