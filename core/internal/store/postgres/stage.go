// The database as a whole, replaced by a restore: new tables are created in a separate schema and
// exchanged with the old ones, in one transaction.

package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loambase/loam/core/internal/store"
)

// mayStage selects the GRANT statement of the missing privilege, if it is missing.
const mayStage = `SELECT 'GRANT CREATE ON DATABASE ' || quote_ident(current_database()) || ' TO ' || quote_ident(current_user)
	WHERE NOT has_database_privilege(current_database(), 'CREATE')`

// MayStage implements store.Whole.
func (db *DB) MayStage(ctx context.Context) error {
	return db.Read(ctx, func(r store.Reader) error {
		missing, err := store.Texts(r, mayStage)
		if err == nil && len(missing) > 0 {
			err = &store.GrantError{Grant: missing[0]}
		}
		return err
	})
}

// staged holds the tables that a restore has created. They are in a schema that no other
// transaction sees until the commit, so a rollback leaves nothing. The functions remain in the
// schema of the database, which comes second in the search path.
type staged struct {
	db    *DB
	tx    *tx
	pool  *pgxpool.Pool
	leave func()
	name  string // the name of the schema
	path  string // the search path of all other sessions
}

// Stage implements store.Whole. The transaction is read committed: until it runs alone it reads
// no data that others write, and then it reads the current state.
func (db *DB) Stage(ctx context.Context, fill func(store.Tx) error) (store.Staged, error) {
	if err := db.MayStage(ctx); err != nil {
		return nil, err
	}
	leave, err := db.enterWrite(ctx)
	if err != nil {
		return nil, err
	}
	pool, err := db.ownConnection(ctx)
	if err != nil {
		leave()
		return nil, err
	}
	s := &staged{db: db, pool: pool, leave: leave, name: "loam_staged_" + newNode()}
	if err := s.fill(ctx, fill); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// fill begins the transaction and creates the tables.
func (s *staged) fill(ctx context.Context, fill func(store.Tx) error) error {
	own, err := s.db.begin(ctx, s.pool, readVersion)
	if err != nil {
		return err
	}
	own.discard = true // it has another search path
	s.tx = &tx{session: *own, growth: &growth{}, behind: true}
	paths, err := store.Texts(s.tx, `SELECT current_setting('search_path')`)
	if err != nil {
		return err
	}
	s.path = paths[0]
	err = s.tx.control(ctx, `BEGIN ISOLATION LEVEL READ COMMITTED; `+unhurried+`CREATE SCHEMA `+s.name+
		`; SET LOCAL search_path TO `+s.name+`, `+s.path+`; `+stateTable)
	if err != nil {
		return err
	}
	if err := call(fill, s.tx); err != nil {
		return err
	}
	return s.tx.usable() // fill may have ignored an error
}

// Swap implements store.Staged. It first locks _loam_state, with which every transaction begins:
// once it has the lock, no other transaction runs, and new ones wait for the commit. A
// transaction that has taken its snapshot before finds no row in the new table, and begins anew.
func (s *staged) Swap(ctx context.Context, old func(store.Reader) ([]store.CatalogName, error)) error {
	s.tx.ctx = ctx
	release, err := s.alone(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := s.exchange(old); err != nil {
		return err
	}
	_, err = s.db.commit(s.tx, redefine)
	return err
}

// alone waits until no other transaction runs. Each try is short, since transactions that begin
// meanwhile wait behind it; longer reads have to end first.
func (s *staged) alone(ctx context.Context) (release func(), err error) {
	lock := giveWayTo + `; LOCK TABLE ` + store.Quote(s.db.schema) + `."_loam_state" IN ACCESS EXCLUSIVE MODE`
	for try := 1; ; try++ {
		select {
		case s.db.exclusive <- struct{}{}: // before the lock, which would keep catchUp from reading
		case <-ctx.Done():
			return nil, contextError(ctx.Err())
		}
		var cause error
		err := s.tx.Savepoint(func() error {
			_, cause = s.tx.pg.Exec(ctx, lock).ReadAll()
			if cause != nil {
				return s.db.explain(ctx, cause)
			}
			return nil
		})
		if err == nil {
			return func() { <-s.db.exclusive }, nil
		}
		<-s.db.exclusive
		if !conflict(cause) || try == lastWait {
			return nil, err
		}
		if err := rest(ctx); err != nil {
			return nil, err
		}
	}
}

// outlastVacuum sets the lock timeout for the time when all other transactions are kept out, so
// that none waits behind the lock. Another program may still hold a lock on a table, or an
// autovacuum, which PostgreSQL cancels for a transaction that has waited for a second.
const outlastVacuum = `SET LOCAL lock_timeout = '10s'`

// exchange drops the old tables and moves the new ones to their schema.
func (s *staged) exchange(old func(store.Reader) ([]store.CatalogName, error)) error {
	if err := s.tx.control(s.tx.ctx, `SET LOCAL search_path TO `+s.path+`; `+outlastVacuum); err != nil {
		return err
	}
	s.tx.kept.stale = true
	names, err := old(s.tx)
	if err != nil {
		return err
	}
	made, err := store.Texts(s.tx, `SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'v')`, store.Text(s.name))
	if err != nil {
		return err
	}
	steps := []string{`UPDATE ` + s.name + `."_loam_state" SET ("version", "functions") = (SELECT "version", "functions" FROM "_loam_state")`}
	// All views are dropped at once, as they may read each other.
	if views := quoted(names, "view"); views != "" {
		steps = append(steps, `DROP VIEW IF EXISTS `+views)
	}
	steps = append(steps, `DROP TABLE IF EXISTS `+quoted(append(names, store.CatalogName{Kind: "table", Name: "_loam_state"}), "table"))
	for _, name := range made {
		steps = append(steps, `ALTER TABLE `+s.name+`.`+store.Quote(name)+` SET SCHEMA `+store.Quote(s.db.schema))
	}
	for _, sql := range append(steps, `DROP SCHEMA `+s.name) {
		if _, err := s.tx.Exec(sql); err != nil {
			return err
		}
	}
	return nil
}

// quoted returns the list of the quoted names of a kind.
func quoted(names []store.CatalogName, kind string) string {
	var list []string
	for _, n := range names {
		if n.Kind == kind {
			list = append(list, store.Quote(n.Name))
		}
	}
	return strings.Join(list, ", ")
}

// Close implements store.Staged.
func (s *staged) Close() {
	if s.tx != nil {
		s.tx.finish()
	}
	s.pool.Close()
	s.leave()
}
