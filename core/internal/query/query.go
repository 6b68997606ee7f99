// Package query is the planner: it compiles rules, filters, sorts and aggregates
// (docs/wire/records.md §5) into SQL for the dialect of a store. No other package turns
// expressions into SQL. It runs no SQL.
//
// An expression is parsed (package lang), its names are resolved against a snapshot and a request
// (this package) into typed conditions (package ir), which are rendered (package render).
// DESIGN.md has the table of files and the reasons.
package query

import (
	"strconv"
	"time"

	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/query/render"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Request holds the values of @request.*, including the caller. The zero value is a guest in the
// default context.
type Request struct {
	Context string              // "" stands for "default"
	Method  string              // upper case
	Headers map[string][]string // by canonical HTTP name; rules see x_token for X-Token
	Query   map[string][]string
	Body    map[string]any // resolved (docs/wire/records.md §3.16); see schema.Kind for the values of known fields
	Auth    AuthRecord     // nil for a guest

	// Channel has the values of @channel.name, @channel.1 … in rules of a channel: its name, and
	// the texts that the wildcards of its pattern match. It is empty for other rules.
	Channel []string
}

// AuthRecord is the signed-in record.
type AuthRecord interface {
	ID() string
	Collection() *schema.Collection
	Get(field string) any
}

// Scope determines the meaning of the identifiers of an expression.
type Scope struct {
	Snapshot   *schema.Snapshot
	Collection *schema.Collection
	Request    *Request  // nil means a guest
	Now        time.Time // the time for macros; the same for a whole request
}

// Select describes one read of the scope's collection. Empty fields have no effect. The planner
// only reads it and its slices, which belong to the caller.
type Select struct {
	Scope

	Columns []string // names of the fields to read, in this order
	Cut     int      // maximum number of characters read of each text or JSON value; 0: no maximum

	// Outputs are read after the columns: fields at the end of paths of single relations, such as
	// author.name. With Restricted an output is NULL if the view rule of a record on its path
	// hides the record from the caller, or if an e-mail address is hidden; hidden fields are an
	// *Error.
	Outputs []string

	Flags []string // expressions evaluated for each row (manageRule), read as booleans after the outputs
	Keys  bool     // also read, after the flags, the columns for Plan.Cursor

	ID      string   // only the record with this id
	IDs     []string // only records with one of these ids; empty but not nil: no records
	RefBy   *Ref     // only records that refer to one of Ref.IDs
	Parents *Parents // only records that refer to one of Parents.IDs, as a separate list for each

	// Rule and Filter are texts, RuleExpr and FilterExpr expressions built in code (see
	// lang.Bind). All that are given must hold. Rules are unrestricted (API rules); filters are
	// the client's. Expressions have separate limits: see lang.Check.
	Rule       string
	RuleExpr   lang.Expr
	Filter     string
	FilterExpr lang.Expr

	// Sort is the client's sort (docs/wire/records.md §4.2). "" means insertion order, but no
	// order at all with ID or IDs.
	Sort string

	// Restricted limits filters, Sort and Outputs to the possibilities of a client that is not a
	// superuser: no hidden fields, no @collection and @request, list rules of crossed
	// collections, hidden e-mail addresses (docs/wire/records.md §4.2).
	Restricted bool

	Limit  int // 0: no limit. With Parents: for each of them
	Offset int // cannot be combined with Parents

	After  string // only rows after the row of this cursor, made by Plan.Cursor for the same sort
	Before string // only rows before the row of this cursor
	// Backward reads from the end: Limit then keeps the last rows, and they are returned in the
	// reverse order of Sort. The caller reverses them.
	Backward bool

	// Candidate evaluates the expressions for a record that is not stored: one value for each
	// field in the order of Collection.Fields (docs/wire/records.md §4.4). The plan then yields
	// one row if the record passes, otherwise none.
	Candidate []store.Value

	// Callers evaluates the expressions for many callers: each row of the plan is the id of a
	// caller for whom the record of ID, or the Candidate, passes. See Callers.
	Callers *Callers

	ForUpdate bool // lock the rows, if the engine has row locks
}

// Parents reads lists of children: for each of the ids, the records whose relation Field contains
// it, with a separate sort and limit. The rows are grouped by parent in the order of IDs;
// Plan.Parent returns the parent of a row. A record that refers to several of the parents has a
// row for each.
type Parents struct {
	Field string
	IDs   []string
}

// Ref restricts a read to records whose relation field contains one of the ids. To know which,
// read the field itself by Select.Columns. The read returns all such records; use Parents for
// limits by id.
type Ref struct {
	Field string
	IDs   []string
}

// Plan is a compiled Select.
type Plan struct {
	SQL  string
	Args []store.Value

	// Tables has every table that the plan reads, its own first.
	Tables []string
	// Volatile plans depend on the clock or on chance: their results must not be cached.
	Volatile bool
	// Empty is set if the plan matches nothing, whatever is stored (a rule folded to false): it
	// need not run.
	Empty bool
	// Work is the expected cost of running the plan. It is prompt if the plan reads only the
	// record with an id, or the first or last rows in insertion order up to its limit.
	Work store.Work
	// Every is set if every record satisfies the expressions and the Select has no flags: the plan
	// need not run for a record that is known to be stored.
	Every bool
	// Passes is Every of a plan with a Candidate: the candidate passes, and the plan need not run.
	Passes bool
	// Alike is set on the plan of Callers if the expressions read nothing by which the callers
	// differ: all callers pass, or none.
	Alike bool

	cursor  render.Cursor
	slots   render.Slots
	parent  int // column of the parent's id
	depends dependence
}

// Cursor returns the opaque cursor of the current row of rows, for Select.After: "" if the plan
// was made without Keys or its sort has no cursors (@random, see Cursors). A list returns the
// cursor of the last row of its page if it knows that there are more, for example from reading
// Limit+1 rows.
func (p *Plan) Cursor(rows store.Rows) string { return p.cursor.Of(rows) }

// Parent returns the id of the parent of the current row, for a plan with Parents. The bytes are
// valid until the next row.
func (p *Plan) Parent(rows store.Rows) []byte { return rows.Bytes(p.parent) }

// Error is the error of an expression, sort or cursor that cannot be used.
type Error = lang.Error

// quoted returns a name as error messages show it.
func quoted(name string) string { return strconv.Quote(name) }
