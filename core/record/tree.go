// Trees: records with their related records at any depth, as values, under the rules at
// each node.

package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/loambase/loam/core/where"
)

// Node describes a list of records in a tree: the records of a collection or, below
// another node, those that are related to each record of it.
type Node struct {
	// Collection, by id or name, is that of the root. Relation is how other nodes hang on
	// theirs: a relation field, or collection_via_field for the records that refer to it.
	Collection string
	Relation   string

	// ID, of a root, asks for one record, by the view rule instead of the list rule. Own
	// asks for the account of the caller, whatever the rules say; Collection is its.
	ID  string
	Own bool

	// Written says that the caller has just written the records that satisfy Where: they are
	// shown whatever the rules say, as the answer to a write is.
	Written bool

	Fields []string // to show, besides the id; nil shows all that the caller may see

	// Cut is the maximum number of characters that are shown of a text or a JSON document; 0: no
	// maximum. A document of Cut or more characters is shown as a JSON string of its first Cut
	// characters. Cut has no effect on collections with Enrich hooks, since hooks see whole
	// records.
	Cut int

	Filter string // as in a list, with {:name} as in Query
	Params map[string]any
	Where  where.Expr // must hold besides Filter; nil: no condition

	// Sort is as in a list. "" is the stored order of a relation that is followed, and the
	// order of insertion of everything else, and of whatever has a cursor.
	Sort string

	// Aggregate, of a root, asks for figures over the records of Collection in place of a list.
	Aggregate *AggregateParams

	// Limit is for the list of each parent. More than 1,000 stand for 1,000; 0 does too,
	// but leaves a relation that is followed whole.
	Limit  int
	Offset int // of a root without cursors: how many records to leave out at the beginning

	// After and Before are cursors (Item.Cursor) of the same sort; the lists of all
	// parents begin after, or end before, them. Backward takes the last of each list
	// instead of the first, in the same order.
	After, Before string
	Backward      bool

	Cursors  bool // whether items have cursors
	Total    bool // whether List.Total is wanted; of no effect where a relation is followed
	Children []*Node
}

// Branch is what was read at a node.
type Branch struct {
	// Records are JSON objects, each once, in no particular order.
	Records []json.RawMessage

	// Lists has a list for each of the parent's Records, in their order. The root has one.
	Lists []List

	Children []*Branch // as the node's

	Groups *Groups // of a root with Aggregate, which has nothing else
	Err    error   // of a root that is not answered, which has nothing else then

	set     *rowset // owns the memory of Records, if not nil
	service *Service
}

// Release returns the memory of the Records of the branch, and of all below it, to the
// service. Nothing may refer to them afterwards. Calling it is optional; it saves memory where
// much is read.
func (b *Branch) Release() {
	if b.set != nil {
		b.service.recycle(b.set)
		b.set, b.Records = nil, nil
	}
	for _, below := range b.Children {
		below.Release()
	}
}

// List is the children of one parent.
type List struct {
	Items []Item
	More  bool // the limit left some out: later ones or, if Backward, earlier ones
	Total int  // of all that satisfy the filter, whatever limit and cursors leave out; -1 if it was not asked for
}

// Item is a place in a list.
type Item struct {
	Record int    // position in Branch.Records
	Cursor string // "" without Node.Cursors and where the sort has none (@random)
}

// Tree is Trees with one root, whose error it returns.
func (s *Service) Tree(ctx context.Context, caller Caller, root *Node) (*Branch, error) {
	branches, err := s.Trees(ctx, caller, root)
	var at *RootError
	if errors.As(err, &at) {
		err = at.Err
	}
	if err != nil {
		return nil, err
	}
	return branches[0], branches[0].Err
}

// RootError says at which root of Trees it went wrong.
type RootError struct {
	Root int
	Err  error
}

func (e *RootError) Error() string { return fmt.Sprintf("root %d: %v", e.Root, e.Err) }

func (e *RootError) Unwrap() error { return e.Err }

// Trees reads trees of records as of one moment, with a statement for each node. The
// caller sees of a root and of records that refer to others what their list rules
// allow; of records that are referred to, what their view rules do; and of all of them
// the fields that he may see. Related records whose rule is for superusers, or does not
// compile, do not exist for him. To rules of related records @request.context is expand.
//
// What is wrong with one root, its rule, or a hook that fails about it, is in Branch.Err, and
// the others are read: the faults of List and Aggregate, and Invalid for an unknown relation
// or field, and for more than 200 nodes or 6 levels below a root. Everything else is a
// *RootError about all of them, Invalid for records that are too large together. The Request
// hooks run for each root, as for a view if it has an ID, for an aggregate if it is one, else
// as for a list, and see neither Where nor what is below the root.
func (s *Service) Trees(ctx context.Context, caller Caller, roots ...*Node) (branches []*Branch, err error) {
	roots, failed := s.treeHooks(ctx, &caller, roots)
	err = s.readWithRetry(caller, func(rq *readRequest) (err error) {
		branches, err = rq.trees(ctx, roots, failed)
		return err
	})
	if err != nil {
		return nil, err
	}
	return branches, nil
}

// treeHooks runs the Request hooks of the roots. It returns the roots as the handlers have
// left them; the caller too may be another one then. failed has the errors of those that a
// handler has refused; it is nil without handlers.
func (s *Service) treeHooks(ctx context.Context, caller *Caller, roots []*Node) (left []*Node, failed []error) {
	if s.cfg.Hooks.Request.Empty() {
		return roots, nil
	}
	left, failed = slices.Clone(roots), make([]error, len(roots))
	for i, asked := range roots {
		if asked.Written { // the handlers were asked about the write
			continue
		}
		root := *asked
		e := &RequestEvent{Operation: OpView, Caller: *caller, ID: root.ID}
		switch {
		case root.Aggregate != nil:
			params := *root.Aggregate
			e.Operation, e.Aggregate = OpAggregate, &params
		case root.ID == "":
			e.Operation, e.List = OpList, &ListParams{Filter: root.Filter, Sort: root.Sort, PerPage: root.Limit}
		}
		failed[i] = s.aroundRequest(ctx, e, root.Collection, func(e *RequestEvent) error {
			*caller, root.ID, root.Aggregate = e.Caller, e.ID, e.Aggregate
			if e.List != nil {
				root.Filter, root.Sort, root.Limit = e.List.Filter, e.List.Sort, e.List.PerPage
			}
			return nil
		})
		left[i] = &root
	}
	return left, failed
}
