// The change log: appending rows within a transaction, and observers of commits.

package change

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

// Config holds the options of New. Store, Node and Log are required.
type Config struct {
	Store store.Store
	Node  string // the name of this process in the log; running processes have different names
	Log   *slog.Logger
	Now   func() time.Time // default time.Now

	Keep     time.Duration // the time for which changes are kept; default 24 hours
	KeepRows int           // the approximate number of rows that are kept; default 1,000,000
}

// Log writes and reads the change log. It is safe for concurrent use.
//
// Lock order: feeding, then mu. mu is never held during a query.
type Log struct {
	cfg       Config
	observers atomic.Pointer[[]func([]Change)]
	single    string   // inserts the only row of a transaction, and draws its number
	next      string   // draws a number
	several   []string // by the number of rows minus 1: inserts rows with a number that was drawn before

	wake      chan struct{} // tells the feed loop that there may be new rows; capacity 1
	listeners atomic.Int32  // subscriptions in live

	// feeding is a lock (capacity 1) for reading the table on behalf of the feed. It is a
	// channel so that waiting for it ends with a context.
	feeding chan struct{}

	mu      sync.Mutex // guards the fields below
	feed    frontier   // changed only by the holder of feeding
	epoch   string
	doubted bool  // the database may have been replaced: epoch must be read again
	steps   int64 // the number of steps of the feed that have begun
	present int64 // the last of these steps that came to the end of the log, or to a hole
	live    map[*Subscription]bool
	closed  bool
}

// New returns a log. It can be written at once, and read after Open.
func New(c Config) *Log {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Keep <= 0 {
		c.Keep = 24 * time.Hour
	}
	if c.KeepRows <= 0 {
		c.KeepRows = 1_000_000
	}
	next := c.Store.Sequences().NextNumber("_changes", "seq")
	l := &Log{
		cfg: c, single: insertion(next, 1), next: "SELECT " + next,
		wake: make(chan struct{}, 1), feeding: make(chan struct{}, 1), live: map[*Subscription]bool{},
	}
	for n := range maxInsert {
		l.several = append(l.several, insertion("$1", n+1))
	}
	return l
}

// Observe adds fn to the functions that are called with the changes of each transaction of this
// process, once it is durable and before it is acknowledged: fn invalidates caches. fn gets changes
// of other processes as soon as they are known. Nil changes mean that anything may have changed. fn
// must be quick and, for changes of this process, must not use the store. It is not called for
// earlier commits.
func (l *Log) Observe(fn func([]Change)) {
	for {
		// The list is replaced, never modified, so that notify reads it without a lock.
		known := l.observers.Load()
		var list []func([]Change)
		if known != nil {
			list = append(list, *known...)
		}
		list = append(list, fn)
		if l.observers.CompareAndSwap(known, &list) {
			return
		}
	}
}

// notify calls the observers.
func (l *Log) notify(changes []Change) {
	if list := l.observers.Load(); list != nil {
		for _, fn := range *list {
			fn(changes)
		}
	}
}

// Append writes the changes of a transaction to the log; the observers are called once the
// transaction is durable. Append must be the last statement of the transaction: on PostgreSQL the
// order of numbers depends on it. It sets N, Node, At and, for several changes, Seq, and keeps the
// slice. Its errors are those of the store.
func (l *Log) Append(tx store.Tx, changes []Change) error {
	if len(changes) == 0 {
		return nil
	}
	now := l.cfg.Now()
	for i := range changes {
		// All changes of a transaction have the same time, that of the transaction.
		changes[i].N, changes[i].Node, changes[i].At = i, l.cfg.Node, now
	}
	if err := l.insert(tx, changes); err != nil {
		return err
	}
	tx.OnCommit(func() {
		l.notify(changes)
		if l.listeners.Load() > 0 {
			l.wakeFeed()
		}
	})
	return nil
}

// Wrote tells the log that another process has written to the database. logged states that all its
// changes are in the log. If not, the observers are told that anything may have changed, and the
// feed checks whether the database is still the same.
func (l *Log) Wrote(logged bool) {
	if !logged {
		l.doubt()
		l.notify(nil)
	}
	l.wakeFeed()
}

// Run runs the feed and prunes the log until ctx ends. Then it ends all subscriptions
// with ErrClosed.
func (l *Log) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { l.pruneLoop(ctx) })
	l.feedLoop(ctx)
	running.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.dropAll(ErrClosed)
}
