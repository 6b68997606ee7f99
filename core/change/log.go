package change

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

// Config is what a log stands on. Store, Node and Log are required.
type Config struct {
	Store store.Store
	Node  string // names this process in the log; no two that run have the same
	Log   *slog.Logger
	Now   func() time.Time // default time.Now

	Keep     time.Duration // how long changes are kept; default 24 hours
	KeepRows int           // how many, about; default 1,000,000
}

// Log writes and reads the change log. It is safe for concurrent use.
type Log struct {
	Config
	observers atomic.Pointer[[]func([]Change)]
	single    string   // inserts the one row of a transaction, and draws its number
	next      string   // draws a number
	several   []string // by the number of rows less 1: inserts them under a drawn number

	wake      chan struct{} // capacity 1
	listeners atomic.Int32  // live subscriptions

	reading sync.Mutex // held while the feed moves; guards what follows
	feed    frontier
	epoch   string
	live    map[*Subscription]bool
	closed  bool
}

// New is a log. Open makes it ready for reading; it can write before that.
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
		Config: c, single: insertion(next, 1), next: "SELECT " + next,
		wake: make(chan struct{}, 1), live: map[*Subscription]bool{},
	}
	for n := range maxInsert {
		l.several = append(l.several, insertion("$1", n+1))
	}
	return l
}

// Observe adds fn to those called with the changes of each transaction of this
// process once it is durable and before it is acknowledged: what is cached of them
// must be dropped in it. Changes of other processes come as soon as they are known;
// nil changes mean that anything may have changed. fn must be quick and, for changes
// of this process, must not use the store. What was committed before is not told.
func (l *Log) Observe(fn func([]Change)) {
	for {
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

func (l *Log) tell(changes []Change) {
	if list := l.observers.Load(); list != nil {
		for _, fn := range *list {
			fn(changes)
		}
	}
}

// maxInsert is how many rows one statement inserts.
const maxInsert = 32

const columns = `"seq", "n", "kind", "collection", "record", "action", "before", "by", "node", "at"`

// insertion inserts so many rows; seq is the number of their transaction.
func insertion(seq string, rows int) string {
	var b strings.Builder
	b.WriteString(`INSERT INTO "_changes" (` + columns + ") VALUES ")
	p := 1
	if seq != "$1" {
		p = 0
	}
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("(" + seq)
		for range 9 {
			p++
			b.WriteString(", $" + strconv.Itoa(p))
		}
		b.WriteString(")")
	}
	return b.String()
}

// Append writes what the transaction has changed, as the last that it does, and
// has the observers called when it is durable. It fills in Seq (where it is known),
// N, Node and At of the changes and keeps the slice.
func (l *Log) Append(tx store.Tx, changes []Change) error {
	if len(changes) == 0 {
		return nil
	}
	now := l.Now()
	for i := range changes {
		changes[i].N, changes[i].Node, changes[i].At = i, l.Node, now
	}
	if err := l.insert(tx, changes); err != nil {
		return err
	}
	tx.OnCommit(func() {
		l.tell(changes)
		if l.listeners.Load() > 0 {
			l.stir()
		}
	})
	return nil
}

func (l *Log) insert(tx store.Tx, changes []Change) error {
	if len(changes) == 1 {
		_, err := tx.Exec(l.single, changes[0].row(make([]store.Value, 0, 9))...)
		return err
	}
	seq, err := integer(tx, l.next)
	if err != nil {
		return err
	}
	for len(changes) > 0 {
		part := changes[:min(len(changes), maxInsert)]
		changes = changes[len(part):]
		values := append(make([]store.Value, 0, 1+9*len(part)), store.Int(seq))
		for i := range part {
			part[i].Seq = seq
			values = part[i].row(values)
		}
		if _, err := tx.Exec(l.several[len(part)-1], values...); err != nil {
			return err
		}
	}
	return nil
}

// row appends the values of a row, but for its number.
func (c *Change) row(values []store.Value) []store.Value {
	before := store.Null
	if c.Before != nil {
		before = store.Text(string(c.Before))
	}
	return append(values, store.Int(int64(c.N)), store.Text(string(c.Kind)), store.Text(c.Collection), store.Text(c.Record),
		store.Text(string(c.Action)), before, store.Text(c.By), store.Text(c.Node), store.Int(c.At.UnixMilli()))
}

// stir makes the feed look for what is new.
func (l *Log) stir() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Wrote is to be called when another process has written. Unless all of it is in
// the log, the observers learn that anything may have changed.
func (l *Log) Wrote(logged bool) {
	if !logged {
		l.tell(nil)
	}
	l.stir()
}

// Run moves the feed on and takes old rows out of the log, until ctx ends. Then
// all subscriptions end with ErrClosed.
func (l *Log) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { l.prunes(ctx) })
	l.follow(ctx)
	running.Wait()
	l.reading.Lock()
	defer l.reading.Unlock()
	l.closed = true
	for s := range l.live {
		l.drop(s, ErrClosed)
	}
}

// integer is the number in the first column of the only row.
func integer(r store.Reader, sql string, args ...store.Value) (n int64, err error) {
	rows, err := r.Query(sql, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	if rows.Next() {
		n = rows.Int(0)
	}
	return n, rows.Close()
}
