package record

import (
	"strings"

	"github.com/loambase/loam/core/schema"
)

const maxExpandNodes = 200 // relations in one expand; further ones are ignored

// expandNode is a relation to expand from the records of some collection.
type expandNode struct {
	key        string             // under "expand", as the client wrote it
	target     *schema.Collection // whose records are wanted
	rule       string             // that they must satisfy
	projection *projection        // of them
	field      *schema.Field      // the relation: of the source or, if back, of the target
	col        int                // of the field in a row of the source or, if back, of the target
	index      int                // of the field in its collection
	back       bool               // the target refers to the source
	single     bool               // an object, not a list
	next       []*expandNode
}

// nodes returns the branches that name relations of the collection which the caller may
// expand. Others are ignored (docs/wire/records.md §6.1).
func (x *expansion) nodes(from *schema.Collection, branches []*branch) []*expandNode {
	var list []*expandNode
	for _, b := range branches {
		if x.resolved == maxExpandNodes {
			break
		}
		n := x.relation(from, b.part)
		if n == nil {
			continue
		}
		x.resolved++
		n.next = x.nodes(n.target, b.next)
		list = append(list, n)
	}
	return list
}

// relation returns the part as a relation of the collection, nil if it is none that the
// caller may expand. A hidden field may be expanded by callers who see it.
func (x *expansion) relation(from *schema.Collection, part string) *expandNode {
	n := &expandNode{key: part}
	var source *schema.Collection // that has the field
	if n.field = from.Field(part); n.field != nil {
		source = from
	} else if source, n.field = x.backRelation(part); n.field != nil {
		n.back = true
	}
	if n.field == nil || !visible(source, n.field, x.rq.superuser) {
		return nil
	}
	relation, ok := n.field.Kind.(*schema.Relation)
	if !ok {
		return nil
	}
	if n.back && relation.CollectionID != from.ID {
		return nil
	}
	n.target, n.single = x.rq.snapshot.ByID(relation.CollectionID), !n.field.Multiple()
	if n.back {
		n.target = source
		_, n.single = source.UniqueIndex(n.field.Name)
	}
	if n.target == nil || !x.mayExpand(n) {
		return nil
	}
	n.projection = x.rq.service.projection(x.rq.snapshot, n.target, x.rq.superuser)
	n.index = source.FieldIndex(n.field.Name)
	n.col = x.rq.service.projection(x.rq.snapshot, source, x.rq.superuser).column[n.index]
	return n
}

// mayExpand reports whether the caller may see records of the target at all, and sets
// the rule that these must satisfy.
func (x *expansion) mayExpand(n *expandNode) bool {
	if x.rq.superuser {
		return true
	}
	if n.target.ViewRule == nil {
		return false
	}
	n.rule = *n.target.ViewRule
	return true
}

// backRelation reads collection_via_field and its older spelling
// collection(field).
func (x *expansion) backRelation(part string) (*schema.Collection, *schema.Field) {
	name, field, ok := strings.Cut(part, "_via_")
	if !ok {
		// Wire: the older spelling still works and is the key of the result.
		if name, field, ok = strings.Cut(part, "("); !ok {
			return nil, nil
		}
		if field, ok = strings.CutSuffix(field, ")"); !ok {
			return nil, nil
		}
	}
	c := x.rq.snapshot.Find(name)
	if c == nil {
		return nil, nil
	}
	return c, c.Field(field)
}
