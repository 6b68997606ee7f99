package wire

import "sync"

// Buffer is a reusable slice of bytes. Get a Buffer from a Buffers, append to B, and Put the Buffer
// back when B is no longer used.
type Buffer struct{ B []byte }

// Buffers is a pool of buffers. The zero value is ready for use. It is safe for concurrent use.
type Buffers struct{ pool sync.Pool }

// maxPooled is the maximum capacity in bytes of a pooled buffer, so that the memory of a huge
// answer is released.
const maxPooled = 1 << 20

// Get returns an empty buffer.
func (p *Buffers) Get() *Buffer {
	if b, ok := p.pool.Get().(*Buffer); ok {
		return b
	}
	return &Buffer{B: make([]byte, 0, 4096)}
}

// Put returns the buffer to the pool.
func (p *Buffers) Put(b *Buffer) {
	if cap(b.B) > maxPooled {
		return
	}
	b.B = b.B[:0]
	p.pool.Put(b)
}
