package socket

import (
	"bufio"
	"sync"
)

// inputSize is the bytes of a buffer for reading. The library takes none of 256 and less.
const inputSize = 4 << 10

// buffersForInput are those that no connection reads by.
var buffersForInput = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, inputSize) }}

// input is what the library reads a connection by. It has a buffer only while there is something
// to read: silent connections are many.
type input struct {
	bufio.Reader               // the library holds its address; without a buffer it must not be read
	full         *bufio.Reader // it is a copy of this one, which has the buffer; nil: it has none
}

// fill gives it a buffer, if it has none.
func (i *input) fill(from *outgoing) {
	if i.full == nil {
		i.full = buffersForInput.Get().(*bufio.Reader)
		i.full.Reset(from)
		i.Reader = *i.full
	}
}

// empty takes the buffer away, unless something is in it.
func (i *input) empty() {
	if i.full == nil || i.Buffered() > 0 {
		return
	}
	i.full.Reset(nil)
	buffersForInput.Put(i.full)
	i.full, i.Reader = nil, bufio.Reader{}
}
