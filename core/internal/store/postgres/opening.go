// Transactions that begin with their first statement, in one exchange with the server.

package postgres

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loambase/loam/core/internal/store"
)

const (
	beginReading = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`
	beginWriting = `BEGIN ISOLATION LEVEL SERIALIZABLE`
	lockAtOnce   = `LOCK TABLE "_loam_state" IN ` + string(lockShared) + ` MODE NOWAIT`
	readVersion  = `SELECT "version" FROM "_loam_state"`
)

// The statements that begin a transaction; openAlone prepares them on the connection. The last
// statement of a list reads the version of the definitions. A write whose lock is not free is given
// up: in the next transaction, db.begin waits for the lock as long as the caller does.
var (
	readOpening  = []string{beginReading, readVersion}
	writeOpening = []string{beginWriting, lockAtOnce, readVersion}
)

// opening is the state of a transaction that begins with its first statement. The zero value stands
// for a transaction that has begun.
type opening struct {
	statements []string         // the statements that begin the transaction: readOpening or writeOpening
	pending    bool             // the transaction has not begun
	unfit      bool             // the transaction is given up, before its function has seen a row
	expected   uint64           // the version of the definitions in the caches, read before the function was called
	pipeline   *pgconn.Pipeline // the pipeline with the first statement; nil if there is none, and after its answer is read
}

// errUnfit is the error of all statements of a transaction that is given up: the database has
// another version of the definitions than the caches, the lock is not free, or the connection was
// cut off.
var errUnfit = errors.New("postgres: the transaction is given up")

// readAtOnce runs fn in a transaction that begins in the same round trip as the first query of fn.
// The transaction ends in the background, so that the caller does not wait for the ROLLBACK;
// DB.Close waits for it. again is true if the transaction was given up: fn has not seen a row, and
// the caller runs fn again in another transaction.
func (db *DB) readAtOnce(ctx context.Context, fn func(store.Reader) error) (again bool, err error) {
	expected := db.defined.Load() // before fn reads from the caches
	loan, err := db.readers.Acquire(ctx)
	if err != nil {
		return false, db.explain(ctx, err)
	}
	r := &reader{*db.newSession(ctx, loan)}
	r.opening = opening{statements: readOpening, pending: true, expected: expected}
	returned := false
	defer func() {
		r.end()
		if returned {
			go r.giveBack()
		} else { // fn has panicked
			r.giveBack()
		}
	}()
	err = fn(r)
	returned = true
	// A function without a query may have read definitions from the caches. They must be those of
	// the database.
	if r.opening.pending {
		if begun := r.openAlone(); begun != nil && err == nil {
			err = begun
		}
	}
	return r.opening.unfit, err
}

// writeAtOnce runs fn in a write transaction that begins in the same round trip as the first
// statement of fn, and commits. unfit is true if the transaction was given up: fn has not seen a
// row, and the caller runs fn again. again is the result of apply.
func (db *DB) writeAtOnce(ctx context.Context, fn func(store.Tx) error, g *growth) (unfit, again bool, err error) {
	expected := db.defined.Load() // before fn reads from the caches
	db.cfg.Meter.Waiting.Add(1)
	loan, err := db.writers.Acquire(ctx)
	db.cfg.Meter.Waiting.Add(-1)
	if err != nil {
		return false, false, db.explain(ctx, err)
	}
	t := &tx{session: *db.newSession(ctx, loan), growth: g}
	t.opening = opening{statements: writeOpening, pending: true, expected: expected}
	var cancel context.CancelFunc
	t.ctx, cancel = begunContext(ctx)
	defer cancel()
	again, err = db.apply(t, fn, "")
	return t.opening.unfit, again, err
}

// openWith sends the statements that begin the transaction together with a statement whose
// parameters are bound. If one of these statements is not prepared on the connection, the
// transaction begins first.
func (s *session) openWith(sql string) (*pgconn.ResultReader, *statement, error) {
	begin, st := s.kept.findAll(s.opening.statements), s.kept.find(sql, s.binding.types)
	if begin == nil || st == nil || s.kept.stale || s.kept.of != s.opening.expected {
		if err := s.openAlone(); err != nil {
			return nil, nil, err
		}
		return s.startBound(sql)
	}
	began := time.Now()
	s.opening.pending = false
	p := s.pg.StartPipeline(s.ctx)
	s.opening.pipeline = p
	for _, b := range begin {
		p.SendQueryPrepared(b.name, nil, nil, nil)
	}
	p.SendQueryPrepared(st.name, s.binding.values, nil, nil)
	found, err := sendOpening(p, len(begin))
	if err != nil {
		return nil, nil, s.notBegun(err)
	}
	if found != s.opening.expected {
		return nil, nil, s.giveUp()
	}
	answer, err := nextAnswer(p)
	if err != nil {
		_ = s.endPipeline() // the caller gets err
		st.meter.Ran(s.span, began, 0, s.args, err)
		return nil, nil, s.fail(err)
	}
	return answer, st, nil
}

// sendOpening sends the pipeline of openWith, reads the answers to the n statements that begin the
// transaction, and returns the version of the definitions, which is in the last of these answers.
func sendOpening(p *pgconn.Pipeline, n int) (version uint64, err error) {
	if err := p.Sync(); err != nil {
		return 0, err
	}
	for range n {
		answer, err := nextAnswer(p)
		if err != nil {
			return 0, err
		}
		if answer.NextRow() {
			version, _ = strconv.ParseUint(string(answer.Values()[0]), 10, 64) // the column is an integer
		}
		if _, err := answer.Close(); err != nil {
			return 0, err
		}
	}
	return version, nil
}

// nextAnswer returns the answer to the next statement of the pipeline.
func nextAnswer(p *pgconn.Pipeline) (*pgconn.ResultReader, error) {
	results, err := p.GetResults()
	if err != nil {
		return nil, err
	}
	answer, ok := results.(*pgconn.ResultReader)
	if !ok {
		return nil, errors.New("postgres: no answer to a statement")
	}
	return answer, nil
}

// openAlone begins the transaction without another statement, and prepares the statements with
// which openWith begins later transactions.
func (s *session) openAlone() error {
	s.opening.pending = false
	results, err := s.pg.Exec(s.ctx, strings.Join(s.opening.statements, "; ")).ReadAll()
	if err != nil {
		return s.notBegun(err)
	}
	version := number(results)
	if version != s.opening.expected || version == 0 {
		return s.giveUp()
	}
	if s.kept.follow(version); s.kept.stale {
		if err := s.kept.deallocate(s.ctx, s.pg); err != nil {
			return s.fail(err)
		}
	}
	for _, sql := range s.opening.statements {
		if s.kept.find(sql, nil) != nil {
			continue
		}
		if _, err := s.kept.prepare(s.ctx, s.pg, s.meter, sql, nil); err != nil {
			return s.fail(err)
		}
	}
	return nil
}

// notBegun returns the error of a transaction that could not begin. If the connection was cut off
// or the lock is not free (both are ErrUnavailable), the transaction is given up, since a later
// attempt may succeed.
func (s *session) notBegun(err error) error {
	_ = s.endPipeline() // the caller gets err
	if s.ctx.Err() == nil && errors.Is(s.db.explain(s.ctx, err), store.ErrUnavailable) {
		return s.giveUp()
	}
	return s.fail(err)
}

// giveUp gives up the transaction: this statement and all later statements fail with errUnfit.
func (s *session) giveUp() error {
	_ = s.endPipeline() // the answer to the first statement is dropped
	s.opening.unfit = true
	s.failed = errUnfit
	return errUnfit
}

// endPipeline reads the remaining answers of the pipeline, so that the connection can be used
// again, and returns the error of such an answer. Without a pipeline it does nothing.
func (s *session) endPipeline() error {
	p := s.opening.pipeline
	if p == nil {
		return nil
	}
	s.opening.pipeline = nil
	return p.Close()
}
