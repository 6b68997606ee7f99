// Sockets: clients that get each change with its transaction token, an event for each record that
// enters or leaves the filter or the rule, and a message when their account changes.

package realtime

import (
	"context"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// socket is the state of a Client that only sockets have. Hub.mu guards it.
type socket struct {
	ip      string
	last    int      // number of the last subscription
	holding []*topic // topics with a held event
	other   func()   // called when the account of the client changes; may be nil
}

// OpenSocket makes a client that subscribes by Watch, with the account of the caller. token is the
// token of the caller. The caller of OpenSocket must Close the client.
func (h *Hub) OpenSocket(caller record.Caller, token string) *Client {
	c := &Client{ID: schema.RandomString(40, schema.AlphabetID), hub: h, socket: &socket{ip: caller.IP}}
	if caller.Auth != nil {
		c.token, c.auth, c.account = token, caller.Auth, account(caller.Auth)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clients[c.ID] = c
	h.sockets[c] = true
	if c.account != "" { // so that the hub learns when the token expires
		h.setDoubted(c, true)
		h.lookSoon()
	}
	return c
}

// OnIdentity sets fn to be called whenever the client signs in, signs out or changes its account.
// fn must be quick, and must not call the hub or the client.
func (c *Client) OnIdentity(fn func()) {
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	c.socket.other = fn
}

// identified calls the function of OnIdentity. Hub.mu must be held.
func (c *Client) identified() {
	if c.socket != nil && c.socket.other != nil {
		c.socket.other()
	}
}

// Token returns a token of the present: a client that subscribes now misses no transaction after
// it.
func (h *Hub) Token(ctx context.Context) (change.Token, error) {
	h.mu.Lock()
	attached, token := h.feed != nil, h.token
	h.mu.Unlock()
	if attached {
		return token, nil
	}
	feed, token, err := h.app.Changes().Subscribe(ctx, "")
	if err != nil {
		return "", err
	}
	feed.Close()
	return token, nil
}

// Tell queues a message of the transport, in order with the messages of the hub.
func (c *Client) Tell(data []byte) { c.send(Message{Data: data, Mark: answered}) }

// TellLarge is Tell for a message that may be large: it waits until the queue is at most a quarter
// full, before and after the message. The error is that of ctx, or the error with which the client
// has ended.
func (c *Client) TellLarge(ctx context.Context, data []byte) error {
	if err := c.waitForRoom(ctx); err != nil {
		return err
	}
	c.Tell(data)
	return c.waitForRoom(ctx)
}

// hold sends an event of the last change of a transaction at once. It keeps back the newest event
// of any other change until the next event, or the end of the transaction, shows whether the event
// is the last of its subscription. Hub.mu must be held.
func (h *Hub) hold(c *Client, t *topic, data []byte) {
	w := t.watch
	switch none := len(c.socket.holding) == 0; {
	// A client falls behind between transactions, unless one transaction is too large for it.
	case none && !c.fits(maxQueuedBytes/2), w.held != nil && !c.fits(len(w.held)):
		h.fallBehind(c)
		return
	case none && h.ending != nil:
		h.sendLast(c, t, data)
		return
	case w.held != nil:
		c.send(Message{Topic: t.text, Data: w.held})
	default:
		if none {
			h.holding = append(h.holding, c)
		}
		c.socket.holding = append(c.socket.holding, t)
	}
	w.held, w.heldAt = data, h.begun
}

// ending describes the end of a transaction.
type ending struct {
	mark *Mark           // the Mark of its last events
	end  change.Position // the position after its last change
}

// sendLast sends the last event of a transaction with the token of the transaction. Hub.mu must be
// held.
func (h *Hub) sendLast(c *Client, t *topic, data []byte) {
	mark := h.ending.mark
	h.token = mark.Token // must be set before a client gets the token
	if len(t.watch.seen) > 0 {
		mark = &Mark{Event, t.watch.tokenAt(mark.Token)}
	}
	c.send(Message{Topic: t.text, Data: data, Mark: mark})
	t.watch.held, t.watch.after = nil, h.ending.end
}

// endTransaction sends the events that hold has kept back, with the token of their transaction.
func (h *Hub) endTransaction() {
	h.begins()
	defer h.ends()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.token = h.ending.mark.Token
	for _, c := range h.holding {
		for _, t := range c.socket.holding {
			held := t.watch.held
			if held == nil {
				continue
			}
			if !c.fits(len(held)) {
				h.fallBehind(c)
				break
			}
			h.sendLast(c, t, held)
		}
		clear(c.socket.holding)
		c.socket.holding = c.socket.holding[:0]
	}
	clear(h.holding)
	h.holding = h.holding[:0]
	h.ending = nil
}

// dropHeld drops the held events, which were judged for an account that the client no longer has.
// The lock must be held.
func (c *Client) dropHeld() {
	for _, t := range c.topics {
		t.watch.held = nil
	}
}
