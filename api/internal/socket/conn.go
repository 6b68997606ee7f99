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

	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/internal/request"
	"github.com/loambase/loam/realtime"
)

// The life of a connection (docs/wire/websocket.md §1).
const (
	pingEvery = 25 * time.Second
	pongTime  = 60 * time.Second // a client without a pong for so long is considered gone
	closeTime = time.Second      // how long a client may take to answer a close frame
)

// closeTooMany is the close code for a client that sends too many messages.
const closeTooMany = 4429

// ping is the frame of a ping without data (RFC 6455 §5.5.2).
var ping = []byte{0x89, 0}

// Conn is one WebSocket. Each goroutine reads and handles one message and then starts the next
// goroutine, whose stack is small again.
type Conn struct {
	Client *realtime.Client // the client of the hub
	IP     string           // the IP address of the client
	Named  bool             // whether the client has asked for the subprotocol by its name
	Token  string           // the token of the request; "" if it had none

	line
	server   *Server
	protocol *Protocol
	session  Session
	ws       *websocket.Conn
	in       input // the input of ws
	compress bool

	rate    rate        // the rate of the client's messages
	closing atomic.Bool // whether a close frame was sent

	pings *time.Timer
	end   context.CancelFunc // ends the context of Session.Handle
	held  *request.Held
}

// run serves the connection until it ends.
func (c *Conn) run(ctx context.Context, open func(*Conn) Session) {
	c.keepAlive()
	c.session = open(c)
	c.open()
	c.read(ctx)
}

// read handles the next message. It waits for the message before it calls the library, so that the
// stack of a waiting goroutine stays small.
func (c *Conn) read(ctx context.Context) {
	if c.out.raw != nil && c.in.Buffered() == 0 {
		c.in.empty()
		_ = c.out.raw.WaitRead() // after an error next fails too
	}
	c.in.fill(&c.out)
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

// keepAlive sends pings, and sets read deadlines that end the connection without pongs.
func (c *Conn) keepAlive() {
	_ = c.extend() // after an error reading fails too
	c.ws.SetPongHandler(func(string) error { return c.extend() })
	c.ws.SetCloseHandler(func(code int, _ string) error {
		if c.closing.CompareAndSwap(false, true) {
			_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(stallTime))
		}
		return nil
	})
	c.pings = time.AfterFunc(time.Hour, func() {
		if c.closing.Load() { // no ping may follow a close frame
			return
		}
		if _, err := c.out.Write(ping); err == nil {
			c.pings.Reset(pingEvery)
		}
	})
	// A random first delay spreads the pings: after a start of the server all clients connect at once.
	c.pings.Reset(rand.N(pingEvery))
}

// next reads and handles one message. It returns false when the connection has ended.
func (c *Conn) next(ctx context.Context) bool {
	kind, r, err := c.ws.NextReader()
	switch {
	case err != nil:
		return false
	case c.closing.Load(): // messages after a close frame are dropped
		return true
	case kind == websocket.BinaryMessage:
		c.Close(websocket.CloseUnsupportedData, "Only text is understood.")
		return true
	}
	current := c.server.app.Settings().Current()
	most := c.protocol.MaxMessage(current)
	// The limit is for the inflated message; the library's limit would be for the received bytes.
	text, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	switch {
	case err != nil:
		return c.failed(err)
	case len(text) > most:
		c.Close(websocket.CloseMessageTooBig, "The message is too large.")
	case !c.admit(ctx, current.Realtime):
	default:
		c.session.Handle(ctx, text)
		_ = c.extend() // pongs were not read while Handle ran
	}
	return true
}

// admit counts a message against the rate limit of messages. It returns false if the message must
// not be handled.
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

// extend sets the read deadline to pongTime from now: until then the client must answer a ping.
func (c *Conn) extend() error {
	err := c.ws.SetReadDeadline(time.Now().Add(pongTime))
	if c.closing.Load() { // Close has run in between: its deadline is the shorter one
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
	_ = c.ws.SetReadDeadline(deadline) // ends the reader even if the frame could not be sent
}

// drain closes the connection after a random delay, so that a stopping server does not close all
// connections at once.
func (c *Conn) drain() {
	time.AfterFunc(c.server.drainDelay(), func() {
		c.Close(websocket.CloseGoingAway, "The server is stopping.")
		c.end()
	})
}

// rate is the rate limit of a client's messages, a token bucket.
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
