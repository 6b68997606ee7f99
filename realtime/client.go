// A client: its queue of messages, which is bounded and in order.

package realtime

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/budget"
)

// The bounds of the queue of a client. A client whose queue would exceed them is ended by ErrSlow.
const (
	maxQueued      = 1000
	maxQueuedBytes = 1 << 20
)

// The errors with which a client ends. It may connect again, and must read its records again.
var (
	ErrSlow = errors.New("realtime: the client does not take its messages")
	ErrGap  = errors.New("realtime: changes were missed")
)

// errClosed is the error of a client that was closed.
var errClosed = errors.New("realtime: the client is closed")

// Message is a message to a client. Data is one line of JSON. Its bytes are shared with other
// clients, and must not be changed.
type Message struct {
	Topic string // in the form that the client has sent; for a socket, the id of the subscription
	Data  []byte
	Mark  *Mark // shared; nil for an event that is not the last of its transaction, and for streams
}

// Mark is the kind and the token of a message to a socket. A Message has a pointer to its Mark,
// which keeps messages to streams small: they have no Mark.
type Mark struct {
	Kind  Kind
	Token change.Token // to resume after the message; for an Event, a Reset and a Snapshot
}

// answered, signedOut and ended are the shared Marks of messages without a token.
var answered, signedOut, ended = &Mark{Kind: Answer}, &Mark{Kind: SignedOut}, &Mark{Kind: Ended}

// Kind is the kind of a message.
type Kind uint8

// The kinds of messages.
const (
	Event     Kind = iota // Data has a record and an action
	Reset                 // the subscription missed changes: the client must read the records again
	SignedOut             // the client is a guest from now on; Data is the reason, such as Expired
	Answer                // Data is a message of the transport (Client.Tell)
	Snapshot              // Data has the items of a state or of a page, and whether more pages follow
	Ended                 // the subscription has ended; Data is from Reviewer.Changed or a limit
)

// The reasons of SignedOut.
const (
	Expired = "expired" // the token has expired
	Revoked = "revoked" // the token is no longer valid
	Deleted = "deleted" // the account was deleted
)

// Client is the queue of messages for one connection. Hub.Open and Hub.OpenSocket make a Client.
// Only one goroutine at a time may call TakeInto.
//
// The fields that each message uses are adjacent: with many clients most fields are in no CPU
// cache.
type Client struct {
	mu    sync.Mutex // guards the fields up to taken; locked inside Hub.mu
	queue []Message
	bytes int
	pages int // of snapshots in the queue, which do not count
	err   error
	woken func()        // see OnReady; nil once the client is closed
	taken chan struct{} // capacity 1; receives when TakeInto has made room; made by waitForRoom

	hub *Hub

	// Guarded by Hub.mu.
	socket  *socket           // nil for a stream
	auth    *record.Record    // the account of the token when it was checked last; nil for a guest
	topics  map[string]*topic // by their texts
	room    budget.Lease      // the memory of the topics
	token   string
	account string    // names auth, "" for a guest
	expires time.Time // of the token; zero: never
	doubted bool      // the account may have changed since the last check of the token

	ID  string
	pin string // identifies the origin of the connection; see Hub.Open
}

// fits reports whether the queue of a socket has room for an event of that size. An event without
// room is sent later, after the client has taken the queued messages: see fallBehind.
func (c *Client) fits(size int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err != nil || len(c.queue) < maxQueued && c.bytes+size <= maxQueuedBytes || len(c.queue) == 0
}

// send queues a message. A message without room ends the client. The queue of a socket may be twice
// as large, for messages that cannot be sent later.
func (c *Client) send(m Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	if m.Mark != nil && m.Mark.Kind == Snapshot { // the sender of a snapshot waits for room
		c.queue, c.pages = append(c.queue, m), c.pages+1
		c.hub.delivered.Add(1)
		c.wakeUp()
		return
	}
	size, times := len(m.Topic)+len(m.Data), 1
	if c.socket != nil {
		times = 2
	}
	// A client that has taken all other messages gets a message of any size.
	if len(c.queue) >= times*maxQueued || c.bytes+size > times*maxQueuedBytes && len(c.queue) > 0 {
		c.err, c.queue = ErrSlow, nil
		c.hub.dropped.Add(1)
	} else {
		c.queue, c.bytes = append(c.queue, m), c.bytes+size
		c.hub.delivered.Add(1)
	}
	c.wakeUp()
}

// end ends the client with an error.
func (c *Client) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err, c.queue = err, nil
	}
	c.madeRoom() // ends a wait in waitForRoom
	c.wakeUp()
}

// End ends the client. It is for a transport that cannot reach the client any more.
func (c *Client) End() { c.end(ErrSlow) }

// wakeUp calls the function of OnReady: TakeInto has messages or an error. Client.mu must be held.
func (c *Client) wakeUp() {
	if c.woken != nil {
		c.woken()
	}
}

// OnReady sets fn to be called whenever TakeInto has messages or an error, and calls fn at once if
// it has them now. fn must be quick, and must not call the hub or the client.
func (c *Client) OnReady(fn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.woken = fn; len(c.queue) > 0 || c.err != nil {
		fn()
	}
}

// TakeInto appends all queued messages to dst, in their order, after the Message hooks, and empties
// the queue. The error is ErrSlow or ErrGap: then the caller must close the client.
func (c *Client) TakeInto(dst []Message) ([]Message, error) {
	c.mu.Lock()
	err, from := c.err, len(dst)
	dst = append(dst, c.queue...)
	clear(c.queue)
	if c.queue = c.queue[:0]; cap(c.queue) > 1 { // silent clients are many
		c.queue = nil
	}
	c.bytes, c.pages = 0, 0
	c.madeRoom()
	c.mu.Unlock()
	return append(dst[:from], c.runMessageHooks(dst[from:])...), err
}

// madeRoom wakes waitForRoom. Client.mu must be held.
func (c *Client) madeRoom() {
	select {
	case c.taken <- struct{}{}: // never ready while taken is nil
	default:
	}
}

// waitForRoom waits until the queue of a socket is at most a quarter full. The error is that of
// ctx, or the error with which the client has ended.
func (c *Client) waitForRoom(ctx context.Context) error {
	for {
		c.mu.Lock()
		if c.taken == nil {
			c.taken = make(chan struct{}, 1)
		}
		room, err, taken := len(c.queue) < maxQueued/4 && c.bytes < maxQueuedBytes/4 && c.pages == 0, c.err, c.taken
		if room || err != nil {
			c.madeRoom() // another goroutine may wait too
		}
		c.mu.Unlock()
		if room || err != nil {
			return err
		}
		select {
		case <-taken:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Waiting reports whether TakeInto has messages or an error.
func (c *Client) Waiting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue) > 0 || c.err != nil
}

// Close removes the client from the hub. Further calls do nothing.
func (c *Client) Close() {
	c.mu.Lock()
	c.woken = nil
	c.mu.Unlock()
	c.end(errClosed)
	h := c.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.clients[c.ID] != c {
		return
	}
	h.setDoubted(c, false)
	for _, t := range c.topics {
		if t.watch != nil {
			t.watch.held = nil
			h.leaveWindow(t)
			t.watch.room.Release()
		}
	}
	h.unsubscribe(c)
	c.room.Release()
	delete(h.clients, c.ID)
	delete(h.sockets, c)
}
