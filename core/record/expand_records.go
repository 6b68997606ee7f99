// Related records as values: Service.Expand, and what Record keeps of it.

package record

import (
	"context"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// The bounds of Expand.
const (
	maxBack    = 1000    // records that refer to one record, for each relation
	maxRelated = 100_000 // related records of one call
)

// relatedRecords are the records that a record is related to by one relation.
type relatedRecords struct {
	key    string // the relation, as the caller wrote it
	single bool
	list   []*Record
}

// Expand reads the records that those in the list are related to, as of one moment, and keeps
// them in these, for Related and RelatedOne. paths are those of a list of the API: relation
// fields, and collection_via_field for records that refer to the record, separated by commas;
// a dot leads on: "author,comments_via_post.author". What an earlier call has read is replaced.
//
// For a caller who is no superuser, related records are those that their view rule shows.
// Records are left out that do not exist, and of those that refer to one record all after the
// first 1,000. The records must be of one collection. Faults: Invalid for a relation that the
// collection does not have, and for more than 100,000 related records.
func (s *Service) Expand(ctx context.Context, caller Caller, records []*Record, paths string) error {
	if len(records) == 0 {
		return nil
	}
	c := records[0].collection
	for _, r := range records {
		if r.collection.ID != c.ID {
			return fault.New(fault.Invalid, "Expand takes records of one collection.")
		}
	}
	in := Query{Collection: c.Name}
	return in.in(s.readWithRetry(caller, func(rq *readRequest) error {
		stored := rq.snapshot.ByID(c.ID)
		if stored == nil {
			return missingCollection()
		}
		relations, err := rq.relations(ctx, stored, paths)
		if err != nil {
			return err
		}
		work := expandWork(store.Work{}, paths, relations.nodes)
		err = rq.read(ctx, work, func(r store.Reader) error { return relations.read(r, records) })
		return readFault(err, fault.Invalid)
	}))
}

// relations are the relations of an Expand, resolved.
type relations struct {
	tree  *treeRead
	nodes []*treeNode
	count int // of the records that were read
}

// relations resolves paths. In code, unlike in the parameter of a request, a relation that
// does not exist is a mistake.
func (rq *readRequest) relations(ctx context.Context, c *schema.Collection, paths string) (*relations, error) {
	x := &relations{}
	if paths == "" {
		return x, nil
	}
	x.tree = rq.newTree(ctx)
	x.tree.paged = true
	from := &treeNode{target: c, projection: newProjection(c, true)}
	nodes, err := x.tree.children(from, parseExpand(paths), 1)
	x.nodes = nodes
	return x, err
}

// read reads the related records and keeps them in the records.
func (x *relations) read(r store.Reader, records []*Record) error {
	if len(x.nodes) == 0 || len(records) == 0 {
		return nil
	}
	x.tree.begin(r)
	x.count = 0
	return x.follow(x.nodes, records)
}

// follow reads the records of each node for all of the records together.
func (x *relations) follow(nodes []*treeNode, records []*Record) error {
	kept := make([][]relatedRecords, len(records))
	for _, n := range nodes {
		related, err := x.load(n, records)
		if err != nil {
			return err
		}
		for i, r := range records {
			kept[i] = append(kept[i], relatedRecords{key: n.key, single: n.single, list: related.of(n, r)})
		}
		if err := x.follow(n.next, related.all); err != nil {
			return err
		}
	}
	if len(nodes) > 0 {
		for i, r := range records {
			r.related = kept[i]
		}
	}
	return nil
}

// relatedSet is what a node has read.
type relatedSet struct {
	all  []*Record
	byID map[string]*Record   // forward: by their own ids
	back map[string][]*Record // back: by the ids of the records that they refer to
}

// of returns those that belong to a record: in the order of its field or, if they refer to it,
// of their insertion.
func (s *relatedSet) of(n *treeNode, r *Record) (list []*Record) {
	if n.back {
		list = s.back[r.ID()]
		if n.single && len(list) > 1 {
			list = list[:1]
		}
		return list
	}
	for _, id := range choices(r.Get(n.field.Name)) {
		if found := s.byID[id]; found != nil {
			list = append(list, found)
		}
	}
	return list
}

// load reads the records of a node in one query.
func (x *relations) load(n *treeNode, records []*Record) (*relatedSet, error) {
	set := &relatedSet{byID: map[string]*Record{}, back: map[string][]*Record{}}
	wanted := map[string]bool{}
	var ids []string
	add := func(id string) {
		if id != "" && !wanted[id] {
			wanted[id] = true
			ids = append(ids, id)
		}
	}
	for _, r := range records {
		if n.back {
			add(r.ID())
			continue
		}
		for _, id := range choices(r.Get(n.field.Name)) {
			add(id)
		}
	}
	if n.closed || len(ids) == 0 {
		return set, nil
	}
	sel := x.tree.selection(n)
	sel.Columns, sel.Flags, sel.Limit = fieldNames(n.target), nil, 0
	if n.back {
		sel.RefBy = &query.Ref{Field: n.field.Name, IDs: ids}
	} else {
		sel.IDs = ids
	}
	plan, err := x.tree.rq.service.planner.Compile(sel)
	if err != nil {
		return set, x.tree.planFault(n, err)
	}
	if plan.Empty {
		return set, nil
	}
	err = x.each(n, plan, func(r *Record) {
		if !n.back {
			set.byID[r.ID()], set.all = r, append(set.all, r)
			return
		}
		used := false
		for _, id := range choices(r.Get(n.field.Name)) {
			if wanted[id] && len(set.back[id]) < maxBack {
				set.back[id], used = append(set.back[id], r), true
			}
		}
		if used {
			set.all = append(set.all, r)
		}
	})
	return set, err
}

// each calls fn with the records of a plan.
func (x *relations) each(n *treeNode, plan *query.Plan, fn func(*Record)) error {
	rows, err := x.tree.reader.Query(plan.SQL, plan.Args...)
	if err != nil {
		return x.tree.rq.viewFault(err, plan.Tables)
	}
	defer rows.Close()
	for rows.Next() {
		if x.count++; x.count > maxRelated {
			return errTreeSize()
		}
		fn(x.tree.rq.service.load(n.target, rows))
	}
	return x.tree.rq.viewFault(rows.Close(), plan.Tables)
}

// Related returns the records that Expand has read for the relation: those of a field in its
// order, those that refer to r in the order of their insertion. It is empty where Expand has
// read none. The list must not be changed; its records are shared with others that are
// related to them.
func (r *Record) Related(relation string) []*Record {
	for _, known := range r.related {
		if known.key == relation {
			return known.list
		}
	}
	return nil
}

// RelatedOne returns the first of Related, nil if there is none.
func (r *Record) RelatedOne(relation string) *Record {
	if list := r.Related(relation); len(list) > 0 {
		return list[0]
	}
	return nil
}

// relationPaths are the paths that Expand was asked for.
func relationPaths(related []relatedRecords) string {
	var paths []string
	for _, relation := range related {
		paths = append(paths, relation.key)
		seen := map[string]bool{}
		for _, r := range relation.list {
			for below := range strings.SplitSeq(relationPaths(r.related), ",") {
				if below != "" && !seen[below] {
					seen[below] = true
					paths = append(paths, relation.key+"."+below)
				}
			}
		}
	}
	return strings.Join(paths, ",")
}

// appendJSON appends the relation as a member of "expand", with the comma that it needs. Where
// there are no records there is no member.
func (x relatedRecords) appendJSON(dst []byte) []byte {
	if len(x.list) == 0 {
		return dst
	}
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(schema.AppendString(dst, x.key), ':')
	if x.single {
		return x.list[0].appendJSON(dst)
	}
	for i, r := range x.list {
		separator := byte(',')
		if i == 0 {
			separator = '['
		}
		dst = r.appendJSON(append(dst, separator))
	}
	return append(dst, ']')
}

// current is the service, or the one of the App when the transaction that it is bound to has
// ended.
func (s *Service) current() *Service {
	if tx, ok := s.cfg.Store.(*txStore); ok && tx.ended.Load() {
		return s.root
	}
	return s
}
