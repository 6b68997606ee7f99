package logs

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/settings"
)

// keeper is a Service on a database of its own, with a clock and settings that the test sets.
type keeper struct {
	*Service
	t        testing.TB
	settings atomic.Pointer[settings.Settings]
	now      atomic.Pointer[time.Time]
	console  console
}

// console remembers the messages of a log.
type console struct {
	slog.Handler
	lines chan string
}

func (c console) Enabled(context.Context, slog.Level) bool { return true }
func (c console) Handle(_ context.Context, r slog.Record) error {
	c.lines <- r.Message
	return nil
}

// borrowed is a store that the test closes.
type borrowed struct{ store.Store }

func (borrowed) Close() error { return nil }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// newKeeper is a Service that keeps entries of every level. Its entries are written by flushed.
func newKeeper(t testing.TB) *keeper {
	t.Helper()
	db := enginetest.Open(t)
	k := &keeper{t: t, console: console{lines: make(chan string, 100)}}
	k.set(func(l *settings.Logs) { l.MinLevel = -8 })
	k.now.Store(&noon)
	k.Service = New(Config{
		Open:     func(context.Context) (store.Store, error) { return borrowed{db}, nil },
		Compact:  !enginetest.Postgres(),
		Settings: k.settings.Load, Now: func() time.Time { return *k.now.Load() }, Console: slog.New(k.console),
	})
	k.closed = false
	k.active.Store(true)
	return k
}

func (k *keeper) set(change func(*settings.Logs)) {
	next := settings.Defaults()
	if old := k.settings.Load(); old != nil {
		next.Logs = old.Logs
	}
	change(&next.Logs)
	k.settings.Store(next)
}

func (k *keeper) at(t time.Time) { k.now.Store(&t) }

// log adds an entry with one attribute.
func (k *keeper) log(level slog.Level, message string, n int) {
	e := k.Entry(level)
	e.Message(message)
	e.Int("n", int64(n))
	e.Add()
}

// entry is an entry as the API shows it.
type entry struct {
	ID, Created, Message string
	Level                float64
	Data                 map[string]any
}

// list flushes and lists.
func (k *keeper) list(p record.ListParams) (entries []entry, total int) {
	k.t.Helper()
	entries, page := k.page(p)
	return entries, page.TotalItems
}

// page flushes the log and reads a page.
func (k *keeper) page(p record.ListParams) (entries []entry, page *record.Page) {
	k.t.Helper()
	k.flush(k.t.Context())
	page, err := k.List(k.t.Context(), record.Root(), p)
	if err != nil {
		k.t.Fatalf("List(%+v) = %v", p, err)
	}
	if err := json.Unmarshal(page.Items, &entries); err != nil {
		k.t.Fatalf("%v: %s", err, page.Items)
	}
	return entries, page
}

// numbers are the attribute n of the entries that the filter selects, in the order of sort.
func (k *keeper) numbers(filter, sort string) []int {
	k.t.Helper()
	entries, _ := k.list(record.ListParams{Filter: filter, Sort: sort, PerPage: 1000})
	return numbersOf(entries)
}

// numbersOf returns the attributes n of the entries.
func numbersOf(entries []entry) []int {
	list := []int{}
	for _, e := range entries {
		n, _ := e.Data["n"].(float64)
		list = append(list, int(n))
	}
	return list
}
