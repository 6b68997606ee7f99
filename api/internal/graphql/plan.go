// Plans: an operation is turned into trees of records to read, and the layout of its answer.

package graphql

import (
	"github.com/graph-gophers/graphql-go/ast"

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/api/internal/graphql/model"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// plan is a planned operation: trees for the record service, and the layout of the answer.
type plan struct {
	fields []rootField
	roots  []*level
	paths  [][]any // paths in the answer of the fields that the roots are read for
	writes []write // of a mutation, in their order
	auth   *authCall
}

// add adds a tree that is read for the field with the key.
func (p *plan) add(root *level, key string) {
	p.roots, p.paths = append(p.roots, root), append(p.paths, []any{key})
}

// rootField is a field of the operation.
type rootField struct {
	key  string
	text []byte // the value, if no record is read for the field

	root     *level // the records to read: a connection, or at most one record
	required bool   // the field is never null
	list     *connection
	out      []output

	each   []rootField // of nodes: a field for each record
	result *result     // of a mutation
	groups bool        // of an aggregate
	auth   *authCall
}

// level is a node of a tree of records, with the slots of its stored fields.
type level struct {
	node     *record.Node
	record   *model.Record
	slots    map[string]int // the slots of stored fields in the encoder's values of a record
	children []*level
}

// planner makes a plan. It counts the cost of the operation.
type planner struct {
	operation  *front.Operation
	front      *front.Front
	model      *model.Model
	caller     record.Caller
	limits     Limits
	introspect bool // the caller may use introspection
	tells      bool // plans a message about a change, which must not wait for the blob store
	charge     Charge

	depth int
	cost
}

// cost is the cost of operations. The operations of a batch share it.
type cost struct{ nodes, rows, fields, writes int }

// Limits of an operation.
type Limits struct {
	Depth      int // levels of fields
	Rows       int // product of the limits along each path, summed
	RootFields int
	Mutations  int // records that may be written
}

// The limits of the record service: see record.Service.Trees.
const (
	maxRelationDepth = 6
	maxNodes         = 200
)

// Charge counts a root field against the rate limits of the REST route that it mirrors.
type Charge func(c *schema.Collection, tag string) error

// plan plans an operation.
func (p *planner) plan() (*plan, *front.Error) {
	if p.operation.Kind() == "mutation" {
		return p.mutation()
	}
	selected, err := p.operation.Collect([]ast.SelectionSet{p.operation.Definition.Selections}, func(name string) bool { return name == "Query" })
	if err != nil {
		return nil, err
	}
	out := &plan{}
	for _, s := range selected {
		field, err := p.rootField(s, out)
		if err != nil {
			if err.Path == nil {
				err.Path = []any{s.Key}
			}
			return nil, err
		}
		out.fields = append(out.fields, field)
	}
	return out, nil
}

// deeper counts a level of fields, which ends with shallower.
func (p *planner) deeper() *front.Error {
	if p.depth++; p.depth > p.limits.Depth {
		return front.Complex("The operation is %d levels deep, which is more than %d.", p.depth, p.limits.Depth)
	}
	return nil
}

func (p *planner) shallower() { p.depth-- }

// count counts a root field.
func (p *planner) count(n int) *front.Error {
	if p.fields += n; p.fields > p.limits.RootFields {
		return front.Complex("The operation has %d root fields, which are more than %d.", p.fields, p.limits.RootFields)
	}
	return nil
}

// read counts the records of a list.
func (p *planner) read(rows int) *front.Error {
	if p.rows += rows; p.rows > p.limits.Rows {
		return front.Complex("The operation may read %d records, which are more than %d.", p.rows, p.limits.Rows)
	}
	return nil
}

// newLevel counts a node of a tree.
func (p *planner) newLevel(r *model.Record, node *record.Node, relations int) (*level, *front.Error) {
	if p.nodes++; p.nodes > maxNodes {
		return nil, front.Complex("The operation follows %d relations, which are more than %d.", p.nodes, maxNodes)
	}
	if relations > maxRelationDepth {
		return nil, front.Complex("The operation follows relations %d deep, which is more than %d.", relations, maxRelationDepth)
	}
	node.Fields = []string{}
	return &level{node: node, record: r, slots: map[string]int{"id": 0}}, nil
}

// slot returns the slot of a stored field, and adds the field to those that are read.
func (l *level) slot(stored string) int {
	at, ok := l.slots[stored]
	if !ok {
		at = len(l.slots)
		l.slots[stored] = at
		l.node.Fields = append(l.node.Fields, stored)
	}
	return at
}

// typeConditions returns a function that reports whether a fragment on a type applies to the
// record.
func typeConditions(r *model.Record) func(string) bool {
	return func(name string) bool {
		switch name {
		case r.Name:
			return true
		case "Node":
			f := r.Field("nodeId")
			return f != nil && f.Kind == model.NodeID
		case "AuthRecord":
			return r.Collection.IsAuth()
		}
		return false
	}
}
