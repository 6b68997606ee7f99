// Sessions: the queries and statements that one call runs on its connection.

package postgres

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/trace"
)

// session is the use of a connection by one call. A Reader, Tx or Rows that is kept beyond the call
// returns store.ErrClosed.
type session struct {
	db      *DB
	loan    *pgxpool.Conn
	pg      *pgconn.PgConn
	kept    *statements
	ctx     context.Context // its end cancels the running statement
	binding binding
	span    *trace.Span  // parent of the spans of statements; nil without tracing
	meter   *store.Meter // measures the statements

	sql  string        // of the last statement
	args []store.Value // of the last statement

	opening opening
	reading *rows // the query whose rows are not all read from the connection; nil if there is none
	opened  []*rows
	over    bool         // the call has returned
	failed  error        // the error of all further statements, until a savepoint is undone; else nil
	tooLong tooLongValue // of the last statement that failed with store.TooLongError
	lost    error        // the driver's error after which the transaction must be run again or given up; else nil

	cause   error // the driver's error of the statement of a script that failed
	discard bool  // the connection is closed after this call
}

// newSession returns a session on the connection, without a transaction.
func (db *DB) newSession(ctx context.Context, loan *pgxpool.Conn) *session {
	pg := loan.Conn().PgConn()
	return &session{db: db, loan: loan, pg: pg, kept: statementsOf(pg), ctx: ctx, span: trace.From(ctx), meter: db.cfg.Meter}
}

// Query implements store.Reader.
func (s *session) Query(sql string, args ...store.Value) (store.Rows, error) {
	began := time.Now()
	result, st, err := s.start(sql, args, asks(sql))
	if err != nil {
		return nil, err
	}
	r := &rows{in: s, from: result, fields: st.fields, meter: st.meter, began: began, args: args}
	s.reading = r
	s.opened = append(s.opened, r)
	return r, nil
}

// Exec implements store.Tx.
func (s *session) Exec(sql string, args ...store.Value) (int64, error) {
	began := time.Now()
	result, st, err := s.start(sql, args, false)
	if err != nil {
		return 0, err
	}
	tag, err := result.Close()
	if ended := s.endPipeline(); err == nil {
		err = ended
	}
	st.meter.Ran(s.span, began, tag.RowsAffected(), args, err)
	if err != nil {
		return 0, s.fail(err)
	}
	switch {
	case tag.String() == "":
		return 0, s.fail(refuse("no statement"))
	case tag.Insert(), tag.Update(), tag.Delete():
		return tag.RowsAffected(), nil
	}
	return 0, nil
}

// usable returns the error of every statement that would run now, nil if statements can run.
func (s *session) usable() error {
	switch {
	case s.over:
		return store.ErrClosed
	case s.failed != nil:
		return s.failed
	case s.ctx.Err() != nil:
		return contextError(s.ctx.Err())
	}
	return nil
}

// start sends a statement. question says that the statement only asks, see binding.set. The returned
// statement has no fields if it changes definitions.
func (s *session) start(sql string, args []store.Value, question bool) (*pgconn.ResultReader, *statement, error) {
	if err := s.usable(); err != nil {
		return nil, nil, err
	}
	// The protocol answers one statement at a time, so the rest of the rows that are being read is
	// fetched into memory first.
	s.park()
	s.sql, s.args = sql, args
	if err := s.usable(); err != nil { // reading the parked rows has failed
		return nil, nil, err
	}
	if err := s.binding.set(args, question); err != nil {
		return nil, nil, s.fail(err)
	}
	if s.opening.pending {
		return s.openWith(sql)
	}
	return s.startBound(sql)
}

// startBound sends a statement whose parameters are bound.
func (s *session) startBound(sql string) (*pgconn.ResultReader, *statement, error) {
	st, err := s.prepared(sql)
	if err != nil {
		return nil, nil, s.fail(err)
	}
	// A change of definitions runs once, so it is not prepared.
	if st.name == "" {
		return s.pg.ExecParams(s.ctx, sql, s.binding.values, s.binding.types, nil, nil), st, nil
	}
	return s.pg.ExecPrepared(s.ctx, st.name, s.binding.values, nil, nil), st, nil
}

// prepared returns the prepared statement for the bound parameters, and prepares it if need be.
func (s *session) prepared(sql string) (*statement, error) {
	if s.kept.stale {
		if err := s.kept.deallocate(s.ctx, s.pg); err != nil {
			return nil, err
		}
	}
	if st := s.kept.find(sql, s.binding.types); st != nil {
		return st, nil
	}
	switch {
	case !clean(sql):
		return nil, refuse("a statement with U+0000 in it")
	case !named(sql, len(s.binding.types)):
		return nil, refuse("a parameter that the statement does not name")
	}
	switch verbOf(sql) {
	// Prepared statements may refer to the tables that this statement changes: all are deallocated
	// before the next statement.
	case verbDefine:
		s.kept.stale = true
		return &statement{meter: s.meter.Statement(sql)}, nil
	case verbQuery:
		return s.kept.prepare(s.ctx, s.pg, s.meter, sql, s.binding.types)
	}
	return nil, refuse("a statement of a kind that has no place here")
}

// clean reports whether the text is without U+0000, which ends a text in the protocol.
func clean(sql string) bool {
	for i := range len(sql) {
		if sql[i] == 0 {
			return false
		}
	}
	return true
}

// fail returns the store's error for an error of the driver or of this package, and makes it the error
// of all further statements: PostgreSQL runs no statement in a transaction that has failed.
func (s *session) fail(err error) error {
	out := err
	var own *store.StatementError
	if !errors.As(err, &own) {
		out = s.db.explain(s.ctx, err)
	}
	// A conflict ends the whole transaction: the retry needs a new snapshot, which a savepoint
	// cannot give.
	if conflict(err) || s.pg.IsClosed() {
		s.lost = err
	}
	var long *store.TooLongError
	if errors.As(out, &long) {
		s.tooLong = tooLongValue{index: long.Index}
		// PostgreSQL does not name the index of an entry that is larger than a page. The columns that
		// are assigned long parameters narrow it down.
		if long.Index == "" {
			s.tooLong.table, s.tooLong.columns = assigned(s.sql, s.args)
		}
	}
	s.failed = out
	return out
}

// park reads the rest of the unread rows into memory, so that the connection is free.
func (s *session) park() {
	if s.reading != nil {
		s.reading.park()
	}
}

// remove removes a query that is read to its end from the list of open ones.
func (s *session) remove(r *rows) {
	if i := slices.Index(s.opened, r); i >= 0 {
		s.opened = slices.Delete(s.opened, i, i+1)
	}
}

// end closes the rows that the call left open.
func (s *session) end() {
	for len(s.opened) > 0 {
		r := s.opened[len(s.opened)-1]
		_ = r.Close() // the call has returned: its error has no reader
		r.err = store.ErrClosed
	}
	s.over = true
}
