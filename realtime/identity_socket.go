// The accounts of sockets. A socket gets a message when it becomes a guest, even without any change
// that it watches.

package realtime

import (
	"context"
	"time"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// expiryEvery is the interval of checks for sockets with expired tokens.
const expiryEvery = time.Second

// watchIdentities checks the tokens of sockets as soon as they may have been revoked, and when they
// expire.
func (h *Hub) watchIdentities(ctx context.Context) error {
	tick := time.NewTicker(expiryEvery)
	defer tick.Stop()
	for {
		var list []*Client
		select {
		case <-ctx.Done():
			return nil
		case <-h.doubts:
			list = h.unsettledOf(h.doubted)
		case <-tick.C:
			list = h.unsettledOf(h.sockets)
		}
		for _, c := range list {
			h.look(ctx, c)
		}
	}
}

// unsettledOf returns the sockets among the clients whose tokens must be checked.
func (h *Hub) unsettledOf(clients map[*Client]bool) (list []*Client) {
	now := h.app.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range clients {
		if c.socket != nil && c.unsettled(now) {
			list = append(list, c)
		}
	}
	return list
}

// reason returns the reason why the client's token is no longer valid, "" for a guest.
func (h *Hub) reason(ctx context.Context, c *Client) string {
	h.mu.Lock()
	auth, expires := c.auth, c.expires
	h.mu.Unlock()
	switch {
	case auth == nil:
		return ""
	case !expires.IsZero() && !h.app.Now().Before(expires):
		return Expired
	}
	_, err := h.app.Records().FindByID(ctx, auth.Collection().ID, auth.ID())
	if fault.KindOf(err) == fault.NotFound {
		return Deleted
	}
	return Revoked
}

// Authenticate sets the account of the client to the account of the token; "" makes the client a
// guest. answer makes the answer to the client, which is sent before all messages to the new
// account. If the account is another account, every subscription is reset. The fault is
// Unauthenticated for a token that is not valid, and Forbidden for a superuser from an address that
// is not allowed. After a fault the client keeps its account.
func (h *Hub) Authenticate(ctx context.Context, c *Client, token, ip string, answer func(r *record.Record, expires time.Time) ([]byte, error)) error {
	r, expires, err := h.auth.Identify(ctx, token)
	switch {
	case err != nil:
		return err
	case token != "" && r == nil:
		return fault.New(fault.Unauthenticated, "The request requires valid record authorization token.")
	case record.Caller{Auth: r}.Superuser() && !h.app.Settings().Current().SuperuserAllowed(ip):
		return fault.New(fault.Forbidden, "")
	}
	data, err := answer(r, expires)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	c.send(Message{Data: data, Mark: answered})
	other := c.account != account(r)
	// The account may have changed since the token was checked: the token is checked again.
	c.regrouped()
	c.token, c.auth, c.account, c.expires = token, r, account(r), expires
	h.setDoubted(c, r != nil)
	if other {
		c.identified()
		c.dropHeld()
		for _, t := range c.topics {
			if t.watch.window == nil {
				h.resetTopic(c, t)
			}
		}
		h.moveWindows(c)
	}
	if c.doubted {
		h.lookSoon()
	}
	return nil
}

// Caller returns the caller that rules read for the client.
func (c *Client) Caller() record.Caller {
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	return record.Caller{Auth: c.auth, IP: c.socket.ip, Context: "realtime", Method: "GET"}
}

// accountChanged resets the subscriptions of sockets whose own account was changed in a field that
// the rule or the filter reads: other records may be visible now.
func (h *Hub) accountChanged(c *change.Change) {
	if c.Action != change.Update {
		return
	}
	name := c.Collection + "/" + c.Record
	var changed []string
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.sockets {
		if s.account != name {
			continue
		}
		if changed == nil {
			if changed = h.changedFields(c); changed == nil {
				return
			}
		}
		for _, t := range s.topics {
			if h.reads(t, changed) {
				h.resetTopic(s, t)
			}
		}
	}
}
