// Metrics of the statements and transactions of a store.

package store

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/internal/cache"
	"github.com/loambase/loam/internal/tally"
	"github.com/loambase/loam/internal/trace"
)

// Meter has the metrics of one store. The engine updates them; reading is safe at any time. It
// must be made by NewMeter.
type Meter struct {
	// Waiting is the number of writes that wait for their turn.
	Waiting atomic.Int64
	// Groups are the numbers of writes in the committed transactions.
	Groups *tally.Histogram
	// Commits are the durations of COMMIT, including writing the log and syncing the disk.
	Commits *tally.Histogram
	// Checkpoints are the durations of copying the write-ahead log into the database; SQLite only.
	Checkpoints *tally.Histogram
	// LogBytes is the length in bytes of the used part of the write-ahead log; SQLite only.
	LogBytes atomic.Int64

	slow   time.Duration
	onSlow func(Slow)
	ruleOf func(sql string) (collection, rule string)

	statements *cache.Cache[string, *Statement]
	totals     sync.Map // from Verb to *total
}

// Slow is a run of a statement that took as long as the limit of NewMeter, or longer.
type Slow struct {
	SQL  string
	Args []Value // a copy
	Rows int64
	Took time.Duration // until the last row, including the work of the reader between the rows
	Verb Verb
}

// Limits of the statements that a Meter keeps.
const (
	keptStatements = 2000
	keptText       = 8 << 10 // bytes of SQL
)

// NewMeter returns a Meter. onSlow is called for each statement that takes the time slow or
// longer, on the goroutine that runs the statement; it must not use the store. With slow 0 it is
// never called.
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

// NameRules sets a function that returns the rule that a statement checks, for its span: the name
// of the collection and the text of the rule, "" without a rule. NameRules must be called before
// the first statement that has a span.
func (m *Meter) NameRules(ruleOf func(sql string) (collection, rule string)) { m.ruleOf = ruleOf }

// Verb is an action of statements and the table that they act on. The action is "select",
// "insert", "update" or "delete"; it is "other" for any other statement, which has no table.
type Verb struct{ Action, Table string }

// total has the counters of all statements of a Verb.
type total struct{ count, nanos, rows atomic.Int64 }

// Total has the number of runs, the rows and the time of all statements of a Verb.
type Total struct {
	Verb
	Count, Rows int64
	Time        time.Duration
}

// Totals returns the totals since NewMeter, including those of deleted tables.
func (m *Meter) Totals() (list []Total) {
	m.totals.Range(func(key, value any) bool {
		t := value.(*total)
		list = append(list, Total{key.(Verb), t.count.Load(), t.rows.Load(), time.Duration(t.nanos.Load())})
		return true
	})
	return list
}

// Statements returns the SQL of the statements that are kept: the prepared ones and some earlier
// ones.
func (m *Meter) Statements() []string { return m.statements.Keys() }

// Statement is a statement that an engine has prepared. It is shared and safe for concurrent use.
type Statement struct {
	SQL  string
	Verb Verb

	meter *Meter
	total *total
}

// Statement returns the Statement of that SQL. An engine keeps it with the prepared statement.
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

// Ran counts a run of the statement that lasted from began until now, and adds a span below span,
// which may be nil. args stay the caller's.
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

// trace adds a span for a run of the statement. If the statement checks a rule, its span is the
// child of a span for the rule. The SQL in the span holds no values, since values are parameters.
// SQL of more than keptText bytes is cut, because spans wait in memory.
func (s *Statement) trace(span *trace.Span, began time.Time, took time.Duration, rows int64, err error) {
	ended := began.Add(took)
	if s.meter.ruleOf != nil {
		if collection, rule := s.meter.ruleOf(s.SQL); rule != "" {
			span = span.Child("rule "+collection, trace.Internal, began, ended, err, trace.Attr("loam.collection", collection), trace.Attr("loam.rule", rule))
		}
	}
	text := s.SQL
	if len(text) > keptText {
		text = strings.Clone(text[:keptText])
	}
	span.Child(strings.TrimSpace(s.Verb.Action+" "+s.Verb.Table), trace.Client, began, ended, err,
		trace.Attr("db.query.text", text), trace.Attr("db.operation.name", s.Verb.Action),
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

// firstTable returns the quoted name after the first occurrence of word before a quoted name, ""
// without one: SQL that Loam has not made may write the word in lower case.
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
