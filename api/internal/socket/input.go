package socket

import (
	"bufio"
	"sync"
)

// inputSize is the size of a read buffer in bytes. The library uses no buffer of 256 bytes or less.
const inputSize = 4 << 10

// buffersForInput holds the read buffers that no connection uses.
var buffersForInput = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, inputSize) }}

// input is the buffered reader that the library reads a connection with. It has a buffer only
// while the connection has bytes to read, because most connections are silent.
type input struct {
	bufio.Reader               // the library holds its address; it must not be read without a buffer
	full         *bufio.Reader // the reader with the buffer, of which Reader is a copy; nil without a buffer
}

// fill takes a buffer from the pool, unless the input has one.
func (i *input) fill(from *outgoing) {
	if i.full == nil {
		i.full = buffersForInput.Get().(*bufio.Reader)
		i.full.Reset(from)
		i.Reader = *i.full
	}
}

// empty returns the buffer to the pool, unless it holds unread bytes.
func (i *input) empty() {
	if i.full == nil || i.Buffered() > 0 {
		return
	}
	i.full.Reset(nil)
	buffersForInput.Put(i.full)
	i.full, i.Reader = nil, bufio.Reader{}
}
