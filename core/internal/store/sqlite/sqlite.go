// Package sqlite is the store on an embedded SQLite: one writer that commits all waiting writes
// together with one sync of the disk, a pool of readers, and no acknowledged write that a power
// cut could undo. DESIGN.md in this folder has the reasons of the design.
package sqlite

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/sqlite/binding"
	"github.com/loambase/loam/internal/trace"
)

// Config holds the options of Open. Only Dir has no default.
type Config struct {
	Dir   string // the data folder; it must exist
	File  string // the name of the database file in Dir; default data.db
	Serve bool   // take the folder's lock, which only one server can have
	Log   *slog.Logger
	Meter *store.Meter // default: a new meter

	// Relaxed makes commits not wait for the disk (synchronous = NORMAL): a power cut may lose
	// the last acknowledged writes, but leaves the database consistent. It is for data that may
	// be lost, such as logs.
	Relaxed bool

	// Scratch is for a new file that is not used before it is closed: it has no log, and is not
	// synced, which is left to the caller. A crash leaves it damaged.
	Scratch bool

	// Shrinks makes a new file one whose free pages Shrink gives back. That costs a little with
	// each page.
	Shrinks bool

	// PageSize is the page size in bytes of a new file: a power of two. With larger pages, large
	// writes are cheaper and small ones a little dearer. Default 4096, the only size that Copy
	// and Replace support.
	PageSize int

	// CacheBytes is the maximum size of all page caches together, those of the writer and of the
	// connections that are kept for reading. Default: 64 MiB for the writer and 32 to 64 MiB for
	// each connection that reads.
	CacheBytes int64

	ReadTimeout      time.Duration // limit of a Read whose context has no deadline; default 30 s
	WriteTimeout     time.Duration // limit of the statements of one Write; default 30 s
	ExclusiveTimeout time.Duration // limit of an Exclusive whose context has no deadline; default 5 min

	at              place         // tests set fields of it; path follows from Dir and File
	checkpointEvery int           // in pages of the log; tests set less than checkpointFrames
	retryAfter      time.Duration // between attempts to repair a failed connection; tests set less
}

// withDefaults returns the options with defaults for the empty ones.
func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Meter == nil {
		c.Meter = store.NewMeter(0, nil)
	}
	c.at.meter = c.Meter
	if c.ReadTimeout <= 0 {
		c.ReadTimeout = 30 * time.Second
	}
	if c.WriteTimeout <= 0 {
		c.WriteTimeout = 30 * time.Second
	}
	if c.ExclusiveTimeout <= 0 {
		c.ExclusiveTimeout = 5 * time.Minute
	}
	if c.checkpointEvery <= 0 {
		c.checkpointEvery = checkpointFrames
	}
	if c.retryAfter <= 0 {
		c.retryAfter = time.Second
	}
	if c.File == "" {
		c.File = dataFile
	}
	c.at.path = filepath.Join(c.Dir, c.File)
	c.at.writeCache, c.at.readCache = cacheSizes(c.CacheBytes, readersOf(runtime.GOMAXPROCS(0)))
	c.at.shrinks, c.at.pageSize = c.Shrinks, c.PageSize
	if c.PageSize <= 0 {
		c.at.pageSize = pageSize
	}
	c.at.journal = "WAL"
	if c.at.synchronous == "" {
		switch c.at.synchronous = "FULL"; {
		case c.Scratch:
			c.at.journal, c.at.synchronous = "MEMORY", "OFF"
		case c.Relaxed:
			c.at.synchronous = "NORMAL"
		}
	}
	if c.at.syncFolder == nil {
		c.at.syncFolder = syncFolder
	}
	return c
}

// DB is an open data folder. It is safe for concurrent use.
type DB struct {
	cfg     Config
	lock    *os.File // nil unless Serve
	stamps  stamps
	writer  *writer
	readers *pool
	foreign atomic.Pointer[func(ctx context.Context, logged bool) error]

	closing chan struct{}      // closed first by Close
	stop    context.CancelFunc // cancels the background goroutines
	running sync.WaitGroup
	once    sync.Once
	closed  error // result of Close
}

var _ store.Store = (*DB)(nil)

// Open opens the database, and creates it if it is missing. With cfg.Serve it fails with
// store.ErrLocked if another server has the folder.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	db := &DB{cfg: cfg.withDefaults(), closing: make(chan struct{})}
	if err := db.open(); err != nil {
		if db.lock != nil {
			err = errors.Join(err, db.lock.Close())
		}
		return nil, err
	}
	if !binding.OwnPageCache() {
		db.cfg.Log.Warn("SQLite was in use before this program's database: it keeps its own page cache, which is slower and takes more memory")
	}
	if !binding.Meters() {
		db.cfg.Log.Warn("SQLite was in use before this program's database: what a superuser's SQL takes of memory is not bounded")
	}
	background, stop := context.WithCancel(context.Background())
	db.stop = stop
	db.running.Go(func() { db.writer.checkpointer(background) })
	db.running.Go(func() { db.writer.watch(background, db.wroteForeign) })
	return db, nil
}

// open takes the folder's lock first, then creates the file and connects.
func (db *DB) open() (err error) {
	dir := db.cfg.Dir
	if db.cfg.Serve {
		if db.lock, err = lockFolder(dir); err != nil {
			return err
		}
	}
	if err := createDataFile(db.cfg.at.path); err != nil {
		return err
	}
	open := func(r role) (*conn, error) { return openConn(db.cfg.at, r) }
	openCheckpointConn := func() (*conn, error) { return open(roleCheckpoint) }
	yielding := newReadYield()
	db.readers = newPool(yielding, runtime.GOMAXPROCS(0), db.cfg.ReadTimeout, open)
	// A program that does not serve the folder may be one of several: its readers keep no
	// transactions open between reads.
	db.readers.keeps = db.cfg.Serve
	db.writer = newWriter(db.cfg, &db.stamps, yielding, db.openWriter, openCheckpointConn)
	db.writer.checkpoints.readers = db.readers
	return db.writer.start()
}

// openWriter opens a connection for writing. The log may be a new file: its name is synced, so
// that it cannot be lost with a commit in it.
func (db *DB) openWriter() (*conn, error) {
	c, err := openConn(db.cfg.at, roleWrite)
	if err != nil {
		return nil, err
	}
	_, err = c.do(controlSnapshot) // opens the log
	if err == nil {
		err = db.cfg.at.syncFolder(db.cfg.Dir)
	}
	if err != nil {
		return nil, errors.Join(classify(err), c.Close())
	}
	return c, nil
}

// Dialect implements store.Store.
func (db *DB) Dialect() store.Dialect { return Dialect{} }

// Catalog implements store.Store.
func (db *DB) Catalog() store.Catalog { return catalog{} }

// Sequences implements store.Store.
func (db *DB) Sequences() store.Sequences { return sequences{} }

// Migrator implements store.Store.
func (db *DB) Migrator() store.Migrator { return migrator{} }

// Write implements store.Store. A write that has begun continues when ctx ends; its statements
// fail with store.ErrTimeout after Config.WriteTimeout.
func (db *DB) Write(ctx context.Context, fn func(store.Tx) error) error {
	return db.writer.do(ctx, &op{fn: fn, ctx: context.Background(), span: trace.From(ctx), limit: db.cfg.WriteTimeout})
}

// LongWrite implements store.Store. The time is short because all writes run one after the other on
// one connection.
func (db *DB) LongWrite() time.Duration { return 2 * time.Millisecond }

// Exclusive implements store.Store. Its statements fail when ctx ends.
func (db *DB) Exclusive(ctx context.Context, fn func(store.Tx) error) error {
	return db.writer.do(ctx, &op{fn: fn, alone: true, ctx: ctx, span: trace.From(ctx), limit: db.cfg.ExclusiveTimeout})
}

// OnForeignWrite implements store.Store. fn is called within about a second of the write, on a
// goroutine of the store. logged is always false: other tools write as well.
func (db *DB) OnForeignWrite(fn func(ctx context.Context, logged bool) error) { db.foreign.Store(&fn) }

func (db *DB) wroteForeign(ctx context.Context) error {
	if fn := db.foreign.Load(); fn != nil {
		return (*fn)(ctx, false)
	}
	return nil
}

// Close implements store.Store.
func (db *DB) Close() error {
	db.once.Do(func() {
		close(db.closing)
		db.stop()
		// The background goroutines end first: they use the writer, which then empties the log.
		db.running.Wait()
		db.closed = errors.Join(db.readers.close(), db.writer.close())
		if db.lock != nil {
			db.closed = errors.Join(db.closed, db.lock.Close())
		}
	})
	return db.closed
}
