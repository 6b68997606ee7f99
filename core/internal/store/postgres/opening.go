// Read transactions that begin together with their first query, in one exchange with the server.

package postgres

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loambase/loam/core/internal/store"
)

// The statements that begin a read transaction. openAlone prepares them on the connection.
const (
	beginReading = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`
	readVersion  = `SELECT "version" FROM "_loam_state"`
)

// opening is the state of a transaction that begins with its first query. The zero value is that of
// a transaction that has begun.
type opening struct {
	pending  bool             // the transaction has not begun
	unfit    bool             // the transaction is given up, before its function has seen a row
	expected uint64           // the version of the definitions in the caches, read before the function was called
	pipeline *pgconn.Pipeline // the pipeline with the first query; nil if there is none, and after its rows are read
}

// errUnfit is the error of all queries of a transaction that is given up: the database has another
// version of the definitions than the caches, or the connection was cut off.
var errUnfit = errors.New("postgres: the read transaction is given up")

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
	r.opening = opening{pending: true, expected: expected}
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

// openWith sends the statements that begin the transaction together with a query whose parameters
// are bound. If one of these statements is not prepared on the connection, the transaction begins
// first.
func (s *session) openWith(sql string) (*pgconn.ResultReader, *statement, error) {
	begin, version, st := s.kept.find(beginReading, nil), s.kept.find(readVersion, nil), s.kept.find(sql, s.binding.types)
	if begin == nil || version == nil || st == nil || s.kept.stale || s.kept.of != s.opening.expected {
		if err := s.openAlone(); err != nil {
			return nil, nil, err
		}
		return s.startBound(sql)
	}
	began := time.Now()
	s.opening.pending = false
	p := s.pg.StartPipeline(s.ctx)
	s.opening.pipeline = p
	p.SendQueryPrepared(begin.name, nil, nil, nil)
	p.SendQueryPrepared(version.name, nil, nil, nil)
	p.SendQueryPrepared(st.name, s.binding.values, nil, nil)
	found, err := sendOpening(p)
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

// sendOpening sends the pipeline of openWith, reads the answers to the statements that begin the
// transaction, and returns the version of the definitions. The answer to the query is not read.
func sendOpening(p *pgconn.Pipeline) (version uint64, err error) {
	if err := p.Sync(); err != nil {
		return 0, err
	}
	begun, err := nextAnswer(p)
	if err != nil {
		return 0, err
	}
	if _, err := begun.Close(); err != nil {
		return 0, err
	}
	row, err := nextAnswer(p)
	if err != nil {
		return 0, err
	}
	if row.NextRow() {
		version, _ = strconv.ParseUint(string(row.Values()[0]), 10, 64) // the column is an integer
	}
	_, err = row.Close()
	return version, err
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

// openAlone begins the transaction without a query, and prepares the statements with which openWith
// begins later transactions.
func (s *session) openAlone() error {
	s.opening.pending = false
	results, err := s.pg.Exec(s.ctx, beginRead).ReadAll()
	if err != nil {
		return s.notBegun(err)
	}
	version := number(results)
	if version != s.opening.expected || version == 0 {
		return s.giveUp()
	}
	if s.kept.of != version || s.kept.stale {
		s.kept.of = version
		if err := s.kept.deallocate(s.ctx, s.pg); err != nil {
			return s.fail(err)
		}
	}
	for _, sql := range []string{beginReading, readVersion} {
		if s.kept.find(sql, nil) != nil {
			continue
		}
		if _, err := s.kept.prepare(s.ctx, s.pg, s.meter, sql, nil); err != nil {
			return s.fail(err)
		}
	}
	return nil
}

// notBegun returns the error of a transaction that could not begin. If the connection was cut off,
// the transaction is given up, because another connection may work.
func (s *session) notBegun(err error) error {
	_ = s.endPipeline() // the caller gets err
	if s.ctx.Err() == nil && errors.Is(s.db.explain(s.ctx, err), store.ErrUnavailable) {
		return s.giveUp()
	}
	return s.fail(err)
}

// giveUp gives up the transaction: this query and all later queries fail with errUnfit.
func (s *session) giveUp() error {
	_ = s.endPipeline() // the answer to the query is dropped
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
