package record

import (
	"cmp"
	"math"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
)

// rowset is records of one collection as JSON, one after another, and the
// relations that are being expanded from them. The buffer is the beginning of a
// JSON list of them.
type rowset struct {
	shape *shape
	buf   []byte
	rows  []span
	edges []*edge
	err   error // of the Enrich hooks
}

// span is where a record lies in the buffer, and where its "expand" belongs.
type span struct{ start, cut, end int }

// reset makes the rowset an empty one of that shape, with an edge for each node.
func (rs *rowset) reset(sh *shape, nodes []*node) {
	rs.shape, rs.buf, rs.rows, rs.edges, rs.err = sh, append(rs.buf[:0], '['), rs.rows[:0], nil, nil
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

// add encodes the record in the row as the caller sees it.
func (rs *rowset) add(rows store.Rows, c Caller) {
	start := rs.begin()
	email := rs.shape.showsEmail(rows, c)
	var out []byte
	var cut int
	if rs.shape.enrich == nil {
		out, cut = rs.shape.appendRow(rs.buf, rows, email)
	} else {
		out, cut = rs.enrich(rs.shape.record(rows), c, email)
	}
	rs.buf = out
	rs.rows = append(rs.rows, span{start, cut, len(out)})
	for _, e := range rs.edges {
		e.addRow(rows)
	}
}

// begin is where the next record begins.
func (rs *rowset) begin() int {
	if len(rs.rows) > 0 {
		rs.buf = append(rs.buf, ',')
	}
	return len(rs.buf)
}

// enrich is the buffer with the record as the Enrich hooks want it. After an error
// the rowset is of no use.
func (rs *rowset) enrich(r *Record, c Caller, email bool) (out []byte, cut int) {
	out, cut, err := rs.shape.appendEnriched(rs.buf, r, c, email)
	if rs.err == nil {
		rs.err = err
	}
	return out, cut
}

// addRecord encodes a record.
func (rs *rowset) addRecord(r *Record, c Caller, email bool) {
	start := rs.begin()
	var out []byte
	var cut int
	if rs.shape.enrich == nil {
		out, cut = rs.shape.appendRecord(rs.buf, r, email)
	} else {
		out, cut = rs.enrich(r.Clone(), c, email)
	}
	rs.buf = out
	rs.rows = append(rs.rows, span{start, cut, len(out)})
	for _, e := range rs.edges {
		e.addRecord(r)
	}
}

// appendJSON appends record i with its expanded relations, whose own related
// records are in place already.
func (rs *rowset) appendJSON(dst []byte, i int) []byte {
	at := rs.rows[i]
	if len(rs.edges) == 0 {
		return append(dst, rs.buf[at.start:at.end]...)
	}
	dst = append(dst, rs.buf[at.start:at.cut]...)
	dst = append(dst, `,"expand":{`...)
	first := true
	for _, e := range rs.edges {
		related := e.of(i)
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
	return append(dst, rs.buf[at.cut:at.end]...)
}

// size is how many bytes all records take with their expanded relations and a
// comma each; the limit is enough when it is passed.
func (rs *rowset) size(limit int) int {
	n := len(rs.buf) + len(rs.rows)
	for _, e := range rs.edges {
		for i := 0; i < len(rs.rows) && n <= limit; i++ {
			n += len(`,"expand":{"":[]}`) + len(e.node.key)
			for _, row := range e.of(i) {
				at := e.related.rows[row]
				n += at.end - at.start + 1
			}
		}
	}
	return n
}

// settle puts the expanded relations into the records.
func (rs *rowset) settle(size int) {
	if len(rs.edges) == 0 {
		return
	}
	buf := make([]byte, 0, size)
	for i := range rs.rows {
		start := len(buf)
		buf = rs.appendJSON(buf, i)
		rs.rows[i] = span{start: start, end: len(buf)}
	}
	rs.buf, rs.edges = buf, nil
}

// list is all records as a JSON list. If no relation is expanded it is the rowset's
// own memory.
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

// rowset is an empty one, to be given back to recycle.
func (s *Service) rowset() *rowset {
	if rs, ok := s.kept.rowsets.Get().(*rowset); ok {
		return rs
	}
	return &rowset{}
}

// recycle keeps the rowset's memory for the next request; nothing of it may be in
// use.
func (s *Service) recycle(rs *rowset) {
	const keep = 1 << 20 // bytes; what one huge page took is not held forever
	if cap(rs.buf) <= keep {
		rs.edges = nil
		s.kept.rowsets.Put(rs)
	}
}
