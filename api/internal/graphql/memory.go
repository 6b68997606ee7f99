// Memory for answers, reused from one answer to the next.

package graphql

import "sync"

// memory holds the text of one answer and, during encoding, the values of its records.
type memory struct {
	out    []byte
	values [][]byte
	used   int // length of the taken part of values
}

// take returns a list of n values, all nil.
func (m *memory) take(n int) [][]byte {
	if len(m.values)-m.used < n {
		m.values, m.used = make([][]byte, max(n, 2*len(m.values))), 0 // lists taken earlier stay valid
	}
	m.used += n
	return m.values[m.used-n : m.used : m.used]
}

// memories is a pool of unused memories. The zero value is an empty pool.
type memories struct{ pool sync.Pool }

func (p *memories) get() *memory {
	if m, ok := p.pool.Get().(*memory); ok {
		return m
	}
	return &memory{}
}

// A memory above one of these sizes is left to the garbage collector, so that a large answer does
// not occupy memory for good.
const (
	keptOut    = 256 << 10 // capacity of memory.out, in bytes
	keptValues = 16 << 10  // length of memory.values
)

// put returns a memory to the pool. The caller must not use the memory, or slices of it,
// afterwards.
func (p *memories) put(m *memory) {
	if cap(m.out) > keptOut || len(m.values) > keptValues {
		return
	}
	clear(m.values[:m.used])
	m.used = 0
	p.pool.Put(m)
}
