//go:build unix

package trywrite

import (
	"sync"
	"syscall"
)

// write is the state of a call of Write.
type write struct {
	system func(fd uintptr) // the method call, made once so that Write allocates nothing

	p   []byte
	n   int
	err error
}

// writes holds the writes that are not in use.
var writes = sync.Pool{New: func() any {
	w := &write{}
	w.system = w.call
	return w
}}

// Write writes as many bytes of p as the system accepts without waiting, possibly none. It returns
// the number of these bytes. The error is that of the connection, or a syscall.Errno.
func Write(conn syscall.RawConn, p []byte) (int, error) {
	w := writes.Get().(*write)
	defer writes.Put(w)
	w.p, w.n, w.err = p, 0, nil
	err := conn.Control(w.system) // RawConn.Write takes longer: it prepares to wait
	if w.p = nil; err == nil {
		err = w.err
	}
	return w.n, err
}

// call writes p until the system accepts no more bytes.
func (w *write) call(fd uintptr) {
	for w.n < len(w.p) {
		n, errno := send(fd, w.p[w.n:])
		if errno == 0 {
			w.n += n
		}
		switch errno {
		case 0, syscall.EINTR:
		case syscall.EAGAIN:
			return
		default:
			w.err = errno
			return
		}
	}
}
