// Package query is the rule and filter language (docs/wire/records.md §5): it
// parses, types, simplifies and plans expressions and renders them as SQL for
// the dialect of a store. It is the only place where an expression becomes SQL.
//
// The way of an expression: parse → Expr (cached by text) → plan (operands
// resolved against a snapshot, constants folded, joins chosen) → SQL text and
// parameters. Nothing here runs a query. DESIGN.md says why it is so.
package query

import (
	"strconv"
	"time"

	"github.com/loambase/loam/core/internal/query/lang"

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
// not take part.
type Select struct {
	Scope

	Columns []string // field names to read, in this order; never to be changed
	Flags   []string // expressions judged for each row (manageRule), read as booleans after the columns
	Keys    bool     // also read, after the flags, what Plan.Cursor needs

	ID     string   // only the record with this id
	IDs    []string // only records with one of these ids; not nil but empty: none
	RefBy  *Ref     // only records that refer to one of Ref.IDs
	Rule   string   // an unrestricted expression (API rules); "" is true
	Filter string   // the client's expression; "" is true

	// Sort is the client's sort (docs/wire/records.md §4.2). "" is insertion order, but no
	// order at all with ID or IDs.
	Sort string

	// Restricted holds Filter and Sort to what a non-superuser may use: no hidden
	// fields, no @collection and @request, list rules of crossed collections,
	// hidden e-mail addresses (docs/wire/records.md §4.2).
	Restricted bool

	Limit  int // 0: no limit
	Offset int
	After  string // only what comes after the row of this cursor, made by Plan.Cursor for the same sort

	// Candidate judges a record that is not stored: one value for each field in
	// the order of Collection.Fields (docs/wire/records.md §4.4, with improvements 5 and 16).
	// The plan then yields one row if the record passes, else none.
	Candidate []store.Value

	ForUpdate bool // lock the rows, where the engine has such a thing
}

// Ref restricts a read to records whose relation field holds one of the ids.
// Which one it is, the field itself tells: name it in Select.Columns.
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
	// Passes is set on the plan of a Candidate without flags that matches,
	// whatever is stored: no need to run it.
	Passes bool

	cursor  cursor
	slots   slots
	depends dependence
}

// Cursor is the opaque cursor of the row on which rows stands, for Select.After:
// "" if the plan was made without Keys or its sort has none (@random, a value in
// a JSON document). A list gives the cursor of the last row of its page when it
// knows that there are more, for example from reading Limit+1 rows.
func (p *Plan) Cursor(rows store.Rows) string { return p.cursor.of(rows) }

// Error says why an expression, sort or cursor cannot be used.
type Error = lang.Error

// quoted is a name as error messages show it.
func quoted(name string) string { return strconv.Quote(name) }
