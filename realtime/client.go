// A client: its queue of messages, which is bounded and in order.

package realtime

import (
	"errors"
	"sync"
	"time"

	"github.com/loambase/loam/core/budget"
	"github.com/loambase/loam/core/record"
)

// How much may wait for a client. More means that it does not take what it gets.
const (
	maxQueued      = 1000
	maxQueuedBytes = 1 << 20
)

// Why a client ends. It may connect again, and has to read anew what it shows.
var (
	ErrSlow = errors.New("realtime: the client does not take its messages")
	ErrGap  = errors.New("realtime: changes were missed")
)

// Message is what a client is told. Data is one line of JSON, shared with other clients
// and not to be written to.
type Message struct {
	Topic string // as the client has subscribed to it
	Data  []byte
}

// Client is a connection that is told of changes. Hub.Open makes it; Take belongs to one
// goroutine.
type Client struct {
	ID  string
	hub *Hub
	pin string // where it connected from; see Hub.Subscribe

	// Guarded by Hub.mu.
	topics  map[string]topic // by their texts
	room    budget.Lease     // that the topics take
	token   string
	auth    *record.Record // for whom the token stood at the last look; nil for a guest
	account string         // names auth, "" for a guest
	expires time.Time      // of the token; zero: never
	doubted bool           // the account may have changed since the last look

	mu    sync.Mutex // guards what follows; locked inside Hub.mu
	queue []Message
	bytes int
	err   error
	wake  chan struct{} // capacity 1
}

// send queues a message. One that finds no room ends the client.
func (c *Client) send(m Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	size := len(m.Topic) + len(m.Data)
	// A message that is large by itself goes to a client who has taken all others.
	if len(c.queue) >= maxQueued || c.bytes+size > maxQueuedBytes && len(c.queue) > 0 {
		c.err, c.queue = ErrSlow, nil
	} else {
		c.queue, c.bytes = append(c.queue, m), c.bytes+size
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
	c.wakeUp()
}

// wakeUp makes Next look.
func (c *Client) wakeUp() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Ready receives when Take has something to say.
func (c *Client) Ready() <-chan struct{} { return c.wake }

// Take returns all messages that wait, in their order. The error is ErrSlow or ErrGap;
// after either the client is to be closed.
func (c *Client) Take() ([]Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.queue
	c.queue, c.bytes = nil, 0
	return list, c.err
}

// Close takes the client out of the hub. More calls do nothing.
func (c *Client) Close() {
	h := c.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.clients[c.ID] != c {
		return
	}
	h.unsubscribe(c)
	c.room.Release()
	delete(h.clients, c.ID)
}
