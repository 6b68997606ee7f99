// Read transactions that begin with their first query, in one exchange with the server.

package postgres

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loambase/loam/core/internal/store"
)

// Statements that begin a read transaction. Each connection has them prepared.
const (
	beginReading = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`
	readVersion  = `SELECT "version" FROM "_loam_state"`
)

// opening is the state of a session whose transaction begins with its first query. The zero value
// stands for a transaction that has begun.
type opening struct {
	pending  bool             // the transaction has not begun
	unfit    bool             // the transaction is given up; its function has seen no row
	expected uint64           // the version of the definitions that the caches had before the function
	pipeline *pgconn.Pipeline // of the first query, until its rows are read; else nil
}

// errUnfit is the error of all queries of a transaction that is given up: it reads another version of
// the definitions than the expected version, or its connection was cut off.
var errUnfit = errors.New("postgres: the read transaction is given up")

// readAtOnce runs fn in a transaction that begins with the first query of fn, in the same round
// trip. The transaction ends in the background, so that the caller does not wait for the ROLLBACK;
// Close waits for the connection. If again is true, the transaction was given up: fn has seen no row,
// and the caller has to run fn again.
func (db *DB) readAtOnce(ctx context.Context, fn func(store.Reader) error) (again bool, err error) {
	expected := db.defined.Load() // before fn looks at the caches
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
		} else { // fn panicked
			r.giveBack()
		}
	}()
	err = fn(r)
	returned = true
	// If fn has made no query, the definitions that it has read from the caches must be those of the
	// database.
	if r.opening.pending {
		if begun := r.openAlone(); begun != nil && err == nil {
			err = begun
		}
	}
	return r.opening.unfit, err
}

// openWith begins the transaction together with a query whose parameters are bound. If a statement
// is not prepared on the connection, the transaction begins before the query.
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
		_ = s.endPipeline() // err is the cause
		st.meter.Ran(s.span, began, 0, s.args, err)
		return nil, nil, s.fail(err)
	}
	return answer, st, nil
}

// sendOpening sends the pipeline of openWith. It reads the answers before that of the query, and
// returns the version of the definitions.
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

// openAlone begins the transaction without a query, and prepares the statements that openWith sends
// in later transactions.
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

// notBegun returns the error of a transaction that did not begin. If the connection was cut off, the
// transaction is given up, because another connection may work.
func (s *session) notBegun(err error) error {
	_ = s.endPipeline() // err is the cause
	if s.ctx.Err() == nil && errors.Is(s.db.explain(s.ctx, err), store.ErrUnavailable) {
		return s.giveUp()
	}
	return s.fail(err)
}

// giveUp makes errUnfit the error of this query and of all later ones.
func (s *session) giveUp() error {
	_ = s.endPipeline() // the answer to the query is dropped
	s.opening.unfit = true
	s.failed = errUnfit
	return errUnfit
}

// endPipeline reads the rest of the answers to the first query, so that the connection is free. It
// returns the error of an answer that was not read before. Without a pipeline it does nothing.
func (s *session) endPipeline() error {
	p := s.opening.pipeline
	if p == nil {
		return nil
	}
	s.opening.pipeline = nil
	return p.Close()
}
