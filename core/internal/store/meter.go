// What a store measures of its statements and transactions.

package store

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/cache"
	"github.com/loambase/loam/core/tally"
	"github.com/loambase/loam/core/trace"
)

// Meter has the figures of one store. An engine fills it; anybody may read it meanwhile. It must
// be made by NewMeter.
type Meter struct {
	// Waiting is how many writes wait for their turn.
	Waiting atomic.Int64
	// Groups are the writes of each transaction that was committed.
	Groups *tally.Histogram
	// Commits are the times of COMMIT: what it writes to the log, and the sync of the disk.
	Commits *tally.Histogram
	// Checkpoints are the times in which the log was copied into the database.
	Checkpoints *tally.Histogram
	// LogBytes is the length of the write-ahead log that is in use; 0 where there is none.
	LogBytes atomic.Int64

	slow   time.Duration
	onSlow func(Slow)
	ruleOf func(sql string) (collection, rule string)

	statements *cache.Cache[string, *Statement]
	totals     sync.Map // from Verb to *total
}

// Slow is a statement that took longer than the Meter allows.
type Slow struct {
	SQL  string
	Args []Value // a copy
	Rows int64
	Took time.Duration // to its last row, with what its reader did in between
	Verb Verb
}

// A Meter knows so many statements, of so many bytes each: those that are prepared, and some that
// were.
const (
	keptStatements = 2000
	keptText       = 8 << 10
)

// NewMeter returns a Meter. onSlow is called with statements that take as long as slow or
// longer, on their goroutines, and must not use the store; slow 0 calls it never.
func NewMeter(slow time.Duration, onSlow func(Slow)) *Meter {
	const ms = time.Millisecond
	return &Meter{
		Groups:      tally.Sizes(1, 2, 5, 10, 20, 50, 100, 200, 500, 1024),
		Commits:     tally.Durations(ms/10, ms/4, ms/2, ms, 2*ms, 5*ms, 10*ms, 25*ms, 100*ms, 1000*ms),
		Checkpoints: tally.Durations(ms, 5*ms, 10*ms, 50*ms, 100*ms, 500*ms, 1000*ms, 5000*ms),
		slow:        slow, onSlow: onSlow,
		statements: cache.New[string, *Statement](keptStatements),
	}
}

// NameRules has spans say which rule a statement judges: the name of its collection and its text, ""
// for none. It is set before the first statement with a span.
func (m *Meter) NameRules(ruleOf func(sql string) (collection, rule string)) { m.ruleOf = ruleOf }

// Verb is what statements of a table do: "select", "insert", "update", "delete", or "other",
// which is of no table.
type Verb struct{ Action, Table string }

// total is what all statements of a Verb took.
type total struct{ count, nanos, rows atomic.Int64 }

// Total is what all statements of a Verb took together.
type Total struct {
	Verb
	Count, Rows int64
	Time        time.Duration
}

// Totals returns what was measured so far. Tables that are gone are among it.
func (m *Meter) Totals() (list []Total) {
	m.totals.Range(func(key, value any) bool {
		t := value.(*total)
		list = append(list, Total{key.(Verb), t.count.Load(), t.rows.Load(), time.Duration(t.nanos.Load())})
		return true
	})
	return list
}

// Statements returns the texts of the statements that are known.
func (m *Meter) Statements() []string { return m.statements.Keys() }

// Statement is one that an engine has prepared. It is shared and safe for concurrent use.
type Statement struct {
	SQL  string
	Verb Verb

	meter *Meter
	total *total
}

// Statement returns the statement of that text, for an engine to keep with what it has
// prepared.
func (m *Meter) Statement(sql string) *Statement {
	if s, ok := m.statements.Get(sql); ok {
		return s
	}
	s := &Statement{SQL: sql, Verb: verbOf(sql), meter: m}
	kept, ok := m.totals.Load(s.Verb)
	if !ok {
		kept, _ = m.totals.LoadOrStore(s.Verb, &total{})
	}
	s.total = kept.(*total)
	if len(sql) <= keptText {
		m.statements.Put(sql, s)
	}
	return s
}

// Ran notes that the statement has run since began, for the span of its caller, which may be
// nil. Args belong to the caller.
func (s *Statement) Ran(span *trace.Span, began time.Time, rows int64, args []Value, err error) {
	took := time.Since(began)
	s.total.count.Add(1)
	s.total.rows.Add(rows)
	s.total.nanos.Add(int64(took))
	if s.meter.slow > 0 && took >= s.meter.slow && s.meter.onSlow != nil {
		s.meter.onSlow(Slow{SQL: s.SQL, Args: append([]Value(nil), args...), Rows: rows, Took: took, Verb: s.Verb})
	}
	if span != nil {
		s.trace(span, began, took, rows, err)
	}
}

// trace makes a span of a statement, below one of the rule that it judges, if it does. Its text has no
// values: they are parameters.
func (s *Statement) trace(span *trace.Span, began time.Time, took time.Duration, rows int64, err error) {
	ended := began.Add(took)
	if s.meter.ruleOf != nil {
		if collection, rule := s.meter.ruleOf(s.SQL); rule != "" {
			span = span.Child("rule "+collection, trace.Internal, began, ended, err, trace.Attr("loam.collection", collection), trace.Attr("loam.rule", rule))
		}
	}
	span.Child(strings.TrimSpace(s.Verb.Action+" "+s.Verb.Table), trace.Client, began, ended, err,
		trace.Attr("db.query.text", s.SQL), trace.Attr("db.operation.name", s.Verb.Action),
		trace.Attr("db.collection.name", s.Verb.Table), trace.Attr("db.response.returned_rows", rows))
}

// verbOf reads the verb and the first table of a statement.
func verbOf(sql string) Verb {
	before := map[string]string{"select": "FROM", "with": "FROM", "insert": "INTO", "update": "UPDATE", "delete": "FROM"}
	word, _, _ := strings.Cut(strings.TrimLeft(sql, " \t\r\n("), " ")
	action := strings.ToLower(word)
	at, ok := before[action]
	if !ok {
		return Verb{Action: "other"}
	}
	if action == "with" {
		action = "select"
	}
	return Verb{action, firstTable(sql, at)}
}

// firstTable returns the first quoted name after the word, "" if there is none: in SQL of others
// the word may be written in small letters.
func firstTable(sql, word string) string {
	i := strings.Index(sql, word+` "`)
	if i < 0 {
		return ""
	}
	name, _, ended := strings.Cut(sql[i+len(word)+2:], `"`)
	if !ended {
		return ""
	}
	return name
}
