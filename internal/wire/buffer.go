package wire

import "sync"

// Buffer is a slice of bytes to be used again. Take one from a Buffers, append to
// B, and give it back when nothing refers to B any more.
type Buffer struct{ B []byte }

// Buffers lends buffers. The zero value is ready; it is safe for concurrent use.
type Buffers struct{ pool sync.Pool }

// maxPooled is the size above which a buffer is not kept: one huge answer must
// not hold its memory for ever.
const maxPooled = 1 << 20

// Get is an empty buffer.
func (p *Buffers) Get() *Buffer {
	if b, ok := p.pool.Get().(*Buffer); ok {
		return b
	}
	return &Buffer{B: make([]byte, 0, 4096)}
}

// Put takes the buffer back.
func (p *Buffers) Put(b *Buffer) {
	if cap(b.B) > maxPooled {
		return
	}
	b.B = b.B[:0]
	p.pool.Put(b)
}
