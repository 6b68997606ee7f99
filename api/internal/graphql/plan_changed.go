// Plans of subscriptions: the changes to send, and the selected fields.

package graphql

import (
	"strings"

	"github.com/graph-gophers/graphql-go/ast"

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/api/internal/graphql/model"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/where"
	"github.com/loambase/loam/realtime"
)

// changedPlan is the plan of a subscription.
type changedPlan struct {
	snapshot *schema.Snapshot // the snapshot that it was made for
	live     *plan            // of a live query: the records to read; the fields below are not used then

	filter string // the argument where
	where  where.Expr
	root   *level // the selected fields of the record

	key       string
	outputs   []output // of the message about a change
	superuser bool

	sinceVariable string // the variable with the resume token; "" if there is none
}

// changed plans the only field of a subscription, and completes the Watch.
func (p *planner) changed(w *realtime.Watch) (*changedPlan, *front.Error) {
	selected, err := p.operation.Collect([]ast.SelectionSet{p.operation.Definition.Selections}, func(name string) bool { return name == "Subscription" })
	if err != nil {
		return nil, err
	}
	if len(selected) != 1 {
		return nil, front.Bad(nil, "A subscription has one field.")
	}
	s := selected[0]
	plan, err := p.changedField(s, w)
	if err != nil && err.Path == nil {
		err.Path = []any{s.Key}
	}
	return plan, err
}

func (p *planner) changedField(s *front.Selected, w *realtime.Watch) (*changedPlan, *front.Error) {
	root := p.model.Subscriptions[s.Name]
	if root == nil { // __typename
		return nil, front.Bad(nil, "A subscription has no field %s.", s.Name)
	}
	args, err := p.operation.Arguments(p.operation.FieldOf("Subscription", s.Name).Arguments, s.Field.Arguments)
	if err != nil {
		return nil, err
	}
	w.Collection = root.Record.Collection.ID
	if root.Kind == model.RootLive {
		return p.liveField(s, root, args)
	}
	if err := watched(w, args); err != nil {
		return nil, err
	}
	tag, may := "list", root.Record.List
	if w.Record != "" {
		tag, may = "view", root.Record.View
	}
	if err := p.pay(root.Record, tag); err != nil {
		return nil, err
	}
	if !may { // the rule that is not for superusers only
		return nil, failure(p.caller.RequireSuperuser(), false)
	}
	p.tells = true
	node := &record.Node{}
	l, err := p.newLevel(root.Record, node, 0)
	if err != nil {
		return nil, err
	}
	if err := p.narrow(node, root.Record, args); err != nil {
		return nil, err
	}
	plan := &changedPlan{snapshot: p.model.Snapshot, key: s.Key, where: node.Where, root: l, sinceVariable: variableOf(s.Field, "since")}
	plan.filter, _ = args["where"].(string)
	node.Where = nil
	plan.outputs, err = p.change(s, l)
	return plan, err
}

// watched sets the wanted changes of the Watch.
func watched(w *realtime.Watch, args map[string]any) *front.Error {
	if id, given := args["id"]; given && id != nil {
		if w.Record, _ = id.(string); w.Record == "" { // "" would stand for every record
			return front.Bad(nil, "An empty id is none: leave the argument out.")
		}
	}
	since, _ := args["since"].(string)
	w.Since = change.Token(since)
	list, given := args["actions"].([]any)
	if given && len(list) == 0 { // an empty list would stand for all actions
		return front.Bad(nil, "An empty list of actions is none: leave the argument out.")
	}
	for _, action := range list {
		name, _ := action.(string)
		w.Actions = append(w.Actions, strings.ToLower(name))
	}
	return nil
}

// variableOf returns the name of the variable that is the value of an argument, "" if it is not a
// variable.
func variableOf(f *ast.Field, argument string) string {
	for _, a := range f.Arguments {
		if v, ok := a.Value.(*ast.Variable); ok && a.Name.Name == argument {
			return v.Name
		}
	}
	return ""
}

// change plans the selected fields of a change.
func (p *planner) change(s *front.Selected, l *level) ([]output, *front.Error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer p.shallower()
	typeName := l.record.Name + "Change"
	selected, err := p.operation.Collect(s.Selections, func(name string) bool { return name == typeName })
	if err != nil {
		return nil, err
	}
	if err := p.read(1); err != nil {
		return nil, err
	}
	var out []output
	for _, part := range selected {
		o := newOutput(part)
		switch part.Name {
		case "__typename":
			o.text = schema.AppendString(nil, typeName)
		case "record":
			if o.fields, err = p.records(part.Selections, l, 1, 0); err != nil {
				return nil, err
			}
		}
		out = append(out, o)
	}
	return out, nil
}

// message returns the result for a change, with a TokenMark.
func (c *changedPlan) message(s record.Shown) []byte {
	if s.Err != nil {
		told := failure(s.Err, c.superuser)
		told.Path = []any{c.key}
		return (&Result{Data: null, Errors: []*front.Error{told}}).Append(nil)
	}
	e := &encoder{path: []any{c.key}}
	e.out = append(e.out, '{')
	e.key(c.key)
	var b *branch
	var id []byte
	if s.Tree != nil {
		b = newBranch(c.root, s.Tree, &memory{})
		id = b.of(0)[0]
	} else {
		values := make([][]byte, 1)
		members(values, s.JSON, map[string]int{"id": 0}, nil)
		id = values[0]
	}
	e.object(c.outputs, func(o *output) {
		switch o.name {
		case "id":
			e.out = append(e.out, id...)
		case "action":
			e.out = schema.AppendString(e.out, strings.ToUpper(string(s.Action)))
		case "token":
			e.out = append(e.out, TokenMark)
		case "record":
			if b == nil {
				e.null()
			} else {
				e.record(o.fields, b, 0)
			}
		}
	})
	e.out = append(e.out, '}')
	return (&Result{Data: e.out, Errors: e.errs}).Append(nil)
}
