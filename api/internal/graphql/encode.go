// Encoding: the JSON of an answer, written from the branches that were read.

package graphql

import (
	"slices"
	"strconv"

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/core/record"
)

// branch is the records read at a level. The JSON of a record is cut into values when the record is
// first written.
type branch struct {
	level    *level
	read     *record.Branch
	found    []bool   // by record: its values are set
	values   [][]byte // by record and slot; nil for a value that the caller may not see
	members  []member // keys of the records cut so far, in their order
	children []*branch
}

func newBranch(l *level, read *record.Branch, memory *memory) *branch {
	b := &branch{level: l, read: read, found: make([]bool, len(read.Records)), values: memory.take(len(read.Records) * len(l.slots))}
	if read.Err != nil {
		return b
	}
	for i, child := range l.children {
		b.children = append(b.children, newBranch(child, read.Children[i], memory))
	}
	return b
}

// of returns the values of record i, by slot.
func (b *branch) of(i int) [][]byte {
	n := len(b.level.slots)
	values := b.values[i*n : (i+1)*n : (i+1)*n]
	if !b.found[i] {
		b.found[i] = true
		b.members = members(values, b.read.Records[i], b.level.slots, b.members)
	}
	return values
}

// size returns the length of the JSON of all records of the branch and of the branches below it.
func (b *branch) size() (bytes int) {
	for _, r := range b.read.Records {
		bytes += len(r)
	}
	for _, child := range b.children {
		bytes += child.size()
	}
	return bytes
}

// encoder writes an answer. A value that does not fit its type becomes null and an error.
type encoder struct {
	out   []byte
	errs  []*front.Error
	path  []any
	facts *factsOf // nil if the operation selects neither size nor type of a file
}

// opening is the beginning of a result without errors.
const opening = `{"data":`

// encode writes opening and the data of an operation into the memory. facts may be nil if the
// operation selects neither the size nor the type of a file.
func encode(p *plan, read []*record.Branch, facts *factsOf, memory *memory) ([]byte, []*front.Error) {
	branches, size := map[*level]*branch{}, 0
	for i, l := range p.roots {
		branches[l] = newBranch(l, read[i], memory)
		size += branches[l].size()
	}
	e := &encoder{out: append(slices.Grow(memory.out[:0], size+size/8+128), opening...), facts: facts} // most often enough
	e.out = append(e.out, '{')
	for i, f := range p.fields {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.key(f.key)
		e.within(f.key, func() { e.root(f, branches) })
	}
	e.out = append(e.out, '}')
	memory.out = e.out
	return e.out, e.errs
}

// within calls fn with a key or position at the end of the path.
func (e *encoder) within(key any, fn func()) {
	e.path = append(e.path, key)
	fn()
	e.path = e.path[:len(e.path)-1]
}

func (e *encoder) key(name string) {
	e.out = append(strconv.AppendQuote(e.out, name), ':') // a name has no escapes
}

func (e *encoder) null() { e.out = append(e.out, "null"...) }

// unfit writes null for a stored value that does not fit the type of its field.
func (e *encoder) unfit(message string) {
	e.null()
	e.note(&front.Error{Code: front.Internal, Message: message})
}

// note adds an error with the current path.
func (e *encoder) note(err *front.Error) {
	at := *err
	at.Path = append([]any(nil), e.path...)
	e.errs = append(e.errs, &at)
}

func (e *encoder) root(f rootField, branches map[*level]*branch) {
	switch {
	case f.auth != nil:
		e.auth(f, branches)
	case f.text != nil:
		e.out = append(e.out, f.text...)
	case f.root != nil && branches[f.root] != nil && branches[f.root].read.Err != nil:
		e.null()
	case f.groups:
		e.groups(f.out, branches[f.root].read.Groups)
	case f.result != nil:
		e.result(f, branches[f.root])
	case f.each != nil:
		e.array(len(f.each), func(i int) { e.root(f.each[i], branches) })
	case f.list != nil:
		e.connection(f.list, branches[f.root], 0)
	default:
		e.single(f.out, branches[f.root], 0)
	}
}

// array writes a list, with the positions of its items in paths.
func (e *encoder) array(n int, item func(i int)) {
	e.out = append(e.out, '[')
	for i := range n {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.within(i, func() { item(i) })
	}
	e.out = append(e.out, ']')
}

// object writes an object of the outputs. value writes each output whose text is not constant.
func (e *encoder) object(outputs []output, value func(o *output)) { e.objectOf(outputs, nil, value) }

// objectOf writes an object as object does, but takes the values of outputs with copied from
// values, by slot.
func (e *encoder) objectOf(outputs []output, values [][]byte, value func(o *output)) {
	e.out = append(e.out, '{')
	for i := range outputs {
		o := &outputs[i]
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.out = append(e.out, o.key...)
		switch {
		case o.text != nil:
			e.out = append(e.out, o.text...)
		case o.copied:
			e.copied(o.field, values[o.slot])
		default:
			e.within(o.at, func() { value(o) })
		}
	}
	e.out = append(e.out, '}')
}

// single writes the only record of a list, null if it is empty.
func (e *encoder) single(outputs []output, b *branch, list int) {
	if items := b.read.Lists[list].Items; len(items) > 0 {
		e.record(outputs, b, items[0].Record)
	} else {
		e.null()
	}
}

// record writes a record.
func (e *encoder) record(outputs []output, b *branch, i int) {
	values := b.of(i)
	e.objectOf(outputs, values, func(o *output) { e.field(o, b, i, values) })
}

// connection writes the list of a parent.
func (e *encoder) connection(c *connection, b *branch, parent int) {
	list := &b.read.Lists[parent]
	items := list.Items[min(c.skip, len(list.Items)):]
	more := list.More
	if len(items) > c.take {
		items, more = items[:c.take], true
	}
	e.object(c.outputs, func(o *output) {
		switch o.name {
		case "items":
			e.array(len(items), func(i int) { e.record(o.fields, b, items[i].Record) })
		case "edges":
			e.array(len(items), func(i int) { e.edge(o.fields, b, items[i]) })
		case "pageInfo":
			e.pageInfo(o.fields, c, items, more)
		case "page":
			e.number(c.page)
		case "perPage":
			e.number(c.take)
		case "totalItems":
			e.number(list.Total)
		case "totalPages":
			e.number((list.Total + max(c.take, 1) - 1) / max(c.take, 1))
		}
	})
}

func (e *encoder) number(n int) { e.out = strconv.AppendInt(e.out, int64(n), 10) }

func (e *encoder) edge(outputs []output, b *branch, item record.Item) {
	e.object(outputs, func(o *output) {
		if o.name == "cursor" {
			e.out = strconv.AppendQuote(e.out, item.Cursor)
		} else {
			e.record(o.fields, b, item.Record)
		}
	})
}

// pageInfo writes whether there are further pages: in the direction of the read, whether records
// follow; in the other direction, whether the page begins at a cursor or a later page.
func (e *encoder) pageInfo(outputs []output, c *connection, items []record.Item, more bool) {
	next, previous := more, c.after || c.page > 1
	if c.backward {
		next, previous = c.before, more
	}
	e.object(outputs, func(o *output) {
		switch o.name {
		case "hasNextPage":
			e.out = strconv.AppendBool(e.out, next)
		case "hasPreviousPage":
			e.out = strconv.AppendBool(e.out, previous)
		default:
			if len(items) == 0 {
				e.null()
				return
			}
			item := items[0]
			if o.name == "endCursor" {
				item = items[len(items)-1]
			}
			e.out = strconv.AppendQuote(e.out, item.Cursor)
		}
	})
}
