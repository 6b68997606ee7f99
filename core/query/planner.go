package query

import (
	"strconv"

	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/store"
)

// Planner compiles reads for one dialect. It is safe for concurrent use and
// remembers parsed expressions; make one for each store.
type Planner struct {
	dialect store.Dialect
}

// New is a planner for the dialect.
func New(d store.Dialect) *Planner { return &Planner{dialect: d} }

// Compile plans the read. An *Error says what is wrong with an expression.
func (p *Planner) Compile(sel Select) (*Plan, error) {
	if sel.Rule != "" || sel.Filter != "" || sel.Sort != "" {
		return nil, &Error{Message: "not yet"}
	}
	plan := &Plan{Tables: []string{sel.Collection.Name}}
	sql := []byte("SELECT ")
	for i, c := range sel.Columns {
		if i > 0 {
			sql = append(sql, ", "...)
		}
		sql = appendColumn(sql, "t", c)
	}
	if len(sel.Columns) == 0 {
		sql = append(sql, '1')
	}
	sql = append(appendName(append(sql, " FROM "...), sel.Collection.Name), " AS t"...)
	if sel.ID != "" {
		plan.Args = append(plan.Args, store.Text(sel.ID))
		sql = append(sql, ` WHERE t."id" = $1`...)
	}
	if sel.IDs != nil {
		plan.Args = append(plan.Args, idList(sel.IDs))
		sql = append(sql, ` WHERE t."id" IN (SELECT e."value" FROM `+p.dialect.Items("$1", "e")+`)`...)
	}
	if sel.ID == "" && sel.IDs == nil {
		sql = append(sql, " ORDER BY t._rowid_"...)
	}
	if sel.Limit > 0 {
		plan.Args = append(plan.Args, store.Int(int64(sel.Limit)))
		sql = strconv.AppendInt(append(sql, " LIMIT $"...), int64(len(plan.Args)), 10)
	}
	if sel.Offset > 0 {
		plan.Args = append(plan.Args, store.Int(int64(sel.Offset)))
		sql = strconv.AppendInt(append(sql, " OFFSET $"...), int64(len(plan.Args)), 10)
	}
	plan.SQL = string(sql)
	return plan, nil
}

// Count plans the number of the rows that Compile would read without a limit.
func (p *Planner) Count(sel Select) (*Plan, error) {
	name := sel.Collection.Name
	return &Plan{SQL: string(appendName([]byte("SELECT count(*) FROM "), name)), Tables: []string{name}}, nil
}

// CheckRule says whether the text is a rule that a collection may have. The
// error is an *Error.
func CheckRule(_ *schema.Snapshot, _ *schema.Collection, _ string) error { return nil }

func appendColumn(sql []byte, alias, name string) []byte {
	return appendName(append(append(sql, alias...), '.'), name)
}

func appendName(sql []byte, name string) []byte {
	sql = append(sql, '"')
	for i := range len(name) {
		if name[i] == '"' {
			sql = append(sql, '"')
		}
		sql = append(sql, name[i])
	}
	return append(sql, '"')
}

func idList(ids []string) store.Value {
	text := []byte{'['}
	for i, id := range ids {
		if i > 0 {
			text = append(text, ',')
		}
		text = schema.AppendString(text, id)
	}
	return store.Text(string(append(text, ']')))
}

// Cursor is the opaque cursor of the row on which rows stands, for Select.After:
// "" if the plan was made without Keys or its sort has no cursor (@random, JSON
// paths). A list reads Limit+1 rows or knows its total, and gives the cursor of
// the last row of the page.
func (p *Plan) Cursor(store.Rows) string { return "" }
