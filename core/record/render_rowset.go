// Rowsets: the records of one read as JSON in one buffer, with places for expands.

package record

import (
	"cmp"
	"math"
	"slices"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// rowset holds records of one collection as JSON, one after the other, and the edges of the
// relations that are followed from them. The buffer is the beginning of a JSON list of the records.
type rowset struct {
	projection *projection
	buf        []byte
	rows       []rowRange
	edges      []*edge
	cursors    []string   // of the rows, if the node asks for them
	enrich     enrichFunc // runs the Enrich hooks
	err        error      // of the Enrich hooks
}

// rowRange is the place of a record in the buffer, and of its "expand".
type rowRange struct{ start, expandAt, end int }

// reset empties the rowset and gives it an edge for each node. enrich runs the Enrich hooks, if the
// projection has any.
func (rs *rowset) reset(p *projection, nodes []*treeNode, enrich enrichFunc) {
	rs.projection, rs.buf, rs.rows, rs.edges = p, append(rs.buf[:0], '['), rs.rows[:0], nil
	rs.cursors = nil
	rs.enrich, rs.err = enrich, nil
	for _, n := range nodes {
		rs.edges = append(rs.edges, &edge{node: n, number: map[string]int32{}})
	}
}

// read adds all records of the plan.
func (rs *rowset) read(r store.Reader, plan *query.Plan, c Caller) error {
	rows, err := r.Query(plan.SQL, plan.Args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		rs.add(rows, c)
	}
	return cmp.Or(rs.err, rows.Close())
}

// add encodes the record in the row for the caller.
func (rs *rowset) add(rows store.Rows, c Caller) {
	start := rs.begin()
	email := rs.projection.showsEmail(rows, c)
	var out []byte
	var expandAt int
	if rs.projection.enrich == nil {
		out, expandAt = rs.projection.appendRow(rs.buf, rows, email)
	} else {
		out, expandAt = rs.addEnriched(rs.projection.record(rows), c, email)
	}
	rs.buf = out
	rs.rows = append(rs.rows, rowRange{start, expandAt, len(out)})
	for _, e := range rs.edges {
		e.addRow(rows)
	}
}

// begin returns the position in the buffer at which the next record begins.
func (rs *rowset) begin() int {
	if len(rs.rows) > 0 {
		rs.buf = append(rs.buf, ',')
	}
	return len(rs.buf)
}

// addEnriched runs the Enrich hooks and returns the buffer with the encoded record. After an error
// (rs.err) the contents of the rowset are useless.
func (rs *rowset) addEnriched(r *Record, c Caller, email bool) (out []byte, expandAt int) {
	if rs.err != nil {
		return rs.buf, len(rs.buf)
	}
	out, expandAt, rs.err = rs.projection.appendEnriched(rs.buf, r, c, email, rs.enrich)
	return out, expandAt
}

// addRecord encodes a record.
func (rs *rowset) addRecord(r *Record, c Caller, email bool) {
	start := rs.begin()
	var out []byte
	var expandAt int
	if rs.projection.enrich == nil {
		out, expandAt = rs.projection.appendRecord(rs.buf, r, email)
	} else {
		// Handlers may change the record, but r belongs to the caller of addRecord.
		out, expandAt = rs.addEnriched(r.Clone(), c, email)
	}
	rs.buf = out
	rs.rows = append(rs.rows, rowRange{start, expandAt, len(out)})
	for _, e := range rs.edges {
		e.addRecord(r)
	}
}

// appendJSON appends record i with its expanded relations. inlineExpands must have run on the
// related records.
func (rs *rowset) appendJSON(dst []byte, i int) []byte {
	at := rs.rows[i]
	if len(rs.edges) == 0 {
		return append(dst, rs.buf[at.start:at.end]...)
	}
	dst = append(dst, rs.buf[at.start:at.expandAt]...)
	dst = append(dst, `,"expand":{`...)
	first := true
	for _, e := range rs.edges {
		related := e.refsOf(i)
		if len(related) == 0 {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = e.appendJSON(dst, related)
	}
	dst = append(dst, '}')
	dst = rs.appendTruncated(dst, i)
	return append(dst, rs.buf[at.expandAt:at.end]...)
}

// truncatedKey is the key of the list of relations of which a record shows only the first related
// records.
const truncatedKey = "expandTruncated"

// appendTruncated appends the keys of the relations that were cut for record i, if there are any.
// If the record has a field of the same name, the field is kept.
func (rs *rowset) appendTruncated(dst []byte, i int) []byte {
	start := len(dst)
	for _, e := range rs.edges {
		if !e.truncated(i) {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		} else if slices.Contains(rs.projection.keys, truncatedKey) {
			return dst
		} else {
			dst = append(dst, `,"`+truncatedKey+`":[`...)
		}
		dst = schema.AppendString(dst, e.node.key)
	}
	if len(dst) > start {
		dst = append(dst, ']')
	}
	return dst
}

// size returns the number of bytes of all records with their expanded relations, and a comma for
// each record. It stops counting once the limit is exceeded.
func (rs *rowset) size(limit int) int {
	n := len(rs.buf) + len(rs.rows)
	for _, e := range rs.edges {
		for i := 0; i < len(rs.rows) && n <= limit; i++ {
			n += len(`,"expand":{"":[]}`) + len(e.node.key)
			if e.truncated(i) {
				n += len(`,"":[""]`) + len(truncatedKey) + len(e.node.key)
			}
			for _, row := range e.refsOf(i) {
				at := e.related.rows[row]
				n += at.end - at.start + 1
			}
		}
	}
	return n
}

// inlineExpands copies the expanded relations into the records. size is the result of size.
func (rs *rowset) inlineExpands(size int) {
	if len(rs.edges) == 0 {
		return
	}
	buf := make([]byte, 0, size)
	for i := range rs.rows {
		start := len(buf)
		buf = rs.appendJSON(buf, i)
		rs.rows[i] = rowRange{start: start, end: len(buf)}
	}
	rs.buf, rs.edges = buf, nil
}

// list returns all records as a JSON list. If no relation is expanded, the list is the rowset's own
// memory.
func (rs *rowset) list() []byte {
	if len(rs.edges) == 0 {
		rs.buf = append(rs.buf, ']')
		return rs.buf
	}
	out := append(make([]byte, 0, rs.size(math.MaxInt)+2), '[')
	for i := range rs.rows {
		if i > 0 {
			out = append(out, ',')
		}
		out = rs.appendJSON(out, i)
	}
	return append(out, ']')
}

// newRowset returns a rowset, to be passed to recycle after use.
func (s *Service) newRowset() *rowset {
	if rs, ok := s.caches.rowsets.Get().(*rowset); ok {
		return rs
	}
	return &rowset{}
}

// recycle keeps the memory of the rowset for other requests. The rowset must not be used
// afterwards.
func (s *Service) recycle(rs *rowset) {
	const maxKept = 1 << 20 // bytes; the memory of a larger page is freed
	if cap(rs.buf) <= maxKept {
		rs.edges, rs.enrich = nil, nil
		s.caches.rowsets.Put(rs)
	}
}
