// Aggregates (GET /api/collections/{c}/aggregate): count, sum, avg, min and max, group by,
// having and the sort of groups, resolved into one statement.

package query

import (
	"strings"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/query/render"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// MaxGroups is the maximum number of groups that an Aggregate returns. A caller that must know
// whether there are more requests one more.
const MaxGroups = 1000

// Aggregate describes figures over the records of the scope's collection that satisfy rules
// and filters (docs/wire/graphql.md §4). Without GroupBy there is exactly one group, even
// if no record is selected.
type Aggregate struct {
	Scope

	// As in Select. With Restricted, figures and groups have the limits of a filter: no hidden
	// fields, list rules of crossed collections. E-mail addresses that may be hidden are neither
	// grouped nor counted.
	Rule       string
	RuleExpr   lang.Expr
	Filter     string
	FilterExpr lang.Expr
	Restricted bool

	GroupBy []GroupKey
	Values  []Figure

	// Having selects groups, Sort sorts them, both by the names of outputs: count > 5 &&
	// sum_price >= 100; -count,status. Groups that Sort leaves equal are in the order of the
	// keys.
	Having     string
	HavingExpr lang.Expr
	Sort       string

	Limit  int // maximum number of groups; 0 and numbers above MaxGroups+1 mean MaxGroups
	Offset int
}

// GroupKey is a field to group by, or a part of a date field (UTC) as a number. Path may cross
// to-one relations, as in author.country.
type GroupKey struct {
	Path string
	Part DatePart // "" means the whole value
}

// DatePart is the part of a date that a GroupKey groups by.
type DatePart string

// The parts of a date.
const (
	Year  DatePart = "year"
	Month DatePart = "month" // 1 to 12
	Day   DatePart = "day"   // of the month
	Hour  DatePart = "hour"
)

// Figure is one aggregate function over the values of a field. Count has no Path. Sum and
// Avg take numbers, Min and Max numbers and dates, CountDistinct everything but json and
// geoPoint fields.
type Figure struct {
	Func Func
	Path string
}

// Func is the name of an aggregate function.
type Func string

// The functions. The sum of no values is 0; Avg, Min and Max of no values are nil. A date that is
// not set counts as no value for Min, Max and CountDistinct.
const (
	Count         Func = "count"
	CountDistinct Func = "countDistinct"
	Sum           Func = "sum"
	Avg           Func = "avg"
	Min           Func = "min"
	Max           Func = "max"
)

// AggregatePlan is a compiled Aggregate. It is immutable; Value decodes its rows.
type AggregatePlan struct {
	SQL      string
	Args     []store.Value
	Tables   []string          // as Plan.Tables
	Volatile bool              // as Plan.Volatile
	Work     store.Work        // as Plan.Work
	Outputs  []AggregateOutput // by column: the keys of the groups, then the figures
}

// AggregateOutput describes one column of the result: a key or a figure.
type AggregateOutput struct {
	// Name is the name of the key, such as status, author_country, created_year, or of the
	// figure: count, sum_price, countDistinct_author.
	Name string

	Key    *GroupKey // nil for a figure
	Figure *Figure   // nil for a key

	// operand is the output in Having and Sort. integer and list tell Value how to decode the
	// column.
	operand ir.Operand
	integer bool
	list    bool
}

// Value decodes column i of the current row: nil, a bool, an int64 (counts, parts of dates), a
// float64, a string, or a []string of a list field.
func (p *AggregatePlan) Value(rows store.Rows, i int) any {
	o := &p.Outputs[i]
	if rows.Kind(i) == store.KindNull {
		return nil
	}
	switch {
	// Parts of dates are cast to floats in SQL, so that both engines give one type.
	case o.integer && rows.Kind(i) == store.KindFloat:
		return int64(rows.Float(i))
	case o.integer:
		return rows.Int(i)
	case o.operand.Kind == ir.KindBool:
		return rows.Bool(i)
	case o.operand.Kind == ir.KindNumber:
		if rows.Kind(i) == store.KindInt {
			return float64(rows.Int(i))
		}
		return rows.Float(i)
	case o.list:
		list, _ := (&schema.Select{MaxSelect: 2}).Cast(rows.Text(i)).([]string)
		return list
	}
	return rows.Text(i)
}

// aggregation is the state of planning an Aggregate: its columns in SQL and its outputs, which
// have equal length.
type aggregation struct {
	read    *read
	columns []ir.AggregateColumn
	outputs []AggregateOutput
}

// Aggregate compiles an Aggregate. The error for an expression, path or combination that cannot
// be used is an *Error. Plans of aggregates are not cached.
func (p *Planner) Aggregate(a Aggregate) (*AggregatePlan, error) {
	sel := Select{Scope: a.Scope, Rule: a.Rule, RuleExpr: a.RuleExpr, Filter: a.Filter, FilterExpr: a.FilterExpr, Restricted: a.Restricted}
	if err := checkSelect(&sel); err != nil {
		return nil, err
	}
	g := &aggregation{read: &read{b: newBuilder(p, &sel), sel: &sel}}
	rule, filter, err := g.read.where()
	if err != nil {
		return nil, err
	}
	if err := g.resolve(&a); err != nil {
		return nil, err
	}
	stmt := &ir.Aggregate{Base: g.read.b.base, Columns: g.columns, Limit: a.Limit, Offset: max(0, a.Offset)}
	cond, err := g.read.combine(rule, filter)
	if err != nil {
		return nil, err
	}
	stmt.Conds = ir.Parts(cond)
	if stmt.Having, err = g.having(&a); err != nil {
		return nil, err
	}
	if stmt.Order, err = g.order(a.Sort); err != nil {
		return nil, err
	}
	if stmt.Limit <= 0 || stmt.Limit > MaxGroups+1 {
		stmt.Limit = MaxGroups
	}
	sql, err := render.Aggregate(p.dialect, stmt)
	if err != nil {
		return nil, err
	}
	p.keepOrigin(sql.SQL, Origin{
		Collection: a.Collection, Rule: originText(a.Rule, a.RuleExpr), Filter: originText(a.Filter, a.FilterExpr), Tables: sql.Tables,
	})
	return &AggregatePlan{SQL: sql.SQL, Args: sql.Args, Tables: sql.Tables, Volatile: g.read.b.volatile,
		Work: store.Work{Shape: store.ShapeOf(sql.SQL)}, Outputs: g.outputs}, nil
}

// resolve resolves the keys, then the figures, and refuses two outputs of the same name, since
// Having and Sort could not distinguish them.
func (g *aggregation) resolve(a *Aggregate) error {
	for i := range a.GroupBy {
		if err := g.key(&a.GroupBy[i]); err != nil {
			return err
		}
	}
	for i := range a.Values {
		if err := g.figure(&a.Values[i]); err != nil {
			return err
		}
	}
	if len(g.columns) == 0 {
		return &Error{Message: "nothing to aggregate"}
	}
	names := map[string]bool{}
	for _, o := range g.outputs {
		if names[o.Name] {
			return &Error{Message: "the output " + quoted(o.Name) + " is there twice"}
		}
		names[o.Name] = true
	}
	return nil
}

// value resolves a path of to-one relations that ends in a field. date reports whether that is a
// date field. A path with several values, or to an e-mail address that may be hidden, is an
// *Error.
func (g *aggregation) value(path string) (o ir.Operand, date bool, err error) {
	p, err := parsePath(path)
	if err != nil {
		return o, false, err
	}
	if p.modifier != "" {
		return o, false, misplaced(p)
	}
	r := g.read
	in := resolver{b: r.b, base: r.b.base, scope: r.b.newScope(), restricted: r.sel.Restricted, guards: &r.guards}
	if o, err = in.path(r.b.base, p); err != nil {
		return o, false, err
	}
	column, ok := o.Term.(ir.Column)
	switch {
	case len(r.b.many(in.scope)) > 0:
		return o, false, &Error{Message: quoted(path) + " has several values"}
	case !ok:
		return o, false, unresolved(path)
	case o.EmailOf != nil:
		return o, false, &Error{Message: "the addresses " + quoted(path) + " may be hidden"}
	}
	date = column.Of.Collection.Field(column.Name).Kind.Class() == schema.ClassDate
	return o, date, nil
}

// dateParts has the position (from 1) and length of each part in the stored form of a date,
// 2006-01-02 15:04:05.000Z.
var dateParts = map[DatePart][2]int{Year: {1, 4}, Month: {6, 2}, Day: {9, 2}, Hour: {12, 2}}

// key adds the output of a GroupKey.
func (g *aggregation) key(k *GroupKey) error {
	o, date, err := g.value(k.Path)
	if err != nil {
		return err
	}
	column := ir.AggregateColumn{Of: o, Date: date}
	out := AggregateOutput{Name: outputName(k.Path), Key: k, list: o.Kind == ir.KindList, operand: o}
	if k.Part != "" {
		at, ok := dateParts[k.Part]
		if !ok || !date {
			return &Error{Message: quoted(k.Path) + " has no part " + quoted(string(k.Part))}
		}
		column.From, column.Len = at[0], at[1]
		out.Name += "_" + string(k.Part)
		out.integer = true
		out.operand = ir.Operand{Kind: ir.KindNumber, Affinity: ir.AffinityNumber, Nullable: true}
	}
	// A list is grouped and compared as the text of its JSON.
	if out.list {
		out.operand.Kind, out.operand.Affinity = ir.KindText, ir.AffinityText
	}
	g.add(column, out)
	return nil
}

// figure adds the output of a Figure, if the function fits the kind of the field.
func (g *aggregation) figure(f *Figure) error {
	out := AggregateOutput{Name: string(f.Func), Figure: f, operand: ir.Operand{Kind: ir.KindNumber, Affinity: ir.AffinityNumber}}
	if f.Func == Count {
		if f.Path != "" {
			return &Error{Message: "count counts records"}
		}
		out.integer = true
		g.add(ir.AggregateColumn{Func: ir.Count}, out)
		return nil
	}
	o, date, err := g.value(f.Path)
	if err != nil {
		return err
	}
	number := o.Kind == ir.KindNumber
	column := ir.AggregateColumn{Of: o, Date: date}
	fits := number
	switch f.Func {
	case CountDistinct:
		column.Func, out.integer, fits = ir.CountDistinct, true, true
	case Sum:
		column.Func = ir.Sum
	case Avg:
		column.Func, out.operand.Nullable = ir.Avg, true
	case Min, Max:
		fits = number || date
		out.operand = ir.Operand{Kind: o.Kind, Affinity: o.Affinity, Nullable: true, Date: date}
		if column.Func = ir.Min; f.Func == Max {
			column.Func = ir.Max
		}
	default:
		return &Error{Message: "unknown function " + quoted(string(f.Func))}
	}
	if !fits {
		return &Error{Message: quoted(f.Path) + " has no " + string(f.Func)}
	}
	out.Name += "_" + outputName(f.Path)
	g.add(column, out)
	return nil
}

// outputName turns a path into an identifier that Having can use.
func outputName(path string) string { return strings.ReplaceAll(path, ".", "_") }

// add appends a column with its output. As an operand of Having the output refers to the column
// of the inner statement, not to the field, whose rows are not available there.
func (g *aggregation) add(c ir.AggregateColumn, o AggregateOutput) {
	o.operand.Term, o.operand.EmailOf = ir.Derived{Column: len(g.columns), Integer: o.integer}, nil
	g.columns, g.outputs = append(g.columns, c), append(g.outputs, o)
}

// having resolves the conditions on groups. Names in them are names of outputs, not of fields.
func (g *aggregation) having(a *Aggregate) ([]ir.Cond, error) {
	names := make(map[string]ir.Operand, len(g.outputs))
	for _, o := range g.outputs {
		names[o.Name] = o.operand
	}
	in := resolver{b: g.read.b, base: g.read.b.base, restricted: true, guards: &g.read.guards, names: names}
	var conds []ir.Cond
	if a.Having != "" {
		if len(a.Having) > lang.MaxText {
			return nil, &Error{Message: "max filter length limit reached", Pos: lang.MaxText}
		}
		e, err := lang.Parse(a.Having)
		if err != nil {
			return nil, err
		}
		c, err := in.expr(e)
		if err != nil {
			return nil, err
		}
		conds = append(conds, c)
	}
	if a.HavingExpr != nil {
		if err := lang.Check(a.HavingExpr); err != nil {
			return nil, err
		}
		c, err := in.expr(a.HavingExpr)
		if err != nil {
			return nil, err
		}
		conds = append(conds, c)
	}
	return ir.Parts(ir.AllOf(conds...)), nil
}

// order resolves Sort and appends the keys that it does not name, so that the order of groups is
// total and pages do not overlap.
func (g *aggregation) order(sort string) ([]ir.AggregateOrder, error) {
	var order []ir.AggregateOrder
	used := make([]bool, len(g.outputs))
	add := func(i int, descending bool) {
		used[i] = true
		order = append(order, ir.AggregateOrder{Column: i, Descending: descending, Nullable: g.outputs[i].operand.Nullable})
	}
	if sort != "" {
		items := strings.Split(sort, ",")
		if len(items) > maxSortKeys {
			return nil, &Error{Message: "max sort expressions limit reached"}
		}
		for _, item := range items {
			name := strings.TrimSpace(item)
			descending := strings.HasPrefix(name, "-")
			name = strings.TrimSpace(strings.TrimLeft(name, "+-"))
			i := g.index(name)
			if i < 0 {
				return nil, unresolved(name)
			}
			if !used[i] {
				add(i, descending)
			}
		}
	}
	for i, o := range g.outputs {
		if o.Key != nil && !used[i] {
			add(i, false)
		}
	}
	return order, nil
}

// index returns the position of the output with the name, -1 if there is none.
func (g *aggregation) index(name string) int {
	for i, o := range g.outputs {
		if o.Name == name {
			return i
		}
	}
	return -1
}
