// Metrics of the store and of the file storage, for packages that cannot import the store.

package core

import (
	"slices"
	"strings"
	"time"

	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/tally"
)

// StoreFigures are the counts and times of the database work of this process since the App
// was opened.
type StoreFigures struct {
	Statements []StatementFigures

	Waiting     int64              // writes that wait for their turn
	Groups      tally.Distribution // number of writes in each committed transaction
	Commits     tally.Distribution // duration of each commit, in nanoseconds
	Checkpoints tally.Distribution // duration of each checkpoint, in nanoseconds; SQLite only
	LogBytes    int64              // length of the used write-ahead log, in bytes; SQLite only
}

// StatementFigures are the totals of all statements with one action on one collection.
type StatementFigures struct {
	Collection  string // or a table of Loam's own, which begins with _; "" for any other table
	Action      string // "select", "insert", "update", "delete", "other"
	Count, Rows int64
	Time        time.Duration
}

// StoreFigures returns the figures of the store. Statements on deleted collections count under
// the Collection "", so that the list does not grow without bound.
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

// FileCalls returns the counts of calls by method of Blobs: see blob.Swap.Figures.
func (a *App) FileCalls() map[string]tally.CallCount { return a.blobs.Figures() }
