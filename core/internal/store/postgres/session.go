// One call's use of a connection: queries, statements and what ends them.

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

// session is what one call has of a connection. Whoever keeps a Reader, Tx or
// Rows beyond the call gets store.ErrClosed from it.
type session struct {
	db      *DB
	loan    *pgxpool.Conn
	pg      *pgconn.PgConn
	kept    *statements
	ctx     context.Context // that ends the statements
	binding binding
	span    *trace.Span  // parent of the spans of statements; nil without tracing
	meter   *store.Meter // measures the statements

	sql  string // of the last statement, with its parameters
	args []store.Value

	opening opening
	reading *rows // whose rows are still on the connection
	opened  []*rows
	over    bool
	failed  error        // why no statement can run until a savepoint is undone
	tooLong tooLongValue // of the last statement that failed so
	lost    error        // why none can until the transaction has ended: the driver's error

	cause   error // why a statement of a script failed: the driver's error
	discard bool  // nobody may have the connection after this call
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

// start sends a statement. For what changes definitions the statement that is
// returned has no fields.
func (s *session) start(sql string, args []store.Value, question bool) (*pgconn.ResultReader, *statement, error) {
	if err := s.usable(); err != nil {
		return nil, nil, err
	}
	// The protocol answers one statement at a time: rows that are still being read are fetched
	// into memory first.
	s.park()
	s.sql, s.args = sql, args
	if err := s.usable(); err != nil { // what was parked came to an error
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
	// A change of definitions runs once: to prepare it would be of no use.
	if st.name == "" {
		return s.pg.ExecParams(s.ctx, sql, s.binding.values, s.binding.types, nil, nil), st, nil
	}
	return s.pg.ExecPrepared(s.ctx, st.name, s.binding.values, nil, nil), st, nil
}

// prepared is the statement to run with the parameters that are bound.
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
	// What is prepared may name what this statement changes; it is all forgotten before the
	// next statement.
	case verbDefine:
		s.kept.stale = true
		return &statement{meter: s.meter.Statement(sql)}, nil
	case verbQuery:
		return s.kept.prepare(s.ctx, s.pg, s.meter, sql, s.binding.types)
	}
	return nil, refuse("a statement of a kind that has no place here")
}

// clean says whether the protocol, in which U+0000 ends a text, can carry it.
func clean(sql string) bool {
	for i := range len(sql) {
		if sql[i] == 0 {
			return false
		}
	}
	return true
}

// fail is the store's error for one of the driver or our own, and notes what it
// means for the transaction: PostgreSQL runs nothing more in it.
func (s *session) fail(err error) error {
	out := err
	var own *store.StatementError
	if !errors.As(err, &own) {
		out = s.db.explain(s.ctx, err)
	}
	// A conflict ends the whole transaction: to run again, it needs a new state of the
	// database, which no savepoint gives it.
	if conflict(err) || s.pg.IsClosed() {
		s.lost = err
	}
	var long *store.TooLongError
	if errors.As(out, &long) {
		s.tooLong = tooLongValue{index: long.Index}
		// Of an entry larger than a page PostgreSQL does not name the index. The columns of the
		// long parameters tell which it can be.
		if long.Index == "" {
			s.tooLong.table, s.tooLong.columns = assigned(s.sql, s.args)
		}
	}
	s.failed = out
	return out
}

// park frees the connection of rows that are still being read.
func (s *session) park() {
	if s.reading != nil {
		s.reading.park()
	}
}

// remove takes rows that are over off the list.
func (s *session) remove(r *rows) {
	if i := slices.Index(s.opened, r); i >= 0 {
		s.opened = slices.Delete(s.opened, i, i+1)
	}
}

// end closes what the call left open.
func (s *session) end() {
	for len(s.opened) > 0 {
		r := s.opened[len(s.opened)-1]
		_ = r.Close() // nobody asks any more
		r.err = store.ErrClosed
	}
	s.over = true
}
