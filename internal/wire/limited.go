package wire

import (
	"errors"
	"io"
)

var errTooLarge = errors.New("wire: the body is over its limit")

// limited reads at most left bytes and fails beyond them.
type limited struct {
	r        io.Reader
	left     int64
	exceeded bool
}

func (l *limited) Read(p []byte) (int, error) {
	if l.exceeded {
		return 0, errTooLarge
	}
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1] // one byte more tells an end at the limit from an end beyond it
	}
	n, err := l.r.Read(p)
	if int64(n) > l.left {
		n, l.left, l.exceeded = int(l.left), 0, true
		return n, errTooLarge
	}
	l.left -= int64(n)
	return n, err
}

// trusted is how much memory is made for a body because its length was announced.
const trusted = 64 << 10

// readAll reads to the end; length is the announced one, or negative.
func readAll(r io.Reader, length int64) ([]byte, error) {
	text := make([]byte, 0, max(min(length, trusted), 511)+1)
	for {
		n, err := r.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
		if err == io.EOF {
			return text, nil
		}
		if err != nil {
			return nil, err
		}
		if len(text) == cap(text) {
			text = append(text, 0)[:len(text)]
		}
	}
}
