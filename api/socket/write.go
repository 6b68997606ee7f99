package socket

import (
	"errors"

	"github.com/gorilla/websocket"

	"github.com/loambase/loam/realtime"
)

// minCompressed is the length in bytes from which a message is compressed.
const minCompressed = 1 << 10

// wake has a goroutine write what waits, unless one is at it.
func (c *Conn) wake() {
	if c.writing.CompareAndSwap(false, true) {
		c.writers.Go(c.write)
	}
}

// write writes what waits for the client until nothing does.
func (c *Conn) write() {
	var frame []byte
	for {
		list, err := c.Client.Take()
		switch {
		case errors.Is(err, realtime.ErrSlow):
			c.Close(c.protocol.TooSlow, "The client is too slow.")
			return
		case err != nil:
			c.Close(websocket.CloseGoingAway, "Changes were missed.")
			return
		case len(list) == 0:
			c.writing.Store(false)
			// What has come in between has not started another goroutine.
			if !c.Client.Waiting() || !c.writing.CompareAndSwap(false, true) {
				return
			}
			continue
		}
		c.out.cork()
		for i := range list {
			if frame = c.session.Append(frame[:0], &list[i]); len(frame) == 0 {
				continue
			}
			if c.compress {
				c.ws.EnableWriteCompression(len(frame) >= minCompressed)
			}
			if c.ws.WriteMessage(websocket.TextMessage, frame) != nil {
				break // uncork fails too
			}
		}
		if c.out.uncork() != nil {
			c.Client.End()
			_ = c.ws.Close() // the client has gone, or takes nothing; the reader ends
			return
		}
	}
}
