// Edges of a tree: ids collected from parents, children assigned to them.

package record

import (
	"slices"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// edge is a relation that is followed from the records of a rowset. It collects ids while these
// records are encoded; then the related records are loaded.
type edge struct {
	node   *treeNode
	number map[string]int32 // by id, each once: of related records or, if back, of the rowset's
	ids    []string         // by number

	// refs[ends[i-1]:ends[i]] belong to record i of the rowset. Before related is loaded they are
	// the numbers of the ids that the record refers to or, if back, of its own id. Afterwards they
	// are positions in related.
	refs    []int32
	ends    []int32
	more    []bool // the limit left out children of record i; nil if there is no limit
	totals  []int  // the number of all children of record i; nil if no total is wanted
	related *rowset
}

// idNumber returns the number of the id; a new id gets the next one.
func (e *edge) idNumber(id []byte) int32 {
	if n, ok := e.number[string(id)]; ok {
		return n
	}
	n, s := int32(len(e.ids)), string(id)
	e.number[s], e.ids = n, append(e.ids, s)
	return n
}

// addRow adds the ids in the relation field of the row or, for a back relation, the id of the row.
func (e *edge) addRow(rows store.Rows) {
	if e.node.back {
		e.refs = append(e.refs, e.idNumber(rows.Bytes(0)))
	} else {
		e.eachID(rows, func(id []byte) { e.refs = append(e.refs, e.idNumber(id)) })
	}
	e.ends = append(e.ends, int32(len(e.refs)))
}

// addRecord adds the ids of a record, as addRow does.
func (e *edge) addRecord(r *Record) {
	ids := []string{r.ID()}
	if !e.node.back {
		ids = idsOf(r.values[e.node.index])
	}
	for _, id := range ids {
		e.refs = append(e.refs, e.idNumber([]byte(id)))
	}
	e.ends = append(e.ends, int32(len(e.refs)))
}

// eachID calls fn with the ids in the relation field of the row, in their order.
func (e *edge) eachID(rows store.Rows, fn func(id []byte)) {
	b := rows.Bytes(e.node.col)
	// A value in its usual form is split into ids without a copy; other values are decoded.
	if e.node.field.Multiple() {
		if plainList(b) {
			for rest := b[1:]; len(rest) > 1; {
				item, after, _ := cutText(rest)
				fn(item)
				rest = after[1:]
			}
			return
		}
	} else if plainChoice(b) {
		if len(b) > 0 {
			fn(b)
		}
		return
	}
	for _, id := range idsOf(e.node.field.Load(rows, e.node.col)) {
		fn([]byte(id))
	}
}

// idsOf returns the ids in the value of a relation field.
func idsOf(v any) []string {
	if list, ok := v.([]string); ok {
		return list
	}
	if id, _ := v.(string); id != "" {
		return []string{id}
	}
	return nil
}

// refsOf returns the part of refs that belongs to record i.
func (e *edge) refsOf(i int) []int32 {
	start := int32(0)
	if i > 0 {
		start = e.ends[i-1]
	}
	return e.refs[start:e.ends[i]]
}

// truncated reports whether record i shows only the first of its related records.
func (e *edge) truncated(i int) bool { return i < len(e.more) && e.more[i] }

// appendJSON appends the key of the relation and the related records.
func (e *edge) appendJSON(dst []byte, related []int32) []byte {
	dst = schema.AppendString(dst, e.node.key)
	dst = append(dst, ':')
	if e.node.single {
		return e.related.appendJSON(dst, int(related[0]))
	}
	dst = append(dst, '[')
	for i, row := range related {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.related.appendJSON(dst, int(row))
	}
	return append(dst, ']')
}

// resolveForward replaces the numbers in refs by positions. found maps a number to the position
// plus one, and to zero if the id was not found.
func (e *edge) resolveForward(found []int32) {
	start, kept := int32(0), int32(0)
	for i, end := range e.ends {
		for _, n := range e.refs[start:end] {
			if at := found[n]; at > 0 {
				e.refs[kept] = at - 1
				kept++
			}
		}
		start, e.ends[i] = end, kept
	}
}

// cutForward sorts and limits the list of each record by the options of the node.
func (e *edge) cutForward() {
	n := e.node
	e.more = make([]bool, len(e.ends))
	start, kept := int32(0), int32(0)
	for i, end := range e.ends {
		list := e.refs[start:end]
		if n.sort != "" {
			slices.Sort(list) // positions are in the order of the rows, which is reversed if backward
		} else if n.backward {
			slices.Reverse(list)
		}
		if n.limit > 0 && len(list) > n.limit {
			list, e.more[i] = list[:n.limit], true
		}
		if n.backward {
			slices.Reverse(list)
		}
		start = end
		kept += int32(copy(e.refs[kept:], list))
		e.ends[i] = kept
	}
}
