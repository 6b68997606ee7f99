// Read transactions.

package postgres

import (
	"context"
	"errors"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loambase/loam/core/internal/store"
)

// reader is one read transaction.
type reader struct{ session }

var _ store.Reader = (*reader)(nil)

// Stamp implements store.Reader. The state of tables is never known, since this process hears of
// the writes of other processes later.
func (s *session) Stamp(...string) (uint64, bool) { return 0, false }

// beginRead begins a read transaction and reads the version of the definitions, which fixes the
// snapshot of the transaction.
const beginRead = beginReading + "; " + readVersion

// Read implements store.Store. It fails with store.ErrTimeout at the deadline or limit of ctx, or
// after readTimeout if ctx has neither; and with store.ErrBusy if its turn did not come in time.
func (db *DB) Read(ctx context.Context, fn func(store.Reader) error) (err error) {
	leave, err := db.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	limit, limited := store.Limit(ctx)
	if _, ok := ctx.Deadline(); !ok && !limited {
		limit, limited = readTimeout, true
	}
	longest := readTimeout
	if limited {
		longest = limit
	}
	visit, err := db.door.enter(ctx, longest)
	if err != nil {
		return err
	}
	defer func() {
		if db.door.leave(visit) && err != nil {
			err = store.ErrBusy
		}
	}()
	var cancel context.CancelFunc
	if limited {
		ctx, cancel = context.WithTimeout(ctx, limit)
	} else {
		ctx, cancel = context.WithCancel(ctx)
	}
	defer cancel()
	db.door.revocable(visit, cancel)
	// A read for catchUp always finds a newer version than that of the caches, so readAtOnce would
	// give it up.
	if ctx.Value(catchingUp{}) == nil {
		if again, err := db.readAtOnce(ctx, fn); !again {
			return err
		}
	}
	s, err := db.begin(ctx, db.readers, beginRead)
	if err != nil {
		return err
	}
	r := &reader{session: *s}
	defer r.finish() // also if fn panics
	return fn(r)
}

// finish rolls the transaction back if it has not ended, and gives the connection back.
func (s *session) finish() {
	// Open rows have answers on the connection, which must be read before the ROLLBACK.
	s.end()
	s.giveBack()
}

// giveBack ends the transaction of an ended session, and gives the connection back.
func (s *session) giveBack() {
	s.rollback()
	if s.discard {
		_ = s.loan.Conn().Close(context.WithoutCancel(s.ctx)) // the transaction has ended
	}
	s.loan.Release() // closes the connection if it is not idle
}

// rollback ends the transaction if there is one.
func (s *session) rollback() {
	if s.pg.IsClosed() || s.pg.TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), cancelGrace)
	defer cancel()
	_, _ = s.pg.Exec(ctx, "ROLLBACK").ReadAll() // if that fails the connection is closed
}

// attempts limits the connections on which a transaction is tried. Connections that the server has
// cut off fail only when they are used.
const attempts = 3

// begin takes a connection and runs the statements that begin a transaction, of which one reads the
// version of the definitions. If the caches of this process are older, they are brought up to date,
// and the transaction begins again.
func (db *DB) begin(ctx context.Context, pool *pgxpool.Pool, sql string) (*session, error) {
	for tries := 1; ; {
		loan, err := pool.Acquire(ctx)
		if err != nil {
			return nil, db.explain(ctx, err)
		}
		s, version, err := db.tryBegin(ctx, loan, sql)
		if err != nil {
			tries++
			if tries > attempts || ctx.Err() != nil || !errors.Is(err, store.ErrUnavailable) {
				return nil, err
			}
			pool.Reset() // a restart of the server cuts off all connections at once
			continue
		}
		// The tables were replaced after the transaction had taken its snapshot, in which the new
		// tables have no rows.
		if version == 0 {
			s.finish()
			if tries++; tries > attempts {
				return nil, store.ErrUnavailable
			}
			continue
		}
		if db.defined.Load() >= version || ctx.Value(catchingUp{}) != nil {
			s.kept.follow(version)
			return s, nil
		}
		// The transaction reads definitions that the caches do not know yet. It is given up, and
		// begins again after catchUp. The reads of catchUp itself skip this, else they would wait
		// for themselves.
		s.finish()
		if err := db.catchUp(ctx, version); err != nil {
			return nil, err
		}
	}
}

// tryBegin begins a transaction on the connection, and returns the version of the definitions. If
// it fails, it gives the connection back.
func (db *DB) tryBegin(ctx context.Context, loan *pgxpool.Conn, sql string) (*session, uint64, error) {
	s := db.newSession(ctx, loan)
	results, err := s.pg.Exec(ctx, sql).ReadAll()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		s.finish()
		return nil, 0, db.explain(ctx, err)
	}
	return s, number(results), nil
}

// number returns the only value among the results, 0 if there is none.
func number(results []*pgconn.Result) uint64 {
	for _, r := range results {
		if len(r.Rows) == 1 && len(r.Rows[0]) == 1 {
			n, _ := strconv.ParseUint(string(r.Rows[0][0]), 10, 64) // the column is an integer
			return n
		}
	}
	return 0
}

// explain converts an error of the driver to an error of the store. If the context has ended, its
// error takes precedence over an error that may follow from the end.
func (db *DB) explain(ctx context.Context, err error) error {
	var e *pgconn.PgError
	if answered := errors.As(err, &e); ctx.Err() != nil && (!answered || e.Code == codeCancelled) {
		return contextError(ctx.Err())
	}
	out := classify(err)
	var unique *store.UniqueError
	if errors.As(out, &unique) {
		unique.Columns = db.indexColumns(e.ConstraintName)
	}
	return out
}
