// Savepoints, and the functions of OnCommit.

package storetest

import (
	"errors"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

func (s *suite) savepoint(t *testing.T) {
	t.Run("undone or kept", s.savepointUndoneOrKept)
	t.Run("inside each other", s.savepointInsideEachOther)
	t.Run("a statement that fails in it", s.savepointAStatementThatFailsInIt)
	t.Run("a panic that is recovered", s.savepointAPanicThatIsRecovered)
	t.Run("rows that are open around it", s.savepointRowsThatAreOpenAroundIt)
}

// An error rolls back the writes of the function and nothing before; the transaction continues.
func (s *suite) savepointUndoneOrKept(t *testing.T) {
	mine := errors.New("mine")
	f := s.new(t)
	f.write(func(tx store.Tx) error {
		if err := insert(tx, "a", 1); err != nil {
			return err
		}
		err := tx.Savepoint(func() error { return errors.Join(insert(tx, "b", 1), mine) })
		if !errors.Is(err, mine) {
			t.Errorf("Savepoint() = %v, want the function's error", err)
		}
		return tx.Savepoint(func() error { return insert(tx, "c", 1) })
	})
	f.wantIDs("a c")
}

// An inner savepoint is rolled back alone; an outer one includes the inner ones that had
// succeeded.
func (s *suite) savepointInsideEachOther(t *testing.T) {
	mine := errors.New("mine")
	f := s.new(t)
	f.write(func(tx store.Tx) error {
		err := tx.Savepoint(func() error {
			if err := insert(tx, "a", 1); err != nil {
				return err
			}
			if err := tx.Savepoint(func() error { return errors.Join(insert(tx, "b", 1), mine) }); !errors.Is(err, mine) {
				t.Errorf("inner Savepoint() = %v, want the function's error", err)
			}
			return tx.Savepoint(func() error { return insert(tx, "c", 1) })
		})
		if err != nil {
			return err
		}
		err = tx.Savepoint(func() error {
			return errors.Join(tx.Savepoint(func() error { return insert(tx, "d", 1) }), mine)
		})
		if !errors.Is(err, mine) {
			t.Errorf("outer Savepoint() = %v, want the function's error", err)
		}
		return nil
	})
	f.wantIDs("a c")
}

// A failed statement is rolled back with its whole savepoint. Later statements work: on
// PostgreSQL they would not without the savepoint.
func (s *suite) savepointAStatementThatFailsInIt(t *testing.T) {
	f := s.new(t)
	f.insert("a", 1)
	f.write(func(tx store.Tx) error {
		err := tx.Savepoint(func() error { return errors.Join(insert(tx, "b", 1), insert(tx, "a", 2)) })
		var unique *store.UniqueError
		if !errors.As(err, &unique) {
			t.Errorf("Savepoint() = %v, want a UniqueError", err)
		}
		return insert(tx, "c", 1)
	})
	f.wantIDs("a c")
}

// A panic rolls back the savepoint, so a caller that recovers from it continues with a clean
// transaction.
func (s *suite) savepointAPanicThatIsRecovered(t *testing.T) {
	f := s.new(t)
	f.write(func(tx store.Tx) error {
		func() {
			defer func() { _ = recover() }()
			_ = tx.Savepoint(func() error {
				_ = insert(tx, "a", 1)
				panic("mine")
			})
		}()
		return insert(tx, "b", 1)
	})
	f.wantIDs("b")
}

// Open rows survive the rollback of a savepoint inside of their loop.
func (s *suite) savepointRowsThatAreOpenAroundIt(t *testing.T) {
	mine := errors.New("mine")
	f := s.new(t)
	f.insert("a", 1)
	f.insert("b", 2)
	f.write(func(tx store.Tx) error {
		rows, err := tx.Query(`SELECT "id" FROM "t" ORDER BY "n"`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			err := tx.Savepoint(func() error {
				return errors.Join(insert(tx, rows.Text(0)+"x", 9), mine)
			})
			if !errors.Is(err, mine) {
				t.Errorf("Savepoint() = %v, want the function's error", err)
			}
		}
		return rows.Err()
	})
	f.wantIDs("a b")
}

func (s *suite) onCommit(t *testing.T) {
	t.Run("after the commit, before the answer, in order", s.onCommitAfterTheCommitBeforeTheAnswerInOrder)
	t.Run("forgotten with what was undone", s.onCommitForgottenWithWhatWasUndone)
	t.Run("a panic in it", s.onCommitAPanicInIt)
	t.Run("in the order of the commits", s.onCommitInTheOrderOfTheCommits)
}

// The functions run after the write is durable, before Write returns, in the order in which they
// were queued, also in savepoints.
func (s *suite) onCommitAfterTheCommitBeforeTheAnswerInOrder(t *testing.T) {
	f := s.new(t)
	var calls []string
	note := func(name string) func() { return func() { calls = append(calls, name) } }
	f.write(func(tx store.Tx) error {
		tx.OnCommit(note("1"))
		tx.OnCommit(note("2"))
		if len(calls) > 0 {
			t.Errorf("called before the commit")
		}
		return tx.Savepoint(func() error {
			tx.OnCommit(note("3"))
			return insert(tx, "a", 1)
		})
	})
	f.exclusive(func(tx store.Tx) error {
		tx.OnCommit(note("4"))
		return nil
	})
	if got := strings.Join(calls, " "); got != "1 2 3 4" {
		t.Errorf("calls = %q, want 1 2 3 4", got)
	}
}

// The functions of a rolled-back transaction or savepoint never run, also those of inner
// savepoints that had succeeded.
func (s *suite) onCommitForgottenWithWhatWasUndone(t *testing.T) {
	mine := errors.New("mine")
	f := s.new(t)
	var calls []string
	note := func(name string) func() { return func() { calls = append(calls, name) } }
	if err := f.Write(t.Context(), func(tx store.Tx) error {
		tx.OnCommit(note("failed"))
		return mine
	}); err != mine {
		t.Errorf("Write() = %v, want the function's error", err)
	}
	f.write(func(tx store.Tx) error {
		tx.OnCommit(note("before"))
		_ = tx.Savepoint(func() error {
			tx.OnCommit(note("outer"))
			_ = tx.Savepoint(func() error {
				tx.OnCommit(note("inner"))
				return nil
			})
			return mine
		})
		tx.OnCommit(note("after"))
		return nil
	})
	if got := strings.Join(calls, " "); got != "before after" {
		t.Errorf("calls = %q, want before after", got)
	}
}

// The write is durable by then: a panic in one function does not change that, and the other
// functions run.
func (s *suite) onCommitAPanicInIt(t *testing.T) {
	f := s.new(t)
	called := false
	f.write(func(tx store.Tx) error {
		tx.OnCommit(func() { panic("mine") })
		tx.OnCommit(func() { called = true })
		return insert(tx, "a", 1)
	})
	if !called {
		t.Errorf("the next function was not called")
	}
	f.wantIDs("a")
}

// The functions of different writes run one after the other in the order of the commits:
// observers of the change log depend on it. Therefore calls has no lock.
func (s *suite) onCommitInTheOrderOfTheCommits(t *testing.T) {
	f := s.new(t)
	f.insert("c", 0)
	const writes = 200
	var calls []string
	over := make(chan error)
	for range writes {
		go func() {
			over <- f.Write(t.Context(), func(tx store.Tx) error {
				if _, err := tx.Exec(`UPDATE "t" SET "n" = "n" + 1`); err != nil {
					return err
				}
				n, err := text(tx, `SELECT CAST("n" AS TEXT) FROM "t"`)
				tx.OnCommit(func() { calls = append(calls, n) })
				return err
			})
		}()
	}
	for range writes {
		if err := <-over; err != nil {
			t.Errorf("Write() = %v, want nil", err)
		}
	}
	if want := counting(writes); strings.Join(calls, " ") != want {
		t.Errorf("calls = %q, want %q", strings.Join(calls, " "), want)
	}
}
