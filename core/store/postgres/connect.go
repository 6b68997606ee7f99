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
	base.ConnConfig.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: cancelGrace}
	}
	reads, writes := int32(max(8, 4*runtime.GOMAXPROCS(0))), int32(max(8, 4*runtime.GOMAXPROCS(0)))
	if strings.Contains(db.cfg.URL, "pool_max_conns") {
		rest := max(2, base.MaxConns-serviceConns-1)
		writes = max(1, rest/3)
		reads = rest - writes
	}
	for _, p := range []struct {
		pool *(*pgxpool.Pool)
		size int32
		// settings of its sessions, beside those of all
		params map[string]string
	}{
		{&db.readers, reads, map[string]string{"default_transaction_read_only": "on"}},
		// What a serializable transaction reads by an index conflicts with writes to
		// that place alone; what it scans, with every write to the table. The planner
		// prefers to scan small tables.
		{&db.writers, writes, map[string]string{"enable_seqscan": "off"}},
		{&db.service, serviceConns, nil},
	} {
		cfg := base.Copy()
		cfg.MaxConns, cfg.MinConns = p.size, 0
		params := cfg.ConnConfig.RuntimeParams
		// Compiling a statement takes longer than any of ours runs.
		params["jit"] = "off"
		params["application_name"] = "loam"
		params["client_encoding"] = "UTF8"
		params["TimeZone"] = "UTC"
		params["DateStyle"] = "ISO"
		params["IntervalStyle"] = "postgres"
		params["extra_float_digits"] = "1"
		params["bytea_output"] = "hex"
		params["standard_conforming_strings"] = "on"
		// A process that is stopped in a transaction must not stop all others for ever.
		params["idle_in_transaction_session_timeout"] = fmt.Sprint((db.cfg.ExclusiveTimeout + time.Minute).Milliseconds())
		for k, v := range p.params {
			params[k] = v
		}
		if p.pool == &db.writers {
			cfg.AfterConnect = durable
		}
		if *p.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
			db.disconnect()
			return fmt.Errorf("postgres: %w", err)
		}
	}
	return nil
}

// durable makes sure that a commit is on the disk when it is acknowledged,
// whatever was set for the server, the database or the user.
func durable(ctx context.Context, c *pgx.Conn) error {
	const sql = `SELECT set_config('synchronous_commit', 'on', FALSE) WHERE current_setting('synchronous_commit') = 'off'`
	_, err := c.PgConn().Exec(ctx, sql).ReadAll()
	return err
}

// newNode is a name that no other process has.
func newNode() string { return strings.ToLower(rand.Text())[:12] }
