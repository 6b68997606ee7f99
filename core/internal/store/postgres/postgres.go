// Package postgres is the store on PostgreSQL 14 or later: writes that behave as if
// they had run one after the other, reads that see one state, and any number of
// processes on one database. DESIGN.md in this folder says why it is shaped so.
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

// Config is how a database is opened. Only URL has no default.
type Config struct {
	URL   string // postgres://…, with libpq's parameters and pool_max_conns
	Log   *slog.Logger
	Meter *store.Meter // default: a new one, which is not read
	New   bool         // a schema that has tables of somebody else's is store.ErrNotEmpty

	// Names are those of the tables that this program makes first. A schema that has
	// one of them, and that no server has used, is a *store.ForeignError.
	Names []string
}

const (
	readTimeout      = 30 * time.Second // of a Read whose context has no deadline
	writeTimeout     = 30 * time.Second // of one Write once it has begun
	exclusiveTimeout = 5 * time.Minute  // of an Exclusive whose context has no deadline
)

// withDefaults fills in what was left empty.
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
	node   string // names this process among those of the database
	schema string // where the tables are

	readers *pgxpool.Pool
	door    door // of readers
	writers *pgxpool.Pool
	service *pgxpool.Pool // what the engine itself asks, while others hold the rest

	order     commitOrder
	exclusive chan struct{} // held by one Exclusive of this process, or by catchUp; capacity 1
	defined   version
	indexes   uniques
	prefixes  atomic.Pointer[prefixColumns]
	watch     watcher
	before    writeMarks // what others had written when this was opened
	foreign   atomic.Pointer[func(ctx context.Context, logged bool) error]
	message   atomic.Pointer[func(message []byte)] // the function that OnMessage has set
	yielded   atomic.Int64                         // the count of watch at the last Yield
	wroteAt   atomic.Int64                         // when Yield last saw a new write, in Unix nanoseconds
	missed    atomic.Bool                          // another process has written while foreign was not set

	mu     sync.Mutex // guards the fields below
	closed bool
	calls  sync.WaitGroup // those that have begun

	stop    context.CancelFunc // of what runs in the background
	running sync.WaitGroup
	once    sync.Once
}

var _ store.Store = (*DB)(nil)

// Open connects to the database and makes what the engine needs in it. A server
// that does not answer is store.ErrUnavailable.
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

// OnForeignWrite implements store.Store. fn is called on a goroutine of the
// store's own, or in a call that has found collections changed.
func (db *DB) OnForeignWrite(fn func(ctx context.Context, logged bool) error) {
	db.foreign.Store(&fn)
	// Something was written before the function was set; what it is, nobody has kept.
	if db.missed.Swap(false) && db.wroteForeign(context.Background(), false) != nil {
		db.watch.doubt()
	}
}

// enter begins a call; leave is to be called at its end.
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
		// No call can begin any more; those that have begun end on their own terms, with the
		// background still running for what they need.
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

// contextError is what a caller whose context ended is told.
func contextError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return store.ErrTimeout
	}
	return err
}

// Available implements store.Store: a server that does not answer is found by the next
// read or write.
func (db *DB) Available() error { return nil }

// LongWrite implements store.Store. The time is long because writes run at the same time, on
// separate connections, and each of their statements waits for the network.
func (db *DB) LongWrite() time.Duration { return 50 * time.Millisecond }
