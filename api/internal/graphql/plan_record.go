// The selected fields of records.

package graphql

import (
	"slices"

	"github.com/graph-gophers/graphql-go/ast"

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/api/internal/graphql/model"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// output is a key of an object in the answer.
type output struct {
	key    []byte // with its colon
	name   string // of the field
	field  *model.Field
	text   []byte // the value, if it is the same for all objects
	slot   int    // of a stored field
	copied bool   // the stored value is copied: see isCopied
	child  int    // of a relation: position in level.children
	fields []output
	list   *connection    // of Back
	args   map[string]any // of the url of a file
	at     any            // the key in paths
}

func newOutput(s *front.Selected) output {
	return output{key: append(schema.AppendString(nil, s.Key), ':'), name: s.Name, at: s.Key}
}

// records plans the selected fields of records. count is the maximum number of records, relations
// the number of relations that lead to them.
func (p *planner) records(sets []ast.SelectionSet, l *level, count, relations int) ([]output, *front.Error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer p.shallower()
	selected, err := p.operation.Collect(sets, typeConditions(l.record))
	if err != nil {
		return nil, err
	}
	var out []output
	for _, s := range selected {
		o := newOutput(s)
		if s.Name == "__typename" {
			o.text = schema.AppendString(nil, l.record.Name)
		} else {
			o.field = l.record.Field(s.Name)
			if err := p.member(&o, s, l, count, relations); err != nil {
				return nil, err
			}
		}
		out = append(out, o)
	}
	return out, nil
}

// member plans a field of a record.
func (p *planner) member(o *output, s *front.Selected, l *level, count, relations int) (err *front.Error) {
	if o.field.Stored != nil {
		o.slot, o.copied = l.slot(o.field.Stored.Name), isCopied(o.field.Kind)
	}
	switch o.field.Kind {
	case model.One:
		return p.follow(o, s, l, &record.Node{}, count, relations)
	case model.Many:
		return p.many(o, s, l, count, relations)
	case model.Back:
		args, err := p.arguments(s, l.record.Name)
		if err != nil {
			return err
		}
		child, err := p.child(o, l, &record.Node{}, relations)
		if err != nil {
			return err
		}
		o.list, err = p.connection(s, child, args, count, relations+1)
		return err
	case model.Point:
		o.fields, err = p.parts(s, "GeoPoint")
	case model.File, model.Files:
		if o.fields, err = p.parts(s, "File"); err == nil {
			err = p.facts(o, count)
		}
	}
	return err
}

// facts adds the files of an output to the cost if their size or type is selected, since each file
// is a read of the blob store. A file counts as one row.
func (p *planner) facts(o *output, count int) *front.Error {
	if !slices.ContainsFunc(o.fields, func(o output) bool { return o.name == "size" || o.name == "type" }) {
		return nil
	}
	if p.tells {
		return front.Bad(nil, "A change does not tell the size and the type of a file: ask for the record.")
	}
	return p.read(count * max(1, o.field.Stored.Kind.(*schema.File).MaxSelect))
}

// arguments returns the arguments of a field of a type.
func (p *planner) arguments(s *front.Selected, typeName string) (map[string]any, *front.Error) {
	return p.operation.Arguments(p.operation.FieldOf(typeName, s.Name).Arguments, s.Field.Arguments)
}

// child adds the node of a relation below a level.
func (p *planner) child(o *output, l *level, node *record.Node, relations int) (*level, *front.Error) {
	node.Relation = o.field.Relation
	child, err := p.newLevel(o.field.Target, node, relations+1)
	if err != nil {
		return nil, err
	}
	o.child = len(l.children)
	l.children = append(l.children, child)
	l.node.Children = append(l.node.Children, node)
	return child, nil
}

// follow plans the records that a relation leads to.
func (p *planner) follow(o *output, s *front.Selected, l *level, node *record.Node, count, relations int) *front.Error {
	child, err := p.child(o, l, node, relations)
	if err != nil {
		return err
	}
	if err := p.read(count); err != nil {
		return err
	}
	o.fields, err = p.records(s.Selections, child, count, relations+1)
	return err
}

// many plans a list of records that a record refers to: all of them, unless a limit is given.
func (p *planner) many(o *output, s *front.Selected, l *level, count, relations int) *front.Error {
	args, err := p.arguments(s, l.record.Name)
	if err != nil {
		return err
	}
	node := &record.Node{}
	if err := p.narrow(node, o.field.Target, args); err != nil {
		return err
	}
	most := o.field.Stored.Kind.(*schema.Relation).MaxSelect
	if limit, ok := args["limit"].(int64); ok {
		if limit < 1 || limit > maxPage {
			return front.Bad(nil, "limit must be from 1 to %d.", maxPage)
		}
		node.Limit, most = int(limit), min(most, int(limit))
	}
	return p.follow(o, s, l, node, count*most, relations)
}

// parts plans the selected fields of a point or a file.
func (p *planner) parts(s *front.Selected, typeName string) (out []output, err *front.Error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer p.shallower()
	selected, err := p.operation.Collect(s.Selections, func(name string) bool { return name == typeName })
	if err != nil {
		return nil, err
	}
	for _, s := range selected {
		o := newOutput(s)
		if s.Name == "__typename" {
			o.text = schema.AppendString(nil, typeName)
		} else if o.args, err = p.arguments(s, typeName); err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}
