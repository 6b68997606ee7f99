// The review of a script before it runs: statements that change whole tables.

package sqlrun

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
)

// Danger is a statement that changes or deletes all rows of a table.
type Danger struct {
	Verb      string // UPDATE, DELETE, TRUNCATE, DROP TABLE, DROP COLUMN
	Constant  bool   // the statement has a WHERE without a column, as in WHERE 1 = 1
	Table     string
	Statement string
	Rows      int64 // number of rows of the table; -1 if unknown
}

// countLimit is the time limit for counting the rows of a table.
const countLimit = 5 * time.Second

// Review returns the statements of a script that change whole tables: UPDATE and DELETE without
// WHERE or with a constant condition, TRUNCATE, and DROP of tables and columns. It reads the words
// of the script and does not run it. The faults of a script that cannot run are those of Run.
func (s *Service) Review(ctx context.Context, caller record.Caller, query string) ([]Danger, error) {
	if err := allow(caller, query); err != nil {
		return nil, err
	}
	var list []Danger
	for _, statement := range statements(query, s.cfg.Store.Dialect().NestsComments()) {
		for _, w := range wholes(statement) {
			d := Danger{Verb: w.verb, Constant: w.constant, Table: w.table[len(w.table)-1].text, Rows: s.count(ctx, w.table)}
			d.Statement = query[statement[0].pos:statement[len(statement)-1].end]
			list = append(list, d)
		}
	}
	return list, ctx.Err()
}

// Plan returns the query plan of the engine for a query of one statement, without running the
// statement. The errors are those of Run.
func (s *Service) Plan(ctx context.Context, caller record.Caller, query string) (*Result, error) {
	if err := allow(caller, query); err != nil {
		return nil, err
	}
	list := statements(query, s.cfg.Store.Dialect().NestsComments())
	if len(list) != 1 || list[0][0].is("explain") {
		return nil, fault.New(fault.Invalid, "A plan is that of one statement, without EXPLAIN.")
	}
	statement := list[0]
	begin, end := statement[0].pos, statement[len(statement)-1].end
	sql, _ := s.cfg.Store.Dialect().Explain(query[begin:end])
	result, err := s.execute(ctx, sql, func(tx store.Tx, tables []string) error { return s.written(tx, caller, tables) })
	if err != nil {
		explain := len(sql) - (end - begin) // the length of the words before the statement
		return nil, failure(query, moved(err, begin-explain))
	}
	return result, nil
}

// moved returns the error with the place in a script moved by a number of bytes.
func moved(err error, by int) error {
	var statement *store.StatementError
	if errors.As(err, &statement) && statement.At > 0 {
		return &store.StatementError{Message: statement.Message, At: statement.At + by}
	}
	return err
}

// count returns the number of rows of a table, -1 if the number is unknown.
func (s *Service) count(ctx context.Context, table []token) (n int64) {
	ctx, stop := context.WithTimeout(ctx, countLimit)
	defer stop()
	quoted := make([]string, len(table))
	for i, part := range table {
		name := part.text
		if !part.quoted {
			name = strings.ToLower(name) // as PostgreSQL reads it; SQLite ignores the case
		}
		quoted[i] = store.Quote(name)
	}
	err := s.cfg.Store.Read(ctx, func(r store.Reader) (err error) {
		n, err = store.Number(r, "SELECT count(*) FROM "+strings.Join(quoted, "."))
		return err
	})
	if err != nil {
		return -1
	}
	return n
}

// whole is a table that a statement changes as a whole.
type whole struct {
	verb     string
	table    []token // schema and name, or the name
	depth    int
	constant bool
}

// wholes returns the tables that a statement changes as a whole. A WHERE belongs to the last change
// before it at the same depth of parentheses.
func wholes(statement []token) (list []whole) {
	if statement[0].is("explain") && !contains(statement, "analyze") {
		return nil
	}
	var open []whole
	closeAbove := func(depth int) {
		for len(open) > 0 && open[len(open)-1].depth > depth {
			list = append(list, open[len(open)-1])
			open = open[:len(open)-1]
		}
	}
	for i, t := range statement {
		closeAbove(t.depth)
		switch {
		case t.is("where") && len(open) > 0 && open[len(open)-1].depth == t.depth:
			if open[len(open)-1].constant = isConstant(statement[i+1:], t.depth); !open[len(open)-1].constant {
				open = open[:len(open)-1]
			}
		case t.is("delete") && next(statement, i+1).is("from"):
			table, _ := tableAt(statement, i+2)
			open = append(open, whole{verb: "DELETE", table: table, depth: t.depth})
		case t.is("update") && updates(statement, i):
			table, _ := tableAt(statement, i+1)
			open = append(open, whole{verb: "UPDATE", table: table, depth: t.depth})
		case t.is("drop") && next(statement, i+1).is("table"):
			list = append(list, tablesAt("DROP TABLE", statement, i+2)...)
		case t.is("drop") && dropsColumn(statement, i):
			table, _ := tableAt(statement, 2)
			list = append(list, whole{verb: "DROP COLUMN", table: table})
		case t.is("truncate") && i == 0:
			list = append(list, tablesAt("TRUNCATE", statement, 1)...)
		}
	}
	closeAbove(-1)
	kept := list[:0]
	for _, w := range list {
		if len(w.table) > 0 {
			kept = append(kept, w)
		}
	}
	return kept
}

// isConstant reports whether a condition consists only of literals, signs and the words TRUE,
// FALSE, NULL, NOT, AND, OR and IS. The condition ends with its parentheses, or at RETURNING.
func isConstant(condition []token, depth int) bool {
	for _, t := range condition {
		if t.depth < depth || t.is("returning") {
			break
		}
		literal := !t.name() || !t.quoted && t.text[0] >= '0' && t.text[0] <= '9'
		for _, word := range []string{"true", "false", "null", "not", "and", "or", "is"} {
			literal = literal || t.is(word)
		}
		if !literal {
			return false
		}
	}
	return true
}

// dropsColumn reports whether the DROP at token i of an ALTER TABLE drops a column, and not a
// constraint or a property of a column, as in ALTER COLUMN … DROP DEFAULT.
func dropsColumn(statement []token, i int) bool {
	if !statement[0].is("alter") || !next(statement, 1).is("table") || next(statement, i+1).is("constraint") {
		return false
	}
	for i--; i > 1 && statement[i].text != ","; i-- {
		if statement[i].is("alter") {
			return false
		}
	}
	return true
}

// updates reports whether the UPDATE at token i is a statement. The UPDATE in FOR UPDATE, ON
// UPDATE, DO UPDATE, in the event of a trigger and in a MERGE is not.
func updates(statement []token, i int) bool {
	if next(statement, i+1).is("set") {
		return false
	}
	if i > 0 {
		for _, word := range []string{"for", "on", "do", "key", "before", "after", "of", "or"} {
			if statement[i-1].is(word) {
				return false
			}
		}
	}
	for _, t := range statement[i+1:] {
		if t.is("set") && t.depth == statement[i].depth {
			return true
		}
	}
	return false
}

// next returns token i, or the zero token after the end.
func next(statement []token, i int) token {
	if i < len(statement) {
		return statement[i]
	}
	return token{}
}

// tablesAt returns a change of each table in a list of names that begins at token i.
func tablesAt(verb string, statement []token, i int) (list []whole) {
	for {
		table, end := tableAt(statement, i)
		list = append(list, whole{verb: verb, table: table})
		if next(statement, end).is("*") {
			end++ // includes the tables that inherit from the table
		}
		if !next(statement, end).is(",") {
			return list
		}
		i = end + 1
	}
}

// tableAt returns the name of the table that begins at token i, after words such as IF EXISTS, and
// the number of the token behind the name.
func tableAt(statement []token, i int) (name []token, end int) {
	for {
		t := next(statement, i)
		skip := false
		for _, word := range []string{"only", "if", "exists", "table", "or", "replace", "rollback", "abort", "fail", "ignore"} {
			skip = skip || t.is(word)
		}
		if !skip {
			break
		}
		i++
	}
	for next(statement, i).name() {
		name = append(name, statement[i])
		i++
		if !next(statement, i).is(".") {
			break
		}
		i++
	}
	return name, i
}

func contains(statement []token, word string) bool {
	for _, t := range statement {
		if t.is(word) {
			return true
		}
	}
	return false
}
