package socket

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/loambase/loam/api/request"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/realtime"
)

// The life of a connection (docs/wire/websocket.md §1).
const (
	pingEvery = 25 * time.Second
	pongTime  = 60 * time.Second // without a pong the client is gone
	closeTime = time.Second      // for the client to answer that the connection is closed
)

// closeTooMany closes the connection of a client that sends too much.
const closeTooMany = 4429

// ping is the frame of a ping without data (RFC 6455 §5.5.2).
var ping = []byte{0x89, 0}

// Conn is one WebSocket. A goroutine reads it, and handles one message: another one goes on then,
// whose stack is small again.
type Conn struct {
	Client *realtime.Client // as the hub knows it
	IP     string           // of the other end
	Named  bool             // the client has asked for the protocol by its name
	Token  string           // by which the request was recognised; "" if none was sent

	line
	server   *Server
	protocol *Protocol
	session  Session
	ws       *websocket.Conn
	in       input // by which ws reads
	compress bool

	rate    rate        // of the client's messages
	closing atomic.Bool // a close frame was sent

	pings *time.Timer
	end   context.CancelFunc // of what is handled
	held  *request.Held
}

// run serves the connection until it ends.
func (c *Conn) run(ctx context.Context, open func(*Conn) Session) {
	c.keepAlive()
	c.session = open(c)
	c.open()
	c.read(ctx)
}

// read handles the next message. It waits for it on a stack that is small: the library needs more.
func (c *Conn) read(ctx context.Context) {
	if c.out.raw != nil && c.in.Buffered() == 0 {
		c.in.empty()
		_ = c.out.raw.WaitRead() // next fails too
	}
	c.in.fill(c.out)
	if c.next(ctx) {
		go c.read(ctx)
		return
	}
	c.end()
	c.session.Close()
	c.pings.Stop()
	c.close()
	c.server.leave(c.IP)
	c.held.End()
}

// keepAlive sends pings, and has reading fail without pongs.
func (c *Conn) keepAlive() {
	_ = c.extend() // reading fails too
	c.ws.SetPongHandler(func(string) error { return c.extend() })
	c.ws.SetCloseHandler(func(code int, _ string) error {
		if c.closing.CompareAndSwap(false, true) {
			_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(stallTime))
		}
		return nil
	})
	c.pings = time.AfterFunc(time.Hour, func() {
		if c.closing.Load() { // nothing follows a close frame
			return
		}
		if _, err := c.out.Write(ping); err == nil {
			c.pings.Reset(pingEvery)
		}
	})
	// Not all at once: clients come back together after the server has started.
	c.pings.Reset(rand.N(pingEvery))
}

// next reads and handles one message. It returns false when the connection has ended.
func (c *Conn) next(ctx context.Context) bool {
	kind, r, err := c.ws.NextReader()
	switch {
	case err != nil:
		return false
	case c.closing.Load(): // what comes now is for nobody
		return true
	case kind == websocket.BinaryMessage:
		c.Close(websocket.CloseUnsupportedData, "Only text is understood.")
		return true
	}
	current := c.server.app.Settings().Current()
	most := c.protocol.MaxMessage(current)
	// The limit is that of the inflated message; the library would count what comes in.
	text, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	switch {
	case err != nil:
		return c.failed(err)
	case len(text) > most:
		c.Close(websocket.CloseMessageTooBig, "The message is too large.")
	case !c.admit(ctx, current.Realtime):
	default:
		c.session.Handle(ctx, text)
		_ = c.extend() // pongs were not read meanwhile
	}
	return true
}

// admit counts a message against the rate that clients may send at. It returns false if the
// message is not to be handled.
func (c *Conn) admit(ctx context.Context, limits settings.Realtime) bool {
	for !c.rate.take(time.Now(), limits) {
		if !c.protocol.Patient {
			c.Close(closeTooMany, "Too many messages.")
			return false
		}
		select {
		case <-time.After(time.Second / time.Duration(limits.MessagesPerSecond)):
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// extend moves the read deadline: within pongTime the client has to answer a ping.
func (c *Conn) extend() error {
	err := c.ws.SetReadDeadline(time.Now().Add(pongTime))
	if c.closing.Load() { // in between: it is closed without waiting for the client
		err = c.ws.SetReadDeadline(time.Now().Add(closeTime))
	}
	return err
}

// failed reports whether the connection may be read on after a read error. A message that
// cannot be inflated is answered by a close frame, whose answer is still read; every other
// error ends the connection.
func (c *Conn) failed(err error) bool {
	var network net.Error
	var closed *websocket.CloseError
	if errors.As(err, &network) || errors.As(err, &closed) || errors.Is(err, io.ErrUnexpectedEOF) {
		return false
	}
	c.Close(websocket.CloseInvalidFramePayloadData, "The message cannot be read.")
	return true
}

// Close begins the closing handshake (RFC 6455 §7.1.2); the client has closeTime to answer.
// Messages that arrive until then are read and dropped: closing a TCP connection with unread
// data resets it, and the client might never receive the close frame.
func (c *Conn) Close(code int, reason string) {
	if !c.closing.CompareAndSwap(false, true) {
		return
	}
	deadline := time.Now().Add(closeTime)
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), deadline)
	_ = c.ws.SetReadDeadline(deadline) // the reader ends then, whatever fails here
}

// drain closes the connection after a delay, so that the connections of a server that stops
// are not all closed at once.
func (c *Conn) drain() {
	time.AfterFunc(c.server.drainDelay(), func() {
		c.Close(websocket.CloseGoingAway, "The server is stopping.")
		c.end()
	})
}

// rate is how many messages a client may send: a bucket that fills with time.
type rate struct {
	left float64
	last time.Time
}

func (r *rate) take(now time.Time, limits settings.Realtime) bool {
	burst := float64(limits.MessageBurst)
	if r.last.IsZero() {
		r.left = burst
	} else {
		r.left = min(burst, r.left+now.Sub(r.last).Seconds()*float64(limits.MessagesPerSecond))
	}
	r.last = now
	if r.left < 1 {
		return false
	}
	r.left--
	return true
}
