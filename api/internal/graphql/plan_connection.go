// Connections: pages by number or by cursor. Each part is read only if it is selected.

package graphql

import (
	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/api/internal/graphql/model"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// The default and the maximum size of a page, in records.
const (
	defaultPage = 30
	maxPage     = 1000
)

// connection is the plan of a connection.
type connection struct {
	outputs []output // items and edges have fields; a node within edges too

	skip, take int // records to skip at the beginning, and to show
	page       int
	before     bool // records may follow the end cursor
	after      bool // records may precede the begin cursor
	backward   bool
}

// connection plans a list of records at a level; parents is the maximum number of lists.
func (p *planner) connection(s *front.Selected, l *level, args map[string]any, parents, relations int) (*connection, *front.Error) {
	c := &connection{}
	if err := c.paginate(l.node, args, relations > 0); err != nil {
		return nil, err
	}
	if err := p.narrow(l.node, l.record, args); err != nil {
		return nil, err
	}
	if where, _ := args["where"].(string); where != "" {
		l.node.Filter = where
	}
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer p.shallower()
	typeName := l.record.Name + "Connection"
	selected, err := p.operation.Collect(s.Selections, func(name string) bool { return name == typeName })
	if err != nil {
		return nil, err
	}
	rows := 1
	for _, part := range selected {
		switch part.Name {
		case "items", "edges", "pageInfo":
			rows = l.node.Limit
		}
	}
	// If only the size of a list is wanted, its records are not read.
	l.node.Limit = rows
	if err := p.read(parents * rows); err != nil {
		return nil, err
	}
	for _, part := range selected {
		o := newOutput(part)
		if err := p.part(&o, part, l, typeName, parents*rows, relations); err != nil {
			return nil, err
		}
		c.outputs = append(c.outputs, o)
	}
	return c, nil
}

// part plans a field of a connection.
func (p *planner) part(o *output, s *front.Selected, l *level, typeName string, count, relations int) (err *front.Error) {
	switch s.Name {
	case "__typename":
		o.text = schema.AppendString(nil, typeName)
	case "totalItems", "totalPages":
		l.node.Total = true
	case "items":
		o.fields, err = p.records(s.Selections, l, count, relations)
	case "edges":
		o.fields, err = p.edges(s, l, count, relations)
	case "pageInfo":
		if o.fields, err = p.parts(s, "PageInfo"); err == nil {
			for _, f := range o.fields {
				l.node.Cursors = l.node.Cursors || f.name == "startCursor" || f.name == "endCursor"
			}
		}
	}
	return err
}

func (p *planner) edges(s *front.Selected, l *level, count, relations int) ([]output, *front.Error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer p.shallower()
	typeName := l.record.Name + "Edge"
	selected, err := p.operation.Collect(s.Selections, func(name string) bool { return name == typeName })
	if err != nil {
		return nil, err
	}
	var out []output
	for _, part := range selected {
		o := newOutput(part)
		switch part.Name {
		case "__typename":
			o.text = schema.AppendString(nil, typeName)
		case "cursor":
			l.node.Cursors = true
		case "node":
			if o.fields, err = p.records(part.Selections, l, count, relations); err != nil {
				return nil, err
			}
		}
		out = append(out, o)
	}
	return out, nil
}

// paginate reads the arguments of a page. Lists of several parents have no offset in SQL: their
// pages are cut out of the records that are read.
func (c *connection) paginate(node *record.Node, args map[string]any, nested bool) *front.Error {
	number := func(name string, least int) (n int, given bool, err *front.Error) {
		v, ok := args[name].(int64)
		if ok && (v < int64(least) || name != "page" && v > maxPage) {
			return 0, true, front.Bad(nil, "%s must be from %d to %d.", name, least, maxPage)
		}
		return int(v), ok, nil
	}
	page, paged, err := number("page", 1)
	if err != nil {
		return err
	}
	perPage, sized, err := number("perPage", 1)
	if err != nil {
		return err
	}
	first, forward, err := number("first", 0)
	if err != nil {
		return err
	}
	last, backward, err := number("last", 0)
	if err != nil {
		return err
	}
	node.After, _ = args["after"].(string)
	node.Before, _ = args["before"].(string)
	c.after, c.before = args["after"] != nil, args["before"] != nil
	switch {
	case (paged || sized) && (forward || backward || c.after || c.before):
		return front.Bad(nil, "page and perPage cannot be combined with first, after, last and before.")
	case forward && backward:
		return front.Bad(nil, "first cannot be combined with last.")
	case c.after && node.After == "" || c.before && node.Before == "":
		return front.Bad(nil, "An empty cursor is none: leave the argument out.")
	}
	c.page, c.take, c.backward = max(page, 1), defaultPage, backward
	switch {
	case sized:
		c.take = perPage
	case forward:
		c.take = first
	case backward:
		c.take = last
	}
	c.skip = (c.page - 1) * c.take
	node.Limit, node.Backward = max(c.take, 1), backward
	if nested {
		if node.Limit += c.skip; node.Limit > maxPage {
			return front.Bad(nil, "The pages of a nested list end at %d records: go on by cursors.", maxPage)
		}
	}
	return nil
}

// narrow sets the filter and the sort of the node.
func (p *planner) narrow(node *record.Node, r *model.Record, args map[string]any) *front.Error {
	if filter, ok := args["filter"].(map[string]any); ok {
		expr, err := compileFilter(r, filter)
		if err != nil {
			return err
		}
		if len(filter) > 0 {
			node.Where = expr
		}
	}
	keys, _ := args["sort"].([]any)
	text, err := compileSort(r, keys)
	node.Sort = text
	return err
}
