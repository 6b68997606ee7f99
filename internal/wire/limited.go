package wire

import (
	"errors"
	"io"
)

var errTooLarge = errors.New("wire: the body is over its limit")

// limited is a reader that reads at most left bytes and fails if there are more.
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
		p = p[:l.left+1] // one byte more shows whether the text ends at the limit
	}
	n, err := l.r.Read(p)
	if int64(n) > l.left {
		n, l.left, l.exceeded = int(l.left), 0, true
		return n, errTooLarge
	}
	l.left -= int64(n)
	return n, err
}

// trusted is the number of bytes that are allocated because of an announced length.
const trusted = 64 << 10

// readAll reads to the end of r; length is the announced length, or negative.
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
