// Package logs stores the log entries of a server, of requests and of messages, and lets superusers
// read the entries by API. Entries are queued in memory, written in batches, and purged by age and
// size. The package also stores the samples of the metrics of the last 48 hours.
//
// DESIGN.md in this folder describes the design.
package logs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/settings"
)

// Config holds the dependencies and options of a Service. Open and Settings are required.
type Config struct {
	// Open opens the database of the logs. The Service calls Open at the first write or read, and
	// again after SetAside.
	Open func(ctx context.Context) (store.Store, error)
	// SetAside renames the file of a damaged database, and returns the new name. It is nil if the
	// database holds more than logs.
	SetAside func() (name string, err error)
	// NewFile creates a database file for Copy. It is required if the logs have no file of their
	// own.
	NewFile func(ctx context.Context, path string, fill func(store.Store) error) error
	// Compact stores entries in the compact form, which takes half the space and needs SQLite.
	Compact bool

	Settings func() *settings.Settings
	Console  *slog.Logger     // gets the failures of the Service itself; default: not logged
	Now      func() time.Time // default time.Now
}

// Service stores the logs of one App. It is safe for concurrent use.
type Service struct {
	cfg   Config
	queue queue

	active atomic.Bool   // between Start and Stop
	purges chan struct{} // requests to purge; capacity 1
	asks   chan ask      // requests to write the queued entries; received by the loop
	looped atomic.Bool   // the loop runs
	cancel context.CancelFunc
	loop   sync.WaitGroup

	opening sync.Mutex // held while the database is opened or closed; guards db and closed
	db      *database  // nil until the first use
	closed  bool

	failed  time.Time // time of the last warning that entries are lost; used by the loop only
	written int       // bytes since the last check of the size; used by the loop only
}

// database is an open database of logs.
type database struct {
	store.Store
	planner *query.Planner
	compact bool   // entries are stored in the compact form
	rows    string // quoted name of the table that stores the entries; queries read "_logs"
}

// errOff is the error of every use before Start and after Stop.
var errOff = fault.New(fault.Unavailable, "Logs are kept while the server runs.")

// New returns a Service that keeps no entries until Start.
func New(c Config) *Service {
	if c.Console == nil {
		c.Console = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{cfg: c, queue: newQueue(), purges: make(chan struct{}, 1), asks: make(chan ask), closed: true}
}

// Start begins to keep entries. Stop must be called.
func (s *Service) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.opening.Lock()
	s.closed = false
	s.opening.Unlock()
	s.active.Store(true)
	s.looped.Store(true)
	s.loop.Go(func() { s.run(ctx) })
}

// Stop writes the queued entries and closes the database. Without a Start Stop does nothing.
func (s *Service) Stop() error {
	if s.cancel == nil {
		return nil
	}
	s.active.Store(false)
	s.looped.Store(false)
	s.cancel()
	s.loop.Wait()
	s.cancel = nil
	s.opening.Lock()
	defer s.opening.Unlock()
	s.closed = true
	return s.closeLocked()
}

// Keeps reports whether the Service is started and the settings keep entries of that level.
func (s *Service) Keeps(level slog.Level) bool { return s.keeps(level) != nil }

// keeps returns the current settings of logs if entries of that level are kept, else nil.
func (s *Service) keeps(level slog.Level) *settings.Logs {
	if !s.active.Load() {
		return nil
	}
	l := &s.cfg.Settings().Logs
	if l.MaxDays <= 0 || int(level) < l.MinLevel {
		return nil
	}
	return l
}

// open returns the open database. The first call opens the database.
func (s *Service) open(ctx context.Context) (*database, error) {
	s.opening.Lock()
	defer s.opening.Unlock()
	if s.closed {
		return nil, errOff
	}
	if s.db != nil {
		return s.db, nil
	}
	db, err := s.openTables(ctx)
	// A file that is not a database fails here, a file with damaged pages fails later.
	if damaged(err) && s.setAside(err) {
		db, err = s.openTables(ctx)
	}
	if err != nil {
		return nil, err
	}
	s.db = db
	return db, nil
}

// openTables opens the database and creates the tables that do not exist.
func (s *Service) openTables(ctx context.Context) (*database, error) {
	db, err := s.cfg.Open(ctx)
	if err != nil {
		return nil, err
	}
	compact, rows := s.cfg.Compact, `"_logs"`
	if compact {
		rows = `"_log_entries"`
		err = makeCompact(ctx, db)
	} else {
		err = makeTable(ctx, db, table, columns)
	}
	if err == nil {
		err = makeTable(ctx, db, sampleTable, sampleColumns)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &database{Store: db, planner: query.New(db.Dialect()), compact: compact, rows: rows}, nil
}

// replace closes a damaged database and sets it aside. The next open creates a new database.
func (s *Service) replace(broken *database, reason error) {
	s.opening.Lock()
	defer s.opening.Unlock()
	if s.db != broken || s.cfg.SetAside == nil { // already replaced, or not replaceable
		return
	}
	if err := s.closeLocked(); err != nil {
		s.cfg.Console.Warn("close the damaged logs", "error", err)
	}
	s.setAside(reason)
}

// setAside sets the damaged database aside and logs to the console. It reports success. The lock
// opening must be held.
func (s *Service) setAside(reason error) bool {
	if s.cfg.SetAside == nil {
		return false
	}
	name, err := s.cfg.SetAside()
	if err != nil {
		s.cfg.Console.Error("the logs are damaged and in the way", "error", errors.Join(reason, err))
		return false
	}
	s.cfg.Console.Error("the logs were damaged: they are set aside, and new ones begun", "file", name, "error", reason)
	return true
}

// closeLocked closes the database, if it is open. The lock opening must be held.
func (s *Service) closeLocked() error {
	if s.db == nil {
		return nil
	}
	err := s.db.Close()
	s.db = nil
	return err
}

// damaged reports whether the error is that of a damaged database file.
func damaged(err error) bool {
	var broken *store.DamageError
	return errors.As(err, &broken)
}
