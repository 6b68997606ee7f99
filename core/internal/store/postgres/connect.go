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
	// connectTimeout bounds how long a server that does not answer is waited for,
	// where the URL does not say.
	connectTimeout = 5 * time.Second
	// cancelGrace is how long the server may take to answer a cancelled statement
	// before the connection is given up.
	cancelGrace = 3 * time.Second
	// serviceConns is how many connections the engine itself has, the listener's apart.
	serviceConns = 2
)

// connect makes the pools. Reads and writes have their own: however many reads
// wait, a write finds a connection.
func (db *DB) connect(ctx context.Context) error {
	base, err := pgxpool.ParseConfig(db.cfg.URL)
	if err != nil {
		return fmt.Errorf("postgres: %w", err) // the password is left out of it
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
	// The operator's limit is for all connections together. What the engine needs itself comes
	// first; of the rest a third is for writes, since there are more reads.
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

// settings are those of every session: values look alike whatever the server's,
// the database's or the user's are; compiling a statement takes longer than any of
// ours runs; and a process that is stopped in a transaction does not stop all
// others for ever. Poolers do not take them as parameters of the connection.
func (db *DB) settings() string {
	limit := (exclusiveTimeout + time.Minute).Milliseconds()
	return fmt.Sprintf(`SET client_encoding = 'UTF8'; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres';
SET extra_float_digits = 1; SET bytea_output = 'hex'; SET standard_conforming_strings = on; SET jit = off;
SET idle_in_transaction_session_timeout = %d; `, limit)
}

// writerSettings: what a serializable transaction reads by an index conflicts with
// writes to that place alone; what it scans, with every write to the table, and the
// planner prefers to scan small tables. A commit is on the disk when it is
// acknowledged.
const writerSettings = `SET enable_seqscan = off;
SELECT set_config('synchronous_commit', 'on', FALSE) WHERE current_setting('synchronous_commit') = 'off'`

// newNode is a name that no other process has.
func newNode() string { return strings.ToLower(rand.Text())[:12] }
