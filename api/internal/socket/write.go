package socket

import (
	"encoding/binary"

	"github.com/gorilla/websocket"

	"github.com/loambase/loam/realtime"
)

// minCompressed is the length in bytes from which a message is compressed.
const minCompressed = 1 << 10

// headerSize is the maximum number of bytes before the payload of a frame of the server (RFC 6455
// §5.2).
const headerSize = 10

// send implements sender. Messages that are not compressed are framed here: the library would copy
// them once more, and use memory for each connection.
func (c *Conn) send(m *realtime.Message, buffer []byte) ([]byte, error) {
	var header [headerSize]byte
	buffer = c.session.Append(append(buffer, header[:]...), m)
	payload := buffer[headerSize:]
	switch {
	case len(payload) == 0:
		return buffer, nil
	case c.closing.Load(): // no message follows a close frame
		return buffer, websocket.ErrCloseSent
	case c.compress && len(payload) >= minCompressed:
		return buffer, c.ws.WriteMessage(websocket.TextMessage, payload)
	}
	_, err := c.out.Write(buffer[frame(buffer):])
	return buffer, err
}

// frame writes the header of a text message into the bytes before its payload, and returns the
// offset of the header.
func frame(buffer []byte) (begin int) {
	const final, text = 0x80, 0x1
	size := len(buffer) - headerSize
	switch {
	case size < 126:
		begin = headerSize - 2
		buffer[begin+1] = byte(size)
	case size < 1<<16:
		begin = headerSize - 4
		buffer[begin+1] = 126
		binary.BigEndian.PutUint16(buffer[begin+2:], uint16(size))
	default:
		buffer[1] = 127
		binary.BigEndian.PutUint64(buffer[2:], uint64(size))
	}
	buffer[begin] = final | text
	return begin
}

// slow implements sender.
func (c *Conn) slow() { c.Close(c.protocol.TooSlow, "The client is too slow.") }

// lost implements sender.
func (c *Conn) lost() { c.Close(websocket.CloseGoingAway, "Changes were missed.") }
