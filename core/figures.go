// What the App counts for metrics, for those who may not see its store.

package core

import (
	"slices"
	"strings"
	"time"

	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/tally"
)

// StoreFigures are what the database was asked for since the App was opened, by this process.
type StoreFigures struct {
	Statements []StatementFigures

	Waiting     int64              // writes that wait for their turn
	Groups      tally.Distribution // writes of a transaction that was committed
	Commits     tally.Distribution // time, in nanoseconds
	Checkpoints tally.Distribution // time, in nanoseconds; SQLite
	LogBytes    int64              // of the write-ahead log that is in use; SQLite
}

// StatementFigures are the statements that do the same to a collection.
type StatementFigures struct {
	Collection  string // or a table of Loam's own, which begins with _; "" for what is neither
	Action      string // "select", "insert", "update", "delete", "other"
	Count, Rows int64
	Time        time.Duration
}

// StoreFigures returns the figures of the store. Statements of collections that are gone count
// under the Collection "", so that there are never many.
func (a *App) StoreFigures() StoreFigures {
	f := StoreFigures{
		Waiting: a.meter.Waiting.Load(), Groups: a.meter.Groups.Read(), Commits: a.meter.Commits.Read(),
		Checkpoints: a.meter.Checkpoints.Read(), LogBytes: a.meter.LogBytes.Load(),
	}
	snapshot := a.Snapshot()
	at := map[[2]string]int{}
	for _, t := range a.meter.Totals() {
		table := t.Table
		if snapshot.Find(table) == nil && !slices.Contains(schema.InternalTables(), table) {
			table = ""
		}
		key := [2]string{table, t.Action}
		i, ok := at[key]
		if !ok {
			i = len(f.Statements)
			at[key] = i
			f.Statements = append(f.Statements, StatementFigures{Collection: table, Action: t.Action})
		}
		s := &f.Statements[i]
		s.Count, s.Rows, s.Time = s.Count+t.Count, s.Rows+t.Rows, s.Time+t.Time
	}
	slices.SortFunc(f.Statements, func(a, b StatementFigures) int {
		return strings.Compare(a.Collection+" "+a.Action, b.Collection+" "+b.Action)
	})
	return f
}

// FileCalls returns the calls of each method of Blobs: see blob.Swap.Figures.
func (a *App) FileCalls() map[string]tally.CallCount { return a.blobs.Figures() }
