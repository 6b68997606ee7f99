package wire

import (
	"bytes"
	"io"
)

// pieceSize is the length of the pieces of a text in memory.
const pieceSize = 64 << 10

// pieces is a text in memory, cut into pieces of pieceSize; the last piece may be shorter.
type pieces [][]byte

// readPieces reads up to most bytes. The error is io.EOF if there are fewer.
func readPieces(in io.Reader, most int64) (p pieces, n int64, err error) {
	for n < most && err == nil {
		var piece bytes.Buffer
		if n > 0 { // the first piece grows as needed, since most texts are shorter
			piece.Grow(pieceSize + bytes.MinRead)
		}
		var length int64
		length, err = io.CopyN(&piece, in, min(pieceSize, most-n))
		p, n = append(p, piece.Bytes()), n+length
	}
	return p, n, err
}

// ReadAt implements io.ReaderAt.
func (p pieces) ReadAt(to []byte, at int64) (n int, err error) {
	for n < len(to) {
		i, start := int(at/pieceSize), int(at%pieceSize)
		if i >= len(p) || start >= len(p[i]) {
			return n, io.EOF
		}
		length := copy(to[n:], p[i][start:])
		n, at = n+length, at+int64(length)
	}
	return n, nil
}
