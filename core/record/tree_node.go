// Nodes of a tree: names resolved to relations and back relations.

package record

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/where"
)

const (
	maxTreeNodes = 200 // relations in one tree
	maxTreeDepth = 6   // levels of relations
)

// treeNode is a Node with resolved names: a relation to follow from the records of a collection.
type treeNode struct {
	key        string             // the relation, as the client wrote it
	target     *schema.Collection // the collection of the records
	rule       string             // the rule that the records must satisfy
	closed     bool               // only superusers may read the records
	projection *projection        // of the records
	field      *schema.Field      // the relation: of the source or, if back, of the target
	col        int                // of the field in a row of the source or, if back, of the target
	index      int                // of the field in its collection
	back       bool               // the target refers to the source
	single     bool               // one record, not a list
	perParent  bool               // back: a query for each parent is short
	next       []*treeNode

	id            string // of a root: reads only this record
	filter        string
	filterExpr    lang.Expr
	sort          string
	limit         int // of the list of each parent; 0: none
	offset        int // of a root
	after, before string
	backward      bool
	keys          bool // rows have cursors
	totals        bool // lists are counted
}

// filtered returns the filter as a text, which is not empty if there is a filter.
func (n *treeNode) filtered() string {
	if n.filter == "" && n.filterExpr != nil {
		return n.filterExpr.String()
	}
	return n.filter
}

// children resolves the nodes below a node, at a level below the root. In an expand, relations that
// cannot be followed are left out (docs/wire/records.md §6.1).
func (t *treeRead) children(from *treeNode, nodes []*Node, level int) (list []*treeNode, err error) {
	for _, node := range nodes {
		if t.resolved == maxTreeNodes || level > maxTreeDepth {
			if t.paged {
				return nil, badTree("too many relations")
			}
			break
		}
		n := t.relation(from, node.Relation)
		if n == nil {
			if t.paged {
				return nil, badTree(fmt.Sprintf("unknown relation %q", node.Relation))
			}
			continue
		}
		t.resolved++
		if err := t.settle(n, node, !n.back); err != nil {
			return nil, err
		}
		t.place(from, n)
		if n.next, err = t.children(n, node.Children, level+1); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}

func badTree(reason string) error { return &fault.Error{Kind: fault.Invalid, Reason: reason} }

// relation returns the named relation of the node's collection, nil if there is no such relation
// that the caller may follow. Only callers who see a hidden field may follow it.
func (t *treeRead) relation(from *treeNode, name string) *treeNode {
	n := &treeNode{key: name}
	var source *schema.Collection // the collection that has the field
	if n.field = from.target.Field(name); n.field != nil {
		source = from.target
	} else if source, n.field = t.backRelation(name); n.field != nil {
		n.back = true
	}
	if n.field == nil || !Visible(source, n.field, t.rq.superuser) {
		return nil
	}
	relation, ok := n.field.Kind.(*schema.Relation)
	if !ok {
		return nil
	}
	// The field of the other collection must refer to this collection.
	if n.back && relation.CollectionID != from.target.ID {
		return nil
	}
	n.target, n.single = t.rq.snapshot.ByID(relation.CollectionID), !n.field.Multiple()
	if n.back {
		n.target = source
		// If the field is unique, at most one record refers to each parent, so the answer is that
		// record, not a list.
		_, n.single = source.UniqueIndex(n.field.Name)
		n.perParent = n.single || !n.field.Multiple() && indexed(source, n.field.Name)
	}
	if n.target == nil {
		return nil
	}
	n.index = source.FieldIndex(n.field.Name)
	if t.allow(n); n.closed && !t.paged {
		return nil
	}
	return n
}

// indexed reports whether an index of all records begins with the field.
func indexed(c *schema.Collection, field string) bool {
	for _, ix := range c.ParsedIndexes() {
		if ix.Where == "" && len(ix.Columns) > 0 && strings.EqualFold(ix.Columns[0].Name, field) {
			return true
		}
	}
	return false
}

// settle sets the filter, order, cursors and limits of a node. followed is set if its records have
// the order of a relation field.
func (t *treeRead) settle(n *treeNode, node *Node, followed bool) (err error) {
	if n.filter, n.filterExpr, err = t.rq.bindFilter(node.Filter, node.Params, node.Sort); err != nil {
		return err
	}
	switch {
	case node.Where == nil:
	case n.filterExpr == nil:
		n.filterExpr = node.Where
	default:
		n.filterExpr = where.All(n.filterExpr, node.Where)
	}
	n.sort, n.after, n.before = node.Sort, node.After, node.Before
	n.limit, n.backward, n.keys = max(0, node.Limit), node.Backward, node.Cursors
	n.totals = node.Total && !followed
	if n.limit > maxPerPage || n.limit == 0 && !followed {
		n.limit = maxPerPage
	}
	if n.back && n.single {
		n.limit = 1
	}
	// Cursors need a sort, and the order of a relation field is not a sort: it is in the record,
	// not in the database.
	if followed && n.sort == "" && (n.keys || n.after != "" || n.before != "") {
		n.sort = "@rowid"
		if n.target.IsView() {
			n.sort = "id"
		}
	}
	n.projection, err = t.projection(n.target, node.Fields, node.Cut)
	return err
}

// projection returns the projection of the collection to the fields, for nil to all fields that the
// caller may see. cut is Node.Cut. An unknown or hidden field is an Invalid fault.
func (t *treeRead) projection(c *schema.Collection, fields []string, cut int) (*projection, error) {
	s := t.rq.service
	if fields == nil && cut == 0 {
		return s.projection(t.rq.snapshot, c, t.rq.superuser), nil
	}
	for _, name := range fields {
		if f := c.Field(name); f == nil || !Visible(c, f, t.rq.superuser) {
			return nil, badTree(fmt.Sprintf("unknown field %q", name))
		}
	}
	p := s.newProjection(t.rq.snapshot, c, t.rq.superuser, func(f *schema.Field) bool {
		return fields == nil || f.IsID() || slices.Contains(fields, f.Name)
	})
	if p.enrich == nil {
		p.cut = max(0, cut)
	}
	return p, nil
}

// place sets the column of the relation. A projection of all fields has the column; to a projection
// of some fields it is added.
func (t *treeRead) place(from, n *treeNode) {
	has := from
	if n.back {
		has = n
	}
	n.col = has.projection.columnOf(n.index)
}

// backRelation reads collection_via_field and, in an expand, its older spelling
// collection(field).
func (t *treeRead) backRelation(part string) (*schema.Collection, *schema.Field) {
	name, field, ok := strings.Cut(part, "_via_")
	if !ok {
		// Wire: the older spelling still works and stays the key of the result.
		if name, field, ok = strings.Cut(part, "("); !ok || t.paged {
			return nil, nil
		}
		if field, ok = strings.CutSuffix(field, ")"); !ok {
			return nil, nil
		}
	}
	c := t.rq.snapshot.Find(name)
	if c == nil {
		return nil, nil
	}
	return c, c.Field(field)
}
