// Package sqlrun runs SQL of superusers (the SQL console).
//
// Such SQL bypasses rules, hooks, validation and caches. Its changes are committed only if the
// server can work with the changed database. The commit drops all caches, and the change log gets
// an entry for each changed collection, which stands for any change of its records.
package sqlrun

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

const (
	maxQuery  = 5000 // characters
	maxRows   = 1000
	maxBytes  = 16 << 20  // the maximum size of the values of a result
	maxMemory = 128 << 20 // the maximum memory of a script, if the engine runs in this process
	limit     = 3 * time.Minute
	atOnce    = 2 // scripts
)

// Config has the dependencies of a Service. All fields are required.
type Config struct {
	Store       store.Store
	Snapshot    func() *schema.Snapshot
	Collections *collection.Service
	Settings    *settings.Service
	Changes     *change.Log
	Log         *slog.Logger
}

// Service runs SQL. It is safe for concurrent use.
type Service struct {
	cfg    Config
	places chan struct{} // has a value for each running script
	warned sync.Once
}

// New returns the Service of an app.
func New(c Config) *Service { return &Service{cfg: c, places: make(chan struct{}, atOnce)} }

// Result is the result of the last statement of a script.
type Result struct {
	ExecTime float64     `json:"execTime"`     // milliseconds
	Affected int64       `json:"affectedRows"` // rows that the statement inserted, updated or deleted
	Columns  []Column    `json:"columns"`
	Rows     [][]*string `json:"rows"` // null for NULL

	Truncated bool   `json:"truncated,omitempty"` // the statement has more rows than Rows
	Warning   string `json:"warning,omitempty"`
	Wrote     bool   `json:"-"` // a statement of the script may have written, in the judgement of the engine
	Total     int64  `json:"-"` // rows that all statements of the script inserted, updated or deleted
}

// Column is a column of Result.Rows.
type Column struct {
	Name     string `json:"name"`
	Type     string `json:"type"` // the database's name of the type; "" for most expressions
	Nullable bool   `json:"nullable"`
}

const powerfulWarning = "The account of the database may read files and run programs on its machine: give Loam one that may not."

// Run runs a script of one or more statements for a superuser. A caller who is not a superuser gets
// the fault of record.Caller.RequireSuperuser. The script is stopped when ctx ends, or after 3
// minutes. A script that only reads runs beside all other reads and writes; a script that writes is
// one transaction, and other writes wait for it. A script that cannot be run, or is refused, is an
// Invalid fault whose message gives the reason.
func (s *Service) Run(ctx context.Context, caller record.Caller, query string) (*Result, error) {
	return s.runAs(ctx, caller, query, func(tx store.Tx, tables []string) error { return s.written(tx, caller, tables) })
}

// runAs does the work of Run and Try. The arguments and the result are those of execute.
func (s *Service) runAs(ctx context.Context, caller record.Caller, query string, written func(store.Tx, []string) error) (*Result, error) {
	if err := allow(caller, query); err != nil {
		return nil, err
	}
	result, err := s.execute(ctx, query, written)
	if err != nil {
		return nil, failure(query, err)
	}
	return result, nil
}

// execute runs a script. written is Script.Written; if it returns errTried, the script is rolled
// back, and execute returns the result without an error. Errors are those of the store and of
// written.
func (s *Service) execute(ctx context.Context, query string, written func(store.Tx, []string) error) (*Result, error) {
	wrote := false
	out, took, err := s.run(ctx, store.Script{SQL: query, Rows: maxRows, Bytes: maxBytes, Memory: maxMemory,
		Written: func(tx store.Tx, tables []string) error {
			wrote = true
			return written(tx, tables)
		}})
	if err != nil && !errors.Is(err, errTried) {
		return nil, err
	}
	result := resultOf(out, took)
	result.Wrote = wrote
	if out.Powerful {
		result.Warning = powerfulWarning
		s.warned.Do(func() { s.cfg.Log.Warn("the account of the database may read files and run programs on its machine") })
	}
	return result, nil
}

// errTried rolls back a script that Try has run.
var errTried = errors.New("sqlrun: tried")

// Try runs a script as Run does, including all checks of its changes, and then rolls the changes
// back. While Try runs a script that writes, other writes wait. The result and the errors are those
// of Run.
func (s *Service) Try(ctx context.Context, caller record.Caller, query string) (*Result, error) {
	return s.runAs(ctx, caller, query, func(tx store.Tx, tables []string) error {
		if err := s.written(tx, caller, tables); err != nil {
			return err
		}
		return errTried
	})
}

// run runs a script within limit, once fewer than atOnce scripts are running.
func (s *Service) run(ctx context.Context, script store.Script) (out store.ScriptResult, took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	select {
	case s.places <- struct{}{}:
	case <-ctx.Done():
		return out, 0, ctx.Err()
	}
	defer func() { <-s.places }()
	begin := time.Now()
	out, err = s.cfg.Store.Run(ctx, script)
	return out, time.Since(begin), err
}

func resultOf(out store.ScriptResult, took time.Duration) *Result {
	result := &Result{
		ExecTime: float64(took.Microseconds()) / 1000, Affected: out.Changed, Total: out.Total, Truncated: out.Truncated,
		Columns: columnsOf(out.Columns), Rows: out.Rows,
	}
	if result.Rows == nil {
		result.Rows = [][]*string{}
	}
	return result
}

func columnsOf(list []store.ScriptColumn) []Column {
	columns := make([]Column, len(list))
	for i, c := range list {
		columns[i] = Column(c)
	}
	return columns
}

// allow returns the fault of a caller who is not a superuser, or of an empty or too long query.
func allow(caller record.Caller, query string) error {
	if err := caller.RequireSuperuser(); err != nil {
		return err
	}
	return check(query)
}

// check validates the length of a query; a failure is an Invalid fault at "query".
func check(query string) error {
	var fail *fault.Field
	switch n := utf8.RuneCountInString(query); {
	case strings.TrimSpace(query) == "":
		fail = fault.Leaf("validation_required", "Cannot be blank")
	case n > maxQuery:
		fail = fault.Leaf("validation_length_too_long",
			fmt.Sprintf("The length must be no more than %d", maxQuery), "max", maxQuery, "min", 0)
	default:
		return nil
	}
	return fault.Invalidate("An error occurred while validating the submitted data.", fault.Fields{"query": fail})
}

// failure returns the fault of a script that failed, if a change of the script can help.
func failure(query string, err error) error {
	var statement *store.StatementError
	var unique *store.UniqueError
	var long *store.TooLongError
	var own *fault.Error
	var reason string
	switch {
	case errors.As(err, &own) && own.Kind == fault.Invalid:
		reason = own.Message
	case errors.As(err, &statement):
		reason = statement.Message + placeIn(query, statement.At)
	case errors.As(err, &unique):
		reason = fmt.Sprintf("a unique index on %s (%s) has these values already", unique.Table, strings.Join(unique.Columns, ", "))
	case errors.As(err, &long):
		reason = "a value is too long for the index " + long.Index
	case errors.Is(err, store.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		reason = fmt.Sprintf("it takes more than %s", limit)
	default:
		return err
	}
	return fault.New(fault.Invalid, "Failed to execute query. Raw error:\n"+reason)
}

// placeIn returns the line and the column of a place in the query, in bytes from 1; "" for 0.
func placeIn(query string, at int) string {
	if at < 1 || at > len(query)+1 {
		return ""
	}
	before := query[:at-1]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return fmt.Sprintf(" (line %d, column %d)", strings.Count(before, "\n")+1, utf8.RuneCountInString(line)+1)
}

// written checks and logs the changes of a script, in its transaction. tables may have more names
// than the changed tables.
func (s *Service) written(tx store.Tx, caller record.Caller, tables []string) error {
	touched := func(table string) bool {
		return slices.ContainsFunc(tables, func(t string) bool { return strings.EqualFold(t, table) })
	}
	if err := keepOwn(tx, touched); err != nil {
		return err
	}
	before := s.cfg.Snapshot()
	after, err := s.cfg.Collections.Reread(tx)
	if err != nil {
		return err
	}
	if caller.Actor() != "" && touched(schema.Superusers) { // a program may delete all superusers
		if err := keepSuperuser(tx); err != nil {
			return err
		}
	}
	changes := reset(before, after, touched)
	if touched("_params") {
		if err := s.cfg.Settings.Reread(tx); err != nil {
			return err
		}
		changes = append(changes, change.Change{Kind: change.Settings, Action: change.Update})
		// The table _params also has the state of the change log.
		if err := s.cfg.Changes.RenewWithin(tx); err != nil {
			return fault.New(fault.Invalid, "the table _params could not be used any more: "+err.Error())
		}
	}
	for i := range changes {
		changes[i].By = caller.Actor()
	}
	tx.OnCommit(func() { s.cfg.Changes.Wrote(false) })
	return s.cfg.Changes.Append(tx, changes)
}

// keepOwn returns a fault if a script has changed the change log or the list of migrations, or has
// dropped a table that the server needs.
func keepOwn(tx store.Tx, touched func(table string) bool) error {
	for _, table := range schema.InternalTables() {
		if (table == "_changes" || table == "_migrations") && touched(table) {
			return fault.New(fault.Invalid, "the table "+table+" is the server's own: it may be read, and not be changed")
		}
		if slices.Contains(schema.LogTables(), table) { // the server works without the logs
			continue
		}
		rows, err := tx.Query("SELECT 1 FROM " + store.Quote(table) + " WHERE 1 = 0")
		if err == nil {
			err = rows.Close()
		}
		var gone *store.StatementError
		if errors.As(err, &gone) {
			return fault.New(fault.Invalid, "the table "+table+" is the server's own, and would be missing")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keepSuperuser returns a fault if no superuser is left, since nobody could sign in.
func keepSuperuser(tx store.Tx) error {
	n, err := store.Number(tx, "SELECT count(*) FROM "+store.Quote(schema.Superusers))
	if err == nil && n == 0 {
		err = fault.New(fault.Invalid, "the last superuser cannot be deleted")
	}
	return err
}

// reset returns a change for each collection whose table was changed, or for all if definitions
// were changed. It stands for any change of the records.
func reset(before, after *schema.Snapshot, touched func(table string) bool) (changes []change.Change) {
	all := touched("_collections")
	for _, c := range after.All() {
		old := before.ByID(c.ID)
		switch {
		case old == nil:
			changes = append(changes, change.Change{Kind: change.Collection, Collection: c.ID, Action: change.Create})
		case touched(c.Name) || touched(old.Name):
			changes = append(changes, change.Change{Kind: change.Collection, Collection: c.ID, Action: change.Rewrite})
		case all:
			changes = append(changes, change.Change{Kind: change.Collection, Collection: c.ID, Action: change.Update})
		}
	}
	for _, c := range before.All() {
		if after.ByID(c.ID) == nil {
			changes = append(changes, change.Change{Kind: change.Collection, Collection: c.ID, Action: change.Delete})
		}
	}
	return changes
}
