// Writes of other processes: how the caches of this process follow them (LISTEN, versions).

package postgres

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// lookEvery is the interval at which the database is polled for writes of other processes
	// when there is no notification.
	lookEvery = time.Second
	// announceEvery is the minimum time between two notifications of this process, since
	// PostgreSQL commits only one transaction with a notification at a time.
	announceEvery = 5 * time.Millisecond
	// channel is the NOTIFY channel of writes.
	channel = `"loam_writes"`
	// deleteOldMarks deletes the marks of connections that are closed. A connection that was only
	// idle leaves a new mark.
	deleteOldMarks = `DELETE FROM "_loam_writes" WHERE "at" < now() - interval '1 day'; `
	// listenFor is the lifetime of a listening connection.
	listenFor = time.Hour
)

// version is the version of the definitions in the caches of this process.
type version struct{ atomic.Uint64 }

// raise sets the version unless a later one is known: commits and polls overtake each other.
func (v *version) raise(to uint64) { v.Store(max(v.Load(), to)) }

// catchingUp is the key of the context with which the caches follow. A read with that context
// does not wait until they have followed.
type catchingUp struct{}

// catchUp brings the caches up to a version that another process has made. Only one goroutine at
// a time runs it.
func (db *DB) catchUp(ctx context.Context, to uint64) error {
	select {
	case db.exclusive <- struct{}{}:
	case <-ctx.Done():
		return contextError(ctx.Err())
	}
	defer func() { <-db.exclusive }()
	// Another call may have followed while this one waited.
	if db.defined.Load() >= to {
		return nil
	}
	// Prefix indexes come first: the plans that the caches make next depend on them.
	db.readPrefixes(ctx)
	if err := db.wroteForeign(ctx, false); err != nil {
		return err
	}
	db.defined.raise(to)
	return nil
}

func (db *DB) wroteForeign(ctx context.Context, logged bool) error {
	if fn := db.foreign.Load(); fn != nil {
		return (*fn)(context.WithValue(ctx, catchingUp{}, true), logged)
	}
	db.missed.Store(true)
	return nil
}

// watcher holds the pending announcement of this process and the doubts about writes of others.
type watcher struct {
	announce chan struct{} // this process has written; capacity 1
	unknown  *atomic.Bool  // any data may have been written by other processes
	count    *atomic.Int64 // number of writes of this process
}

func newWatcher() watcher {
	return watcher{announce: make(chan struct{}, 1), unknown: &atomic.Bool{}, count: &atomic.Int64{}}
}

// mark returns the statement by which a transaction leaves its mark for other processes, if it
// has changed rows. Each connection has its own row, so marks do not wait for each other.
func (w watcher) mark(node string, loan *pgxpool.Conn) string {
	return fmt.Sprintf(`INSERT INTO "_loam_writes" ("node", "slot", "n") SELECT '%s', %d, %d `+
		`WHERE pg_current_xact_id_if_assigned() IS NOT NULL `+
		`ON CONFLICT ("node", "slot") DO UPDATE SET "n" = excluded."n", "at" = excluded."at"; `,
		node, loan.Conn().PgConn().PID(), w.count.Add(1))
}

// wrote queues the announcement of a write. It never waits: one notification announces any number
// of writes.
func (w watcher) wrote() {
	select {
	case w.announce <- struct{}{}:
	default:
	}
}

// doubt makes the next poll treat everything as changed, since notifications may have been
// missed.
func (w watcher) doubt() { w.unknown.Store(true) }

// announces notifies other processes of the writes of this one, until ctx ends. A process that
// misses a notification polls.
func (db *DB) announces(ctx context.Context) {
	pause := time.NewTicker(announceEvery)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-db.watch.announce:
		}
		if _, err := db.service.Exec(ctx, "NOTIFY "+channel+", "+literal(db.node)); err != nil && ctx.Err() == nil {
			db.cfg.Log.Debug("tell other processes of a write", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
	}
}

// follows calls OnForeignWrite's function when another process has written, until ctx ends.
func (db *DB) follows(ctx context.Context, seen writeMarks) {
	retry := time.NewTicker(lookEvery)
	defer retry.Stop()
	for ctx.Err() == nil {
		err := db.listen(ctx, &seen)
		if err == nil || ctx.Err() != nil { // the next poll sees the writes made meanwhile
			continue
		}
		// A database that is down fails at once: the ticker keeps the loop from spinning.
		db.watch.doubt() // no connection was listening
		db.cfg.Log.Warn("listen for writes of other processes", "error", err)
		select {
		case <-ctx.Done():
		case <-retry.C:
		}
	}
}

// writeMarks are the last marks of other processes, by process and connection.
type writeMarks map[string]string

// listen looks for writes of other processes at each of their notifications and every lookEvery,
// and delivers the messages of other processes. It returns when the connection fails or ctx ends.
func (db *DB) listen(ctx context.Context, seen *writeMarks) error {
	heard := true
	cfg := db.service.Config().ConnConfig.Config.Copy()
	cfg.BuildContextWatcherHandler = nil
	var messages inbox
	cfg.OnNotification = func(_ *pgconn.PgConn, n *pgconn.Notification) {
		if n.Channel != messageChannel {
			heard = heard || n.Payload != db.node
		} else if message, ok := messages.take(n.Payload, db.node, db.schema); ok {
			db.deliver(message)
		}
	}
	if parsed, err := pgconn.ParseConfig(""); err == nil { // the default: a wait that ends does not cancel a statement
		cfg.BuildContextWatcherHandler = parsed.BuildContextWatcherHandler
	}
	pg, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer pg.Close(context.WithoutCancel(ctx))
	if _, err := pg.Exec(ctx, "LISTEN "+channel+"; LISTEN "+messageChannel+"; "+deleteOldMarks).ReadAll(); err != nil {
		return err
	}
	// The connection is made anew every hour: its server process keeps memory for the tables it
	// has seen, and the old marks are deleted then.
	end := time.Now().Add(listenFor)
	for next := time.Now(); next.Before(end); {
		if now := time.Now(); heard || !now.Before(next) {
			heard, next = false, now.Add(lookEvery)
			if err := db.poll(ctx, pg, seen); err != nil {
				return err
			}
		}
		// The wait ends with a notification, or when the next poll is due.
		wait, cancel := context.WithDeadline(ctx, next)
		err := pg.WaitForNotification(wait)
		ended := wait.Err() != nil
		cancel()
		if err != nil && (!ended || ctx.Err() != nil || pg.IsClosed()) {
			return err
		}
	}
	return nil
}

// poll compares the marks of other processes with the marks that were seen before.
func (db *DB) poll(ctx context.Context, pg *pgconn.PgConn, seen *writeMarks) error {
	now, err := db.readMarks(ctx, pg)
	if err != nil {
		return err
	}
	changed := false
	for slot, n := range now {
		changed = changed || (*seen)[slot] != n
	}
	*seen = now
	if doubt := db.watch.unknown.Swap(false); doubt || changed {
		// The marks are noted as seen all the same; the doubt makes the next poll try again.
		if db.wroteForeign(ctx, !doubt) != nil {
			db.watch.doubt() // until the function succeeds
		}
	}
	return nil
}

// readMarks reads the last marks of other processes.
func (db *DB) readMarks(ctx context.Context, pg *pgconn.PgConn) (writeMarks, error) {
	result := pg.ExecParams(ctx, `SELECT "node" || '/' || "slot", "n" FROM "_loam_writes" WHERE "node" <> $1`,
		[][]byte{[]byte(db.node)}, nil, nil, nil).Read()
	if result.Err != nil {
		return nil, result.Err
	}
	list := writeMarks{}
	for _, row := range result.Rows {
		list[string(row[0])] = string(row[1])
	}
	return list, nil
}
