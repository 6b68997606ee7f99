// Memory that answers are written in, which is used again.

package graphql

import "sync"

// memory holds the text of one answer and, while it is written, the values of the records in it.
type memory struct {
	out    []byte
	values [][]byte
	used   int // how many of values are taken
}

// take returns a list of n values, all nil.
func (m *memory) take(n int) [][]byte {
	if len(m.values)-m.used < n {
		m.values, m.used = make([][]byte, max(n, 2*len(m.values))), 0 // those that were taken stay where they are
	}
	m.used += n
	return m.values[m.used-n : m.used : m.used]
}

// memories is a pool of memories that no answer uses. The zero value is empty.
type memories struct{ pool sync.Pool }

func (p *memories) get() *memory {
	if m, ok := p.pool.Get().(*memory); ok {
		return m
	}
	return &memory{}
}

// The sizes above which a memory is left to the garbage collector, so that one large answer does not
// occupy it for good.
const (
	keptOut    = 256 << 10 // bytes
	keptValues = 16 << 10
)

// put takes a memory back. Nothing may refer to it afterwards.
func (p *memories) put(m *memory) {
	if cap(m.out) > keptOut || len(m.values) > keptValues {
		return
	}
	clear(m.values[:m.used])
	m.used = 0
	p.pool.Put(m)
}
