// Aggregates over the records that a caller may list: groups and figures, encoded as JSON.

package record

import (
	"context"
	"slices"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/where"
)

// MaxGroups is the maximum number of groups that an Aggregate returns.
const MaxGroups = query.MaxGroups

// Func is the name of an aggregate function.
type Func = query.Func

// The functions. Count takes no path, the others take the paths of fields.
const (
	Count         = query.Count
	CountDistinct = query.CountDistinct
	Sum           = query.Sum
	Avg           = query.Avg
	Min           = query.Min
	Max           = query.Max
)

// AggregateParams are the parameters of an aggregate (docs/wire/records.md §4.9).
type AggregateParams struct {
	Count bool // the number of records

	// Paths of fields, such as price or author.age. Only single relations are crossed.
	CountDistinct, Sum, Avg, Min, Max []string

	// GroupBy are the paths whose values form the groups. A colon and a part of a date may follow a
	// path: created:month.
	GroupBy []string

	Filter string // as in a list
	Having string // of groups, by the names of the outputs: count > 5 && sum_price >= 100

	Where, HavingWhere where.Expr // further conditions, besides Filter and Having; nil: no condition

	Sort  string // as in a list, by the names of the outputs; "" is the order of GroupBy
	Limit int    // of groups; 0 and more than MaxGroups stand for MaxGroups
}

// Groups is the answer to an aggregate.
type Groups struct {
	// Names of the outputs: the keys of the groups in the order of GroupBy (status, author_country,
	// created_month), then the figures (count, sum_price).
	Names []string

	// Rows has a value for each name: nil, a bool, an int64 (counts and parts of dates),
	// a float64, a string (dates too), or a []string.
	Rows [][]any

	Truncated bool // more groups than Limit satisfy Having
}

// Aggregate returns figures over the collection's records that satisfy the list rule and the
// filter. Without GroupBy there is one group, even if no record is selected. For all but
// superusers, hidden fields do not exist, and e-mail addresses are not grouped, counted or
// compared. The faults are those of List; Invalid also for a figure that cannot be computed.
func (s *Service) Aggregate(ctx context.Context, caller Caller, collection string, p AggregateParams) (groups *Groups, err error) {
	aggregate := func(caller Caller, p AggregateParams) error {
		return s.readWithRetry(caller, func(rq *readRequest) error {
			groups, err = rq.aggregate(ctx, collection, p)
			return err
		})
	}
	if s.cfg.Hooks.Request.Empty() {
		err = aggregate(caller, p)
		return groups, err
	}
	e := &RequestEvent{Operation: OpAggregate, Caller: caller, Aggregate: &p}
	err = s.aroundRequest(ctx, e, collection, func(e *RequestEvent) error { return aggregate(e.Caller, *e.Aggregate) })
	return groups, err
}

// aggregate does the work of Aggregate, within the Request hooks.
func (rq *readRequest) aggregate(ctx context.Context, collection string, p AggregateParams) (*Groups, error) {
	a, err := rq.planAggregate(collection, p)
	if err != nil {
		return nil, err
	}
	if err := rq.read(ctx, a.plan.Work, a.run); err != nil {
		return nil, readFault(err, fault.Invalid)
	}
	if a.groups.empty() {
		rq.blur(ctx, a.rule, a.filter)
	}
	return a.groups, nil
}

// aggregateRead is a planned aggregate.
type aggregateRead struct {
	rq     *readRequest
	plan   *query.AggregatePlan
	limit  int
	rule   string
	filter string // a text that is not empty if there is a filter

	groups *Groups // set by run
}

// planAggregate resolves the collection and plans the figures.
func (rq *readRequest) planAggregate(collection string, p AggregateParams) (*aggregateRead, error) {
	c, rule, err := rq.resolve(collection, func(c *schema.Collection) *string { return c.ListRule })
	if err != nil {
		return nil, err
	}
	if !rq.superuser {
		if err := forbidSuperuserWords(p.Filter, p.Having, p.Sort); err != nil {
			return nil, err
		}
	}
	if p.Limit <= 0 || p.Limit > MaxGroups {
		p.Limit = MaxGroups
	}
	plan, err := rq.service.planner.Aggregate(query.Aggregate{
		Scope: rq.scope(c, rq.caller.Body), Rule: rule, Filter: p.Filter, FilterExpr: p.Where, Restricted: !rq.superuser,
		GroupBy: p.keys(), Values: p.figures(), Having: p.Having, HavingExpr: p.HavingWhere, Sort: p.Sort,
		Limit: p.Limit + 1, // one more group tells whether there are more
	})
	if err != nil {
		return nil, readFault(err, fault.Invalid)
	}
	a := &aggregateRead{rq: rq, plan: plan, limit: p.Limit, rule: rule, filter: p.Filter}
	if a.filter == "" && p.Where != nil {
		a.filter = p.Where.String()
	}
	return a, nil
}

// run reads the groups.
func (a *aggregateRead) run(r store.Reader) (err error) {
	a.groups, err = queryGroups(r, a.plan, a.limit)
	return a.rq.viewFault(err, a.plan.Tables)
}

// empty reports whether the figures are those of an empty set of records.
func (g *Groups) empty() bool {
	return !slices.ContainsFunc(g.Rows, func(row []any) bool {
		return slices.ContainsFunc(row, func(v any) bool { return v != nil && v != int64(0) })
	})
}

// keys returns the parsed keys of GroupBy.
func (p *AggregateParams) keys() (keys []query.GroupKey) {
	for _, text := range p.GroupBy {
		path, part, _ := strings.Cut(text, ":")
		keys = append(keys, query.GroupKey{Path: path, Part: query.DatePart(part)})
	}
	return keys
}

// figures returns all figures; the figures of one function are adjacent.
func (p *AggregateParams) figures() (figures []query.Figure) {
	if p.Count {
		figures = append(figures, query.Figure{Func: query.Count})
	}
	for _, f := range [...]Func{CountDistinct, Sum, Avg, Min, Max} {
		for _, path := range *p.Paths(f) {
			figures = append(figures, query.Figure{Func: f, Path: path})
		}
	}
	return figures
}

// Paths returns a pointer to the paths of a function, for reading and changing; nil for Count and
// for an unknown function.
func (p *AggregateParams) Paths(f Func) *[]string {
	switch f {
	case CountDistinct:
		return &p.CountDistinct
	case Sum:
		return &p.Sum
	case Avg:
		return &p.Avg
	case Min:
		return &p.Min
	case Max:
		return &p.Max
	}
	return nil
}

// queryGroups returns the groups of the plan, at most limit of them. The plan selects one group
// more than limit, by which queryGroups sets Truncated.
func queryGroups(r store.Reader, plan *query.AggregatePlan, limit int) (*Groups, error) {
	groups := &Groups{}
	for _, o := range plan.Outputs {
		groups.Names = append(groups.Names, o.Name)
	}
	rows, err := r.Query(plan.SQL, plan.Args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		if len(groups.Rows) == limit {
			groups.Truncated = true
			break
		}
		row := make([]any, len(groups.Names))
		for i := range row {
			row[i] = plan.Value(rows, i)
		}
		groups.Rows = append(groups.Rows, row)
	}
	return groups, rows.Close()
}

// MarshalJSON returns {"groups":[…],"truncated":false}. Each group is an object whose keys are
// Names.
func (g *Groups) MarshalJSON() ([]byte, error) {
	out := []byte(`{"groups":[`)
	for i, row := range g.Rows {
		if i > 0 {
			out = append(out, ',')
		}
		separator := byte('{')
		for j, name := range g.Names {
			out = append(schema.AppendString(append(out, separator), name), ':')
			separator = ','
			value, err := appendGroupValue(out, row[j])
			if err != nil {
				return nil, err
			}
			out = value
		}
		out = append(out, '}')
	}
	if out = append(out, `],"truncated":`...); g.Truncated {
		return append(out, "true}"...), nil
	}
	return append(out, "false}"...), nil
}

// appendGroupValue appends a value of Groups.Rows as JSON, in the form that records have.
func appendGroupValue(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case float64:
		return schema.AppendNumber(dst, v), nil
	case string:
		return schema.AppendString(dst, v), nil
	}
	text, err := schema.Marshal(v)
	return append(dst, text...), err
}
