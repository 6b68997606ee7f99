// Package query is the planner: it compiles rules, filters, sorts and aggregates
// (docs/wire/records.md §5) into SQL for the dialect of a store. It is the only place
// where an expression becomes SQL, and it runs none.
//
// An expression is parsed (package lang), its names are resolved against a snapshot
// and a request (this package) into typed conditions (package ir), which are rendered
// (package render). DESIGN.md has the table of files and the reasons.
package query

import (
	"strconv"
	"time"

	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/query/render"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Request is what @request.* means: the caller, as rules see it. The zero value
// is a guest in the default context.
type Request struct {
	Context string              // "" stands for "default"
	Method  string              // upper case
	Headers map[string][]string // by canonical HTTP name; rules see x_token for X-Token
	Query   map[string][]string
	Body    map[string]any // resolved (docs/wire/records.md §3.16); see schema.Kind for the values of known fields
	Auth    AuthRecord     // nil for a guest

	// Channel is what rules of a channel read as @channel.name, @channel.1 …: its name, and
	// what each wildcard of its pattern stands for. Other rules have none.
	Channel []string
}

// AuthRecord is the signed-in record.
type AuthRecord interface {
	ID() string
	Collection() *schema.Collection
	Get(field string) any
}

// Scope is what the identifiers of an expression mean.
type Scope struct {
	Snapshot   *schema.Snapshot
	Collection *schema.Collection
	Request    *Request  // nil is a guest
	Now        time.Time // the macros' clock; one value for a whole request
}

// Select describes one read of the scope's collection. What is left empty does
// not take part. It and its slices belong to the caller and are only read.
type Select struct {
	Scope

	Columns []string // names of fields to read, in this order
	Cut     int      // maximum number of characters read of each text or JSON value; 0: no maximum

	// Outputs are read after the columns: fields at the end of paths of single
	// relations, such as author.name. With Restricted an output is NULL where the view
	// rule of a record on its path does not let the caller see it, or where an e-mail
	// address is hidden; hidden fields are an *Error.
	Outputs []string

	Flags []string // expressions judged for each row (manageRule), read as booleans after the outputs
	Keys  bool     // also read, after the flags, what Plan.Cursor needs

	ID      string   // only the record with this id
	IDs     []string // only records with one of these ids; not nil but empty: none
	RefBy   *Ref     // only records that refer to one of Ref.IDs
	Parents *Parents // only records that refer to one of Parents.IDs, as a list for each

	// Rule and Filter are texts, RuleExpr and FilterExpr expressions built in code (see
	// lang.Bind). All that are given must hold. Rules are unrestricted (API rules);
	// filters are the client's. Expressions have limits of their own: see lang.Check.
	Rule       string
	RuleExpr   lang.Expr
	Filter     string
	FilterExpr lang.Expr

	// Sort is the client's sort (docs/wire/records.md §4.2). "" is insertion order, but no
	// order at all with ID or IDs.
	Sort string

	// Restricted holds filters, Sort and Outputs to what a non-superuser may use: no
	// hidden fields, no @collection and @request, list rules of crossed collections,
	// hidden e-mail addresses (docs/wire/records.md §4.2).
	Restricted bool

	Limit  int // 0: no limit. With Parents: for each of them.
	Offset int // not with Parents

	After  string // only what comes after the row of this cursor, made by Plan.Cursor for the same sort
	Before string // only what comes before the row of this one
	// Backward reads from the end: Limit then keeps the last rows, and the rows come in
	// the reverse of Sort. The caller turns them round.
	Backward bool

	// Candidate judges a record that is not stored: one value for each field in
	// the order of Collection.Fields (docs/wire/records.md §4.4). The plan then yields one
	// row if the record passes, else none.
	Candidate []store.Value

	// Callers judges for many callers at once: each row of the plan is the id of one for
	// whom the record of ID, or the Candidate, passes. See Callers.
	Callers *Callers

	ForUpdate bool // lock the rows, where the engine has such a thing
}

// Parents reads lists of children: for each of the ids, the records whose relation
// Field names it, sorted and limited by themselves. The rows come by parent in the
// order of IDs; Plan.Parent tells whose child a row is. A record whose relation names
// several of the parents is a row for each.
type Parents struct {
	Field string
	IDs   []string
}

// Ref restricts a read to records whose relation field holds one of the ids.
// Which one it is, the field itself tells: name it in Select.Columns. All records of
// all ids come: Parents limits them.
type Ref struct {
	Field string
	IDs   []string
}

// Plan is a compiled Select.
type Plan struct {
	SQL  string
	Args []store.Value

	// Tables is every table that the plan reads, its own first.
	Tables []string
	// Volatile plans depend on the clock or on chance: their results must not be cached.
	Volatile bool
	// Empty plans match nothing, whatever is stored (a rule folded to false): no
	// need to run them.
	Empty bool
	// Work is what running the plan is expected to cost: prompt is one that reads what stands
	// under an id, or the first or last rows in the order of insertion up to its limit,
	// and nothing else.
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

// Cursor is the opaque cursor of the row on which rows stands, for Select.After:
// "" if the plan was made without Keys or its sort has none (@random, see
// Cursors). A list gives the cursor of the last row of its page when it
// knows that there are more, for example from reading Limit+1 rows.
func (p *Plan) Cursor(rows store.Rows) string { return p.cursor.Of(rows) }

// Parent is the id of the parent whose child the row is, of a plan with Parents. The
// bytes are valid until the next row.
func (p *Plan) Parent(rows store.Rows) []byte { return rows.Bytes(p.parent) }

// Error says why an expression, sort or cursor cannot be used.
type Error = lang.Error

// quoted is a name as error messages show it.
func quoted(name string) string { return strconv.Quote(name) }
