// Aggregates: figures over the records of a list, in groups.

package graphql

import (
	"slices"
	"strings"

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/api/internal/graphql/model"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/where"
)

// aggregate plans the groups of a collection. Only figures that are selected, compared or sorted by
// are computed.
func (p *planner) aggregate(s *front.Selected, r *model.Record, args map[string]any, to *plan) (rootField, *front.Error) {
	if err := p.pay(r, "aggregate"); err != nil {
		return rootField{}, err
	}
	g := &grouping{record: r, params: &record.AggregateParams{}}
	if err := g.arguments(args); err != nil {
		return rootField{}, err
	}
	out, err := p.groups(s, g)
	if err != nil {
		return rootField{}, err
	}
	if len(g.figures) == 0 {
		g.params.Count = true // so that at least one figure is computed
	}
	if err := p.read(g.params.Limit); err != nil {
		return rootField{}, err
	}
	l, err := p.newLevel(r, &record.Node{Collection: r.Collection.ID, Aggregate: g.params}, 0)
	if err != nil {
		return rootField{}, err
	}
	to.add(l, s.Key)
	return rootField{key: s.Key, root: l, required: true, groups: true, out: out}, nil
}

// groups plans the selected fields of a group.
func (p *planner) groups(s *front.Selected, g *grouping) (out []output, err *front.Error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer p.shallower()
	typeName := g.record.Name + "Aggregate"
	selected, err := p.operation.Collect(s.Selections, func(name string) bool { return name == typeName })
	if err != nil {
		return nil, err
	}
	for _, s := range selected {
		o := newOutput(s)
		if s.Name == "__typename" {
			o.text = schema.AppendString(nil, typeName)
		} else {
			figure := g.record.Figure(s.Name)
			if err := g.need(figure); err != nil {
				return nil, err
			}
			o.field, o.name = figure.Value, figure.Output
		}
		out = append(out, o)
	}
	return out, nil
}

// grouping holds the parameters of an aggregate that is being planned.
type grouping struct {
	record  *model.Record
	params  *record.AggregateParams
	keys    []*model.Figure
	figures []*model.Figure
}

// arguments sets the parameters from the arguments.
func (g *grouping) arguments(args map[string]any) (err *front.Error) {
	if filter, ok := args["filter"].(map[string]any); ok && len(filter) > 0 {
		if g.params.Where, err = compileFilter(g.record, filter); err != nil {
			return err
		}
	}
	g.params.Filter, _ = args["where"].(string)
	keys, _ := args["groupBy"].([]any)
	for _, option := range keys {
		k := g.record.Key(option.(string))
		if slices.Contains(g.keys, k) {
			return front.Bad(nil, "groupBy has %s twice.", option)
		}
		g.keys, g.params.GroupBy = append(g.keys, k), append(g.params.GroupBy, strings.TrimSuffix(k.Path+":"+k.Part, ":"))
	}
	if err := g.having(args["having"]); err != nil {
		return err
	}
	sort, _ := args["sort"].([]any)
	if err := g.sort(sort); err != nil {
		return err
	}
	g.params.Limit = record.MaxGroups
	if limit, ok := args["limit"].(int64); ok {
		if limit < 1 || limit > record.MaxGroups {
			return front.Bad(nil, "limit must be from 1 to %d.", record.MaxGroups)
		}
		g.params.Limit = int(limit)
	}
	return nil
}

// having compiles the comparisons of groups.
func (g *grouping) having(v any) *front.Error {
	comparisons, _ := v.(map[string]any)
	var all []where.Expr
	for name, v := range comparisons {
		figure := g.record.Figure(name)
		operators, ok := v.(map[string]any)
		switch {
		case !ok:
			return nothing(name)
		case len(operators) == 0:
			return front.Bad(nil, "having compares %s with nothing.", name)
		}
		e, err := compared(figure.Value, name, operators)
		if err == nil {
			err = g.need(figure)
		}
		if err != nil {
			return err
		}
		all = append(all, e)
	}
	if len(all) > 0 {
		g.params.HavingWhere = where.All(all...)
	}
	return nil
}

// sort compiles the sort of groups.
func (g *grouping) sort(keys []any) *front.Error {
	var items []string
	for _, key := range keys {
		object, _ := key.(map[string]any)
		if len(object) != 1 {
			return front.Bad(nil, "A sort has one key in each object, not %d.", len(object))
		}
		for name, direction := range object {
			figure := g.record.Figure(name)
			if err := g.need(figure); err != nil {
				return err
			}
			switch direction {
			case "ASC":
				items = append(items, figure.Output)
			case "DESC":
				items = append(items, "-"+figure.Output)
			default:
				return front.Bad(nil, "A sort needs a direction: null is none.")
			}
		}
	}
	g.params.Sort = strings.Join(items, ",")
	return nil
}

// need adds a figure to the computed figures. A key must be one of the keys of the groups.
func (g *grouping) need(f *model.Figure) *front.Error {
	switch {
	case f.Func == "" && slices.Contains(g.keys, f), slices.Contains(g.figures, f):
		return nil
	case f.Func == "":
		return front.Bad(nil, "%s is no key of the groups: add it to groupBy.", f.Name)
	}
	g.figures = append(g.figures, f)
	p := g.params
	if paths := p.Paths(f.Func); paths != nil {
		*paths = append(*paths, f.Path)
	} else {
		p.Count = true
	}
	return nil
}
