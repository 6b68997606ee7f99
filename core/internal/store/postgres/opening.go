// Read transactions that begin with their first query, in one exchange with the server.

package postgres

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/trace"
)

// Statements that begin a read transaction. Each connection has them prepared.
const (
	beginReading = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`
	readVersion  = `SELECT "version" FROM "_loam_state"`
)

// opening is the state of a session whose transaction begins with its first query. The zero value
// is that of a session whose transaction has begun.
type opening struct {
	pending  bool             // the transaction has not begun
	unfit    bool             // the transaction has to be given up, before any row of it was seen
	expected uint64           // the version of the definitions when the read began
	pipeline *pgconn.Pipeline // of the first query, until its rows are read
}

// errUnfit is the error of all queries of a transaction that is given up: its definitions are not
// the expected ones, or its connection was cut off.
var errUnfit = errors.New("postgres: the read transaction is given up")

// readAtOnce runs fn in a transaction that begins with the first query of fn, in the same round
// trip. The transaction ends after the return, so that the caller does not wait for it. If again
// is true, the transaction was given up: fn has seen no row, and the caller has to run it anew.
func (db *DB) readAtOnce(ctx context.Context, fn func(store.Reader) error) (again bool, err error) {
	if ctx.Value(catchingUp{}) != nil {
		return true, nil
	}
	expected := db.defined.Load() // before fn looks at the caches
	loan, err := db.readers.Acquire(ctx)
	if err != nil {
		return false, db.explain(ctx, err)
	}
	pg := loan.Conn().PgConn()
	r := &reader{session{
		db: db, loan: loan, pg: pg, kept: statementsOf(pg), ctx: ctx, span: trace.From(ctx), meter: db.cfg.Meter,
		opening: opening{pending: true, expected: expected},
	}}
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
	// What fn has read from the caches alone must be what the database holds, too.
	if r.opening.pending {
		if begun := r.openAlone(); begun != nil && err == nil {
			err = begun
		}
	}
	return r.opening.unfit, err
}

// openWith begins the transaction with a query whose parameters are bound.
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
	answer, err := next(p)
	if err != nil {
		s.endPipeline()
		st.meter.Ran(s.span, began, 0, s.args, err)
		return nil, nil, s.fail(err)
	}
	return answer, st, nil
}

// sendOpening sends the pipeline of openWith and returns the version.
func sendOpening(p *pgconn.Pipeline) (version uint64, err error) {
	if err := p.Sync(); err != nil {
		return 0, err
	}
	begun, err := next(p)
	if err != nil {
		return 0, err
	}
	if _, err := begun.Close(); err != nil {
		return 0, err
	}
	row, err := next(p)
	if err != nil {
		return 0, err
	}
	if row.NextRow() {
		version, _ = strconv.ParseUint(string(row.Values()[0]), 10, 64) // the column is an integer
	}
	_, err = row.Close()
	return version, err
}

// next returns the answer to the next statement of the pipeline.
func next(p *pgconn.Pipeline) (*pgconn.ResultReader, error) {
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

// openAlone begins the transaction by itself, and prepares what openWith needs the next time.
func (s *session) openAlone() error {
	s.opening.pending = false
	results, err := s.pg.Exec(s.ctx, beginReading+"; "+readVersion).ReadAll()
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

// notBegun is the error of a transaction that did not begin. The transaction is given up if the
// connection was cut off: another one may work.
func (s *session) notBegun(err error) error {
	s.endPipeline()
	if s.ctx.Err() == nil && errors.Is(s.db.explain(s.ctx, err), store.ErrUnavailable) {
		return s.giveUp()
	}
	return s.fail(err)
}

// giveUp gives the transaction up.
func (s *session) giveUp() error {
	s.endPipeline()
	s.opening.unfit = true
	s.failed = errUnfit
	return errUnfit
}

// endPipeline frees the connection of the first query. The error is that of an answer that
// nobody has read.
func (s *session) endPipeline() error {
	p := s.opening.pipeline
	if p == nil {
		return nil
	}
	s.opening.pipeline = nil
	return p.Close()
}
