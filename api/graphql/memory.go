// Memory that answers are written in, which is used again.

package graphql

import "sync"

// memory is what the encoder of an answer needs.
type memory struct {
	out    []byte
	values [][]byte
	used   int // of values
}

// take returns a list of so many values that are nil.
func (m *memory) take(n int) [][]byte {
	if len(m.values)-m.used < n {
		m.values, m.used = make([][]byte, max(n, 2*len(m.values))), 0 // those that were taken stay where they are
	}
	m.used += n
	return m.values[m.used-n : m.used : m.used]
}

// memories are those that nobody uses. The zero value has none.
type memories struct{ pool sync.Pool }

func (p *memories) get() *memory {
	if m, ok := p.pool.Get().(*memory); ok {
		return m
	}
	return &memory{}
}

// What is kept of a memory at most: an answer larger than most should not occupy it for good.
const (
	keptOut    = 256 << 10 // bytes
	keptValues = 16 << 10
)

// put takes a memory back, to which nothing may refer any more.
func (p *memories) put(m *memory) {
	if cap(m.out) > keptOut || len(m.values) > keptValues {
		return
	}
	clear(m.values[:m.used])
	m.used = 0
	p.pool.Put(m)
}
