// Trees: records with their related records at any depth, as values. The rules apply at each node.

package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/loambase/loam/core/where"
)

// Node describes a list of records in a tree: the records of a collection or, below another node,
// the records that are related to each of its records.
type Node struct {
	// Collection is the id or name of the collection of a root. Relation names the relation of any
	// other node: a relation field of the node above, or collection_via_field for the records that
	// refer to its records.
	Collection string
	Relation   string

	// ID restricts a root to the record with that id, under the view rule instead of the list rule.
	// Own restricts it to the account of the caller, without a rule; Collection is then the
	// account's.
	ID  string
	Own bool

	// Written states that the caller has just written the records that satisfy Where: they are
	// shown without applying rules, as in the answer to a write.
	Written bool

	Fields []string // the shown fields, besides the id; nil: all that the caller may see

	// Cut is the maximum number of characters that are shown of a text or a JSON document; 0: no
	// maximum. A document of Cut or more characters is shown as a JSON string of its first Cut
	// characters. Cut has no effect on collections with Enrich hooks, since hooks see whole
	// records.
	Cut int

	Filter string // of a list, with {:name} as in Query
	Params map[string]any
	Where  where.Expr // a further condition; nil: no condition

	// Sort is a sort of a list. "" is the stored order of the ids in a relation field that is
	// followed, else the order of insertion. Lists with cursors also have the order of insertion.
	Sort string

	// Aggregate makes a root return figures over the records of Collection in place of a list.
	Aggregate *AggregateParams

	// Limit is the maximum length of the list of each parent, at most 1,000. 0 stands for 1,000 or,
	// for a relation field that is followed, for no limit.
	Limit  int
	Offset int // of a root without cursors: the number of records to skip

	// After and Before are cursors (Item.Cursor) of the same sort; the lists of all parents begin
	// after, or end before, them. Backward selects the last records of each list instead of the
	// first, in the same order.
	After, Before string
	Backward      bool

	Cursors  bool // items have cursors
	Total    bool // List.Total is computed; without effect for a relation field that is followed
	Children []*Node
}

// Branch holds the records of a node.
type Branch struct {
	// Records are JSON objects, each once, in no particular order.
	Records []json.RawMessage

	// Lists holds a list for each record of the parent, in their order. The root has one list.
	Lists []List

	Children []*Branch // in the order of the node's Children

	Groups *Groups // the figures of a root with Aggregate; the other fields are empty then
	Err    error   // the error of a root that is not answered; the other fields are empty then

	set     *rowset // owns the memory of Records; may be nil
	service *Service
}

// Release returns the memory of the Records of the branch, and of all branches below it, to the
// service. The Records must not be used afterwards. Calling Release is optional; it saves memory if
// large trees are read.
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
	More  bool // the limit left out records: later ones or, if Backward, earlier ones
	Total int  // all records under the filter, without limit and cursors; -1 without Node.Total
}

// Item is a place in a list.
type Item struct {
	Record int    // position in Branch.Records
	Cursor string // "" without Node.Cursors and for a sort without cursors (@random)
}

// Tree does the work of Trees for one root, whose error it returns.
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

// RootError is an error of Trees with the position of the root that has caused it.
type RootError struct {
	Root int
	Err  error
}

func (e *RootError) Error() string { return fmt.Sprintf("root %d: %v", e.Root, e.Err) }

func (e *RootError) Unwrap() error { return e.Err }

// Trees reads trees of records from one snapshot of the database, with a statement for each node.
// The list rules apply to the records of a root and of back relations, the view rules to the
// records of relation fields, and the caller gets the fields that they may see. Related records
// whose rule is for superusers only, or does not compile, do not exist for the caller. In rules of
// related records @request.context is expand.
//
// An error of one root, of its rule, or of a hook is in Branch.Err, and the other roots are read.
// These errors are the faults of List and Aggregate, and Invalid for an unknown relation or field,
// and for more than 200 nodes or 6 levels below a root. Any other error is a *RootError and fails
// all roots; it is Invalid for records that are too large together. The Request hooks run for each
// root, as for a view if it has an ID, as for an aggregate if it has an Aggregate, else as for a
// list. They see neither Where nor the nodes below the root.
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

// treeHooks runs the Request hooks of the roots. It returns the roots with the changes of the
// handlers; the handlers may also change the caller. failed holds the errors of the roots that a
// handler has refused; it is nil without handlers.
func (s *Service) treeHooks(ctx context.Context, caller *Caller, roots []*Node) (left []*Node, failed []error) {
	if s.cfg.Hooks.Request.Empty() {
		return roots, nil
	}
	left, failed = slices.Clone(roots), make([]error, len(roots))
	for i, asked := range roots {
		if asked.Written { // the Request hooks have run for the write
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
