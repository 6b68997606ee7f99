// Related records as values: Service.Expand, Record.Related and Record.RelatedOne.

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
	maxBack    = 1000    // records that refer to one record by one relation
	maxRelated = 100_000 // related records that one call reads
)

// relatedRecords are the related records of one record by one relation.
type relatedRecords struct {
	key    string // the relation, as the caller wrote it
	single bool   // the relation leads to at most one record
	list   []*Record
}

// Expand reads the related records of all records in one transaction, and stores them in the
// records, for Related and RelatedOne. The related records of an earlier call are replaced. paths
// has the syntax of the expand parameter of the API: relation fields, and collection_via_field
// for the records that refer to the record, separated by commas; a dot follows the relations of
// the related records: "author,comments_via_post.author".
//
// A caller who is no superuser gets the related records that their view rule shows. References to
// records that do not exist are skipped, and of the records that refer to one record only the
// first 1,000 are read. The records must be of one collection. Faults: Invalid for records of
// several collections, for a relation that the collection does not have, and for more than 100,000
// related records.
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

// relations are the resolved relations of an Expand.
type relations struct {
	tree  *treeRead
	nodes []*treeNode
	count int // related records read so far
}

// relations resolves the paths of an Expand. An unknown relation is a fault here, while the expand
// parameter of a request ignores unknown relations.
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

// read reads the related records and stores them in the records.
func (x *relations) read(r store.Reader, records []*Record) error {
	if len(x.nodes) == 0 || len(records) == 0 {
		return nil
	}
	x.tree.begin(r)
	x.count = 0
	return x.follow(x.nodes, records)
}

// follow reads the related records of each node, with one query for all records.
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

// relatedSet is the related records that one node has read.
type relatedSet struct {
	all  []*Record
	byID map[string]*Record   // of a relation field: by the ids of the related records
	back map[string][]*Record // of a back relation: by the ids of the records referred to
}

// of returns the related records of r: for a relation field in the order of the field, for a back
// relation in the order of insertion.
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

// load reads the related records of a node with one query.
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

// each runs a plan and calls fn with each record.
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

// Related returns the related records that Expand has read for the relation: for a relation field
// in the order of the field, for a back relation in the order of insertion. The list is empty if
// Expand has read no record for the relation. The list must not be changed. Its records are shared
// with other records that are related to them.
func (r *Record) Related(relation string) []*Record {
	for _, known := range r.related {
		if known.key == relation {
			return known.list
		}
	}
	return nil
}

// RelatedOne returns the first record of Related, nil if Related is empty.
func (r *Record) RelatedOne(relation string) *Record {
	if list := r.Related(relation); len(list) > 0 {
		return list[0]
	}
	return nil
}

// relationPaths returns the paths of the related records, as Expand takes them.
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

// appendJSON appends the relation as a member of the JSON object "expand", after a comma unless it
// is the first member. It appends nothing for a relation without records.
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

// current returns s or, if s is bound to a transaction that has ended, the service of the App.
func (s *Service) current() *Service {
	if tx, ok := s.cfg.Store.(*txStore); ok && tx.ended.Load() {
		return s.root
	}
	return s
}
