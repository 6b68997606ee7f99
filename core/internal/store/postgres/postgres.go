// Package postgres is the store on PostgreSQL 14 or later: writes behave as if they had run one
// after the other, reads see one snapshot, and any number of processes may share a database.
// DESIGN.md in this folder has the reasons of the design.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loambase/loam/core/internal/store"
)

// Config holds the options of Open. Only URL has no default.
type Config struct {
	URL   string // postgres://…, with libpq's parameters and pool_max_conns
	Log   *slog.Logger
	Meter *store.Meter // default: a new meter
	New   bool         // Open fails with store.ErrNotEmpty if the schema has tables of another program

	// Names are the first tables that this program creates. If a schema has a table of one of
	// these names, but was never used by a server, Open fails with a *store.ForeignError.
	Names []string
}

const (
	readTimeout      = 30 * time.Second // limit of a Read whose context has no deadline
	writeTimeout     = 30 * time.Second // limit of a Write once it has begun
	exclusiveTimeout = 5 * time.Minute  // limit of an Exclusive whose context has no deadline
)

// withDefaults returns the options with defaults for the empty ones.
func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Meter == nil {
		c.Meter = store.NewMeter(0, nil)
	}
	return c
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	cfg    Config
	node   string // the name of this process among the processes on the database
	schema string // the schema of the tables

	readers *pgxpool.Pool
	door    door // admits reads to readers
	writers *pgxpool.Pool
	service *pgxpool.Pool // connections of the engine itself, while all others are in use

	order     commitOrder
	exclusive chan struct{} // held by one Exclusive of this process, or by catchUp; capacity 1
	defined   version
	indexes   uniques
	prefixes  atomic.Pointer[prefixColumns]
	watch     watcher
	before    writeMarks // the marks of other processes when the database was opened
	foreign   atomic.Pointer[func(ctx context.Context, logged bool) error]
	message   atomic.Pointer[func(message []byte)] // the function that OnMessage has set
	yielded   atomic.Int64                         // the count of watch at the last Yield
	wroteAt   atomic.Int64                         // when Yield last saw a new write, in Unix nanoseconds
	missed    atomic.Bool                          // another process has written while foreign was not set

	mu     sync.Mutex // guards the fields below
	closed bool
	calls  sync.WaitGroup // calls that have begun

	stop    context.CancelFunc // cancels the background goroutines
	running sync.WaitGroup
	once    sync.Once
}

var _ store.Store = (*DB)(nil)

// Open connects to the database, and creates the schema, tables and functions of the engine if
// need be. It fails with store.ErrUnavailable if the server does not answer.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	db := &DB{cfg: cfg.withDefaults(), node: newNode(), exclusive: make(chan struct{}, 1), watch: newWatcher()}
	if err := db.connect(ctx); err != nil {
		return nil, err
	}
	if err := db.setup(ctx); err != nil {
		db.disconnect()
		return nil, fmt.Errorf("set up the database: %w", err)
	}
	// Indexes may have become prefix indexes in an earlier run, or by another process.
	db.readPrefixes(ctx)
	background, stop := context.WithCancel(context.Background())
	db.stop = stop
	db.running.Go(func() { db.follows(background, db.before) })
	db.running.Go(func() { db.announces(background) })
	return db, nil
}

// Dialect implements store.Store.
func (db *DB) Dialect() store.Dialect { return Dialect{db} }

// Sequences implements store.Store.
func (db *DB) Sequences() store.Sequences { return sequences{} }

// Migrator implements store.Store.
func (db *DB) Migrator() store.Migrator { return migrator{} }

// Catalog implements store.Store.
func (db *DB) Catalog() store.Catalog { return catalog{} }

// OnForeignWrite implements store.Store. fn is called on a goroutine of the store, or inside a
// call that has found the definitions changed.
func (db *DB) OnForeignWrite(fn func(ctx context.Context, logged bool) error) {
	db.foreign.Store(&fn)
	// Another process has written before the function was set; it is not known what.
	if db.missed.Swap(false) && db.wroteForeign(context.Background(), false) != nil {
		db.watch.doubt()
	}
}

// enter begins a call. leave must be called at its end.
func (db *DB) enter(ctx context.Context) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, contextError(err)
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return nil, store.ErrClosed
	}
	db.calls.Add(1)
	return db.calls.Done, nil
}

// Close implements store.Store.
func (db *DB) Close() error {
	db.once.Do(func() {
		db.mu.Lock()
		// No call can begin any more. Those that have begun end by themselves, and the background
		// goroutines that they need are still running.
		db.closed = true
		db.mu.Unlock()
		db.calls.Wait()
		db.stop()
		db.running.Wait()
		db.disconnect()
	})
	return nil
}

func (db *DB) disconnect() {
	for _, pool := range []*pgxpool.Pool{db.readers, db.writers, db.service} {
		if pool != nil {
			pool.Close()
		}
	}
}

// contextError translates the error of a context that has ended.
func contextError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return store.ErrTimeout
	}
	return err
}

// Available implements store.Store. It is always nil: a server that does not answer is found by
// the next read or write.
func (db *DB) Available() error { return nil }

// LongWrite implements store.Store. The time is long because writes run at the same time, on
// separate connections, and each of their statements waits for the network.
func (db *DB) LongWrite() time.Duration { return 50 * time.Millisecond }
