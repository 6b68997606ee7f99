// The review of a script before it runs: statements that change whole tables.

package sqlrun

import (
	"context"
	"strings"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
)

// Danger is a statement that changes or deletes all rows of a table.
type Danger struct {
	Verb      string // UPDATE, DELETE, TRUNCATE, DROP TABLE, DROP COLUMN
	Table     string
	Statement string
	Rows      int64 // number of rows of the table; -1 if unknown
}

// countLimit is the time limit for counting the rows of a table.
const countLimit = 5 * time.Second

// Review returns the statements of a script that change whole tables: UPDATE and DELETE without
// WHERE, TRUNCATE, and the dropping of tables and columns. Review judges the words of the script,
// and does not run the script. For a script that cannot run the faults are those of Run.
func (s *Service) Review(ctx context.Context, caller record.Caller, query string) ([]Danger, error) {
	if err := allow(caller, query); err != nil {
		return nil, err
	}
	var list []Danger
	for _, statement := range statements(query) {
		for _, w := range wholes(statement) {
			d := Danger{Verb: w.verb, Table: w.table[len(w.table)-1], Rows: s.count(ctx, w.table)}
			d.Statement = query[statement[0].pos:statement[len(statement)-1].end]
			list = append(list, d)
		}
	}
	return list, ctx.Err()
}

// Reads reports whether a script only reads, judged by its words: each statement begins with
// SELECT, VALUES, WITH or EXPLAIN, and has none of the words INSERT, UPDATE, DELETE, MERGE and
// INTO. A script that locks the rows it reads (FOR UPDATE) counts as writing.
func Reads(query string) bool {
	for _, statement := range statements(query) {
		first := statement[0]
		if !first.is("select") && !first.is("values") && !first.is("with") && !first.is("explain") {
			return false
		}
		for _, word := range []string{"insert", "update", "delete", "merge", "into"} {
			if contains(statement, word) {
				return false
			}
		}
	}
	return true
}

// Plan returns the query plan of the engine for a query of one statement, without running the
// statement. The errors are those of Run.
func (s *Service) Plan(ctx context.Context, caller record.Caller, query string) (*Result, error) {
	if err := caller.RequireSuperuser(); err != nil {
		return nil, err
	}
	list := statements(query)
	if len(list) != 1 || list[0][0].is("explain") {
		return nil, fault.New(fault.Invalid, "A plan is that of one statement, without EXPLAIN.")
	}
	sql, _ := s.cfg.Store.Dialect().Explain(query[list[0][0].pos:list[0][len(list[0])-1].end])
	return s.Run(ctx, caller, sql)
}

// count returns the number of rows of a table, -1 if the number is unknown.
func (s *Service) count(ctx context.Context, table []string) (n int64) {
	ctx, stop := context.WithTimeout(ctx, countLimit)
	defer stop()
	quoted := make([]string, len(table))
	for i, part := range table {
		quoted[i] = store.Quote(part)
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
	verb  string
	table []string // schema and name, or the name
	depth int
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
			open = open[:len(open)-1]
		case t.is("delete") && next(statement, i+1).is("from"):
			open = append(open, whole{"DELETE", tableAt(statement, i+2), t.depth})
		case t.is("update") && updates(statement, i):
			open = append(open, whole{"UPDATE", tableAt(statement, i+1), t.depth})
		case t.is("drop") && next(statement, i+1).is("table"):
			list = append(list, whole{"DROP TABLE", tableAt(statement, i+2), 0})
		case t.is("drop") && i > 0 && next(statement, 0).is("alter") && !next(statement, i+1).is("constraint"):
			list = append(list, whole{"DROP COLUMN", tableAt(statement, 2), 0})
		case t.is("truncate") && i == 0:
			list = append(list, whole{"TRUNCATE", tableAt(statement, 1), 0})
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

// updates reports whether the UPDATE at token i begins a change. The UPDATE in FOR UPDATE, ON
// UPDATE, DO UPDATE and in the event of a trigger does not.
func updates(statement []token, i int) bool {
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

// tableAt returns the name of the table that begins at token i, after words such as IF EXISTS.
func tableAt(statement []token, i int) (name []string) {
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
		name = append(name, statement[i].text)
		if next(statement, i+1).text != "." {
			break
		}
		i += 2
	}
	return name
}

func contains(statement []token, word string) bool {
	for _, t := range statement {
		if t.is(word) {
			return true
		}
	}
	return false
}
