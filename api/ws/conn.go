package ws

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/realtime"
	"github.com/loambase/loam/realtime/channel"
)

// The life of a connection (docs/wire/websocket.md §1).
const (
	pingEvery = 25 * time.Second
	pongTime  = 60 * time.Second // without a pong the client is gone
	closeTime = time.Second      // for the client to answer that the connection is closed
)

// The close codes of the protocol (docs/wire/websocket.md §6).
const (
	closeBadMessages = 4400
	closeTooSlow     = 4408
	closeTooMany     = 4429
)

// maxBad is how many bad messages in a row close a connection.
const maxBad = 10

// conn is one WebSocket. A goroutine reads it. Another one writes, and lives only while
// there is something to write.
type conn struct {
	server   *Server
	ws       *websocket.Conn
	out      *outgoing
	client   *realtime.Client
	peer     *channel.Peer
	ip       string
	compress bool

	rate    rate // of the client's messages
	bad     int  // messages in a row that could not be read
	writing atomic.Bool
	writers sync.WaitGroup
	closing atomic.Bool // a close frame was sent
}

// run serves the connection until it ends.
func (c *conn) run(ctx context.Context, end func(), token string) {
	defer end()
	defer c.server.leave(c.ip)
	defer c.writers.Wait()
	defer c.ws.Close()
	defer c.client.Close()
	defer context.AfterFunc(ctx, c.drain)()
	defer c.keepAlive()()
	id := schema.RandomString(15, schema.AlphabetID)
	c.peer = c.server.rooms.Peer(id, c.client.Tell, c.client.Caller)
	defer c.server.rooms.End(c.peer)
	c.client.OnIdentity(func() { c.server.rooms.Identified(c.peer) })
	c.client.Tell(hello(id, token))
	c.client.OnReady(c.wake)
	for c.next(ctx) {
	}
}

// hello is the first message to a client.
func hello(peer, token string) []byte {
	out := schema.AppendString([]byte(`{"type":"hello","peer":`), peer)
	out = schema.AppendString(append(out, `,"token":`...), token)
	out = schema.AppendString(append(out, `,"server":`...), "loam/"+core.Version)
	return append(out, '}')
}

// keepAlive sends pings, and has reading fail without pongs, until the returned function is
// called.
func (c *conn) keepAlive() (stop func()) {
	_ = c.extend() // reading fails too
	c.ws.SetPongHandler(func(string) error { return c.extend() })
	var pings *time.Timer
	pings = time.AfterFunc(time.Hour, func() {
		if c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(stallTime)) == nil {
			pings.Reset(pingEvery)
		}
	})
	// Not all at once: clients come back together after the server has started.
	pings.Reset(rand.N(pingEvery))
	return func() { pings.Stop() }
}

// next reads and handles one message. It returns false when the connection has ended.
func (c *conn) next(ctx context.Context) bool {
	kind, r, err := c.ws.NextReader()
	switch {
	case err != nil:
		return false
	case c.closing.Load(): // what comes now is for nobody
		return true
	case kind == websocket.BinaryMessage:
		c.close(websocket.CloseUnsupportedData, "Only text is understood.")
		return true
	}
	limits := c.server.app.Settings().Current().Realtime
	// The limit is that of the inflated message; the library would count what comes in.
	text, err := io.ReadAll(io.LimitReader(r, int64(limits.MaxMessageBytes)+1))
	switch {
	case err != nil:
		return c.failed(err)
	case len(text) > limits.MaxMessageBytes:
		c.close(websocket.CloseMessageTooBig, "The message is too large.")
	case !c.rate.take(time.Now(), limits):
		c.close(closeTooMany, "Too many messages.")
	default:
		c.handle(ctx, text)
		_ = c.extend() // pongs were not read meanwhile
	}
	return true
}

// extend moves the read deadline: within pongTime the client has to answer a ping.
func (c *conn) extend() error {
	err := c.ws.SetReadDeadline(time.Now().Add(pongTime))
	if c.closing.Load() { // in between: it is closed without waiting for the client
		err = c.ws.SetReadDeadline(time.Now().Add(closeTime))
	}
	return err
}

// failed reports whether the connection may be read on after a read error. A message that
// cannot be inflated is answered by a close frame, whose answer is still read; every other
// error ends the connection.
func (c *conn) failed(err error) bool {
	var network net.Error
	var closed *websocket.CloseError
	if errors.As(err, &network) || errors.As(err, &closed) || errors.Is(err, io.ErrUnexpectedEOF) {
		return false
	}
	c.close(websocket.CloseInvalidFramePayloadData, "The message cannot be read.")
	return true
}

// close begins the closing handshake (RFC 6455 §7.1.2); the client has closeTime to answer.
// Messages that arrive until then are read and dropped: closing a TCP connection with unread
// data resets it, and the client might never receive the close frame.
func (c *conn) close(code int, reason string) {
	if !c.closing.CompareAndSwap(false, true) {
		return
	}
	deadline := time.Now().Add(closeTime)
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), deadline)
	_ = c.ws.SetReadDeadline(deadline) // the reader ends then, whatever fails here
}

// drain closes the connection after a delay, so that the connections of a server that stops
// are not all closed at once.
func (c *conn) drain() {
	time.AfterFunc(c.server.drainDelay(), func() { c.close(websocket.CloseGoingAway, "The server is stopping.") })
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
