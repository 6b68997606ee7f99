// Root fields: lists, single records, the account of the caller, nodes by their global id, and
// introspection.

package graphql

import (
	"encoding/base64"
	"strings"

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/api/internal/graphql/introspect"
	"github.com/loambase/loam/api/internal/graphql/model"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

var null = []byte("null")

// rootField plans a field of Query and adds its tree to the plan.
func (p *planner) rootField(s *front.Selected, to *plan) (rootField, *front.Error) {
	switch s.Name {
	case "__typename":
		return rootField{key: s.Key, text: schema.AppendString(nil, "Query")}, nil
	case "__schema", "__type":
		return p.introspection(s)
	}
	if err := p.count(1); err != nil {
		return rootField{}, err
	}
	if err := p.deeper(); err != nil {
		return rootField{}, err
	}
	defer p.shallower()
	args, err := p.operation.Arguments(p.operation.FieldOf("Query", s.Name).Arguments, s.Field.Arguments)
	if err != nil {
		return rootField{}, err
	}
	switch root := p.model.Roots[s.Name]; root.Kind {
	case model.RootList:
		return p.list(s, root.Record, args, to)
	case model.RootOne:
		id, _ := args["id"].(string)
		return p.one(s, root.Record, &record.Node{ID: id}, to)
	case model.RootAggregate:
		return p.aggregate(s, root.Record, args, to)
	case model.RootMe:
		return p.me(s, to)
	case model.RootNode:
		id, _ := args["nodeId"].(string)
		return p.node(s, id, to)
	default:
		return p.each(s, args, to)
	}
}

// introspection answers from the schema at once.
func (p *planner) introspection(s *front.Selected) (rootField, *front.Error) {
	if !p.introspect {
		return rootField{}, &front.Error{Code: front.Forbidden, Message: "Introspection is not allowed."}
	}
	args, err := p.operation.Arguments(p.front.IntrospectionField(s.Name).Arguments, s.Field.Arguments)
	if err != nil {
		return rootField{}, err
	}
	text, err := introspect.Append(nil, p.operation, p.front.Schema(), s, args)
	return rootField{key: s.Key, text: text}, err
}

// list plans the connection of a collection.
func (p *planner) list(s *front.Selected, r *model.Record, args map[string]any, to *plan) (rootField, *front.Error) {
	if err := p.pay(r, "list"); err != nil {
		return rootField{}, err
	}
	node := &record.Node{Collection: r.Collection.ID}
	l, err := p.newLevel(r, node, 0)
	if err != nil {
		return rootField{}, err
	}
	list, err := p.connection(s, l, args, 1, 0)
	if err != nil {
		return rootField{}, err
	}
	node.Offset, list.skip = list.skip, 0
	to.add(l, s.Key)
	return rootField{key: s.Key, root: l, required: true, list: list}, nil
}

// one plans one record, which is null if the caller may not view it.
func (p *planner) one(s *front.Selected, r *model.Record, node *record.Node, to *plan) (rootField, *front.Error) {
	if !node.Own {
		if err := p.pay(r, "view"); err != nil {
			return rootField{}, err
		}
		if node.ID == "" { // "" would select a list
			return rootField{key: s.Key, text: null}, nil
		}
	}
	node.Collection, node.Limit = r.Collection.ID, 1
	l, err := p.newLevel(r, node, 0)
	if err != nil {
		return rootField{}, err
	}
	if err := p.read(1); err != nil {
		return rootField{}, err
	}
	out, err := p.records(s.Selections, l, 1, 0)
	if err != nil {
		return rootField{}, err
	}
	to.add(l, s.Key)
	return rootField{key: s.Key, root: l, out: out}, nil
}

// me plans the account of the caller, to which no rule applies.
func (p *planner) me(s *front.Selected, to *plan) (rootField, *front.Error) {
	if p.caller.Auth != nil && p.caller.Auth.ID() != "" {
		if r := p.model.Of(p.caller.Auth.Collection().ID); r != nil {
			return p.one(s, r, &record.Node{Own: true}, to)
		}
	}
	return rootField{key: s.Key, text: null}, nil
}

// node plans the record of a global id; it is null for an invalid id.
func (p *planner) node(s *front.Selected, id string, to *plan) (rootField, *front.Error) {
	collection, recordID, ok := readNodeID(id)
	if ok {
		if r := p.model.Of(collection); r != nil && r.View && typeConditions(r)("Node") {
			return p.one(s, r, &record.Node{ID: recordID}, to)
		}
	}
	return rootField{key: s.Key, text: null}, nil
}

// each plans nodes, each of which counts as a root field.
func (p *planner) each(s *front.Selected, args map[string]any, to *plan) (rootField, *front.Error) {
	ids, _ := args["nodeIds"].([]any)
	if err := p.count(max(0, len(ids)-1)); err != nil {
		return rootField{}, err
	}
	out := rootField{key: s.Key, each: []rootField{}}
	for i, id := range ids {
		text, _ := id.(string)
		field, err := p.node(s, text, to)
		if err != nil {
			return rootField{}, err
		}
		if field.root != nil {
			to.paths[len(to.paths)-1] = []any{s.Key, i}
		}
		out.each = append(out.each, field)
	}
	return out, nil
}

// pay counts a root field against the rate limits.
func (p *planner) pay(r *model.Record, tag string) *front.Error {
	if p.charge == nil {
		return nil
	}
	return failure(p.charge(r.Collection, tag), false)
}

// appendNodeID appends the global id of a record: a text without escapes.
func appendNodeID(dst []byte, c *schema.Collection, id string) []byte {
	return base64.RawURLEncoding.AppendEncode(dst, []byte(c.ID+":"+id))
}

func readNodeID(text string) (collection, id string, ok bool) {
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return "", "", false
	}
	return strings.Cut(string(plain), ":")
}
