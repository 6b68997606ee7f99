// The shape of a tree: its operations and fields, without the values.

package record

import (
	"math/bits"

	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/store"
)

// shape adds the tree to a shape.
func (n *Node) shape(s store.Shape) store.Shape {
	for _, text := range [...]string{n.Collection, n.Relation, n.Filter, n.Sort} {
		s = s.WithText(text)
	}
	s = filterShape(s, n.Where)
	if a := n.Aggregate; a != nil {
		s = filterShape(s.WithText(a.Filter).WithText(a.Having).With(uint64(len(a.GroupBy))), a.Where)
		for _, key := range a.GroupBy {
			s = s.WithText(key)
		}
	}
	flags := uint64(0)
	for i, set := range [...]bool{n.ID != "" || n.Own || n.Written, n.Total, n.After != "" || n.Before != ""} {
		if set {
			flags |= 1 << i
		}
	}
	s = s.With(flags<<32 | uint64(bits.Len(uint(n.Offset)))<<24 | uint64(bits.Len(uint(n.Limit)))<<16 | uint64(len(n.Children)))
	for _, child := range n.Children {
		s = child.shape(s)
	}
	return s
}

// filterShape adds the operators and paths of a filter that was built in code.
func filterShape(s store.Shape, e lang.Expr) store.Shape {
	lang.Walk(e, func(e lang.Expr) bool {
		switch e := e.(type) {
		case *lang.And:
			s = s.With(uint64(len(e.List))<<8 | 1)
		case *lang.Or:
			s = s.With(uint64(len(e.List))<<8 | 2)
		case *lang.Not:
			s = s.With(3)
		case *lang.In:
			s = s.With(uint64(bits.Len(uint(len(e.Values))))<<8 | 4).WithText(e.Left.String())
		case *lang.Compare:
			s = s.With(uint64(e.Op)<<8 | 5).WithText(e.Left.String())
		case *lang.Related:
			s = s.With(uint64(e.Which)<<8 | 6).WithText(e.Path)
		}
		return true
	})
	return s
}
