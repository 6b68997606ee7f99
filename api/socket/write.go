package socket

import (
	"github.com/gorilla/websocket"

	"github.com/loambase/loam/realtime"
)

// minCompressed is the length in bytes from which a message is compressed.
const minCompressed = 1 << 10

// send implements sender.
func (c *Conn) send(m *realtime.Message, frame []byte) ([]byte, error) {
	if frame = c.session.Append(frame, m); len(frame) == 0 {
		return frame, nil
	}
	if c.compress {
		c.ws.EnableWriteCompression(len(frame) >= minCompressed)
	}
	return frame, c.ws.WriteMessage(websocket.TextMessage, frame)
}

// slow implements sender.
func (c *Conn) slow() { c.Close(c.protocol.TooSlow, "The client is too slow.") }

// lost implements sender.
func (c *Conn) lost() { c.Close(websocket.CloseGoingAway, "Changes were missed.") }
