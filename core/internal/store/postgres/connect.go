// Connection pools, and the settings of every session.

package postgres

import (
	"context"
	"crypto/rand"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loambase/loam/internal/budget"
)

const (
	// connectTimeout bounds the wait for a server that does not answer, if the URL sets no limit.
	connectTimeout = 5 * time.Second
	// cancelGrace bounds the wait for the answer to a cancelled statement. After it, the
	// connection is closed.
	cancelGrace = 3 * time.Second
	// serviceConns is the number of connections of the engine itself, besides the listener's.
	serviceConns = 2
)

// connect creates the pools. Reads and writes have separate pools, so that a write finds a
// connection whatever the number of waiting reads.
func (db *DB) connect(ctx context.Context) error {
	base, err := pgxpool.ParseConfig(db.cfg.URL)
	if err != nil {
		return fmt.Errorf("postgres: %w", err) // the error does not contain the password
	}
	if base.ConnConfig.ConnectTimeout == 0 {
		base.ConnConfig.ConnectTimeout = connectTimeout
	}
	// The end of a context cancels the statement and keeps the connection: pgx would close it,
	// and a new one costs more than most statements.
	base.ConnConfig.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: cancelGrace}
	}
	reads, writes := int32(max(8, 4*runtime.GOMAXPROCS(0))), int32(max(8, 4*runtime.GOMAXPROCS(0)))
	// The operator's limit is for all connections together. The connections of the engine come
	// first; a third of the rest is for writes, since there are more reads.
	if strings.Contains(db.cfg.URL, "pool_max_conns") {
		rest := max(2, base.MaxConns-serviceConns-1)
		writes = max(1, rest/3)
		reads = rest - writes
	}
	db.door.size, db.door.pace = int(reads), budget.NewPace()
	for _, p := range []struct {
		pool     **pgxpool.Pool
		size     int32
		settings string
	}{
		{&db.readers, reads, "SET default_transaction_read_only = on"},
		{&db.writers, writes, writerSettings},
		{&db.service, serviceConns, ""},
	} {
		cfg := base.Copy()
		// An idle server gives its connections back: others may use the same database server.
		cfg.MaxConns, cfg.MinConns = p.size, 0
		cfg.ConnConfig.RuntimeParams["application_name"] = "loam"
		settings := db.settings() + p.settings
		cfg.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
			_, err := c.PgConn().Exec(ctx, settings).ReadAll()
			return err
		}
		if *p.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
			db.disconnect()
			return fmt.Errorf("postgres: %w", err)
		}
	}
	return nil
}

// settings returns the statements that set up every session. Values have one format, whatever the
// settings of the server, the database or the user; JIT is off, because compiling takes longer
// than our statements run; and a process that is stopped in a transaction does not block all
// others forever. They are statements because poolers do not pass them on as parameters of the
// connection.
func (db *DB) settings() string {
	limit := (exclusiveTimeout + time.Minute).Milliseconds()
	return fmt.Sprintf(`SET client_encoding = 'UTF8'; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres';
SET extra_float_digits = 1; SET bytea_output = 'hex'; SET standard_conforming_strings = on; SET jit = off;
SET idle_in_transaction_session_timeout = %d; `, limit)
}

// writerSettings disable sequential scans: a serializable transaction that reads by an index
// conflicts with writes to the same place, but one that scans a table conflicts with every write
// to the table, and the planner prefers to scan small tables. They also make sure that a commit
// is on the disk when it is acknowledged.
const writerSettings = `SET enable_seqscan = off;
SELECT set_config('synchronous_commit', 'on', FALSE) WHERE current_setting('synchronous_commit') = 'off'`

// newNode returns a random name that no other process has.
func newNode() string { return strings.ToLower(rand.Text())[:12] }
