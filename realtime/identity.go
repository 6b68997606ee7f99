// The accounts of clients: a token is checked again whenever its account may have changed or the
// token has expired.

package realtime

import (
	"context"
	"time"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/record"
)

// account returns the name of an account, "" for a guest.
func account(r *record.Record) string { return record.Caller{Auth: r}.Actor() }

// doubt is called with every commit before it is acknowledged. From then on, no data that is read
// later is sent to a client whose account was changed, until the token of the client was checked
// again. nil stands for unknown changes.
func (h *Hub) doubt(changes []change.Change) {
	all := changes == nil
	var changed map[string]bool // accounts; most writes change none
	snapshot := h.app.Snapshot()
	for i := range changes {
		switch c := &changes[i]; c.Kind {
		case change.Collection: // the secret of its tokens may have changed
			all = true
		case change.Record:
			if in := snapshot.ByID(c.Collection); c.Action == change.Create || in != nil && !in.IsAuth() {
				continue
			}
			if changed == nil {
				changed = map[string]bool{}
			}
			changed[c.Collection+"/"+c.Record] = true
		}
	}
	if !all && changed == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	sockets := false
	for _, c := range h.clients {
		if c.account != "" && (all || changed[c.account]) {
			h.setDoubted(c, true)
			sockets = sockets || c.socket != nil
		}
	}
	if sockets {
		h.lookSoon()
	}
}

// setDoubted sets whether the account of the client is in doubt. The lock must be held.
func (h *Hub) setDoubted(c *Client, doubted bool) {
	if c.doubted == doubted || h.clients[c.ID] != c {
		return
	}
	if c.doubted = doubted; doubted {
		h.doubted[c] = true
	} else {
		delete(h.doubted, c)
	}
}

// regrouped drops the crowds of the groups of the client. It is called before the account of the
// client changes. Hub.mu must be held.
func (c *Client) regrouped() {
	for _, t := range c.topics {
		if t.group != nil {
			t.group.crowd = nil
		}
	}
}

// lookSoon schedules a check of the tokens of sockets in doubt.
func (h *Hub) lookSoon() {
	select {
	case h.doubts <- struct{}{}:
	default:
	}
}

// settle checks the tokens of the members of a group whose account is in doubt or whose token has
// expired; if only is not nil, settle checks these members only. A client whose token is no longer
// valid becomes a guest. A client whose token cannot be checked ends.
func (h *Hub) settle(ctx context.Context, g *group, only map[*Client]bool) {
	now := h.app.Now()
	var list []*Client
	h.mu.Lock()
	if len(h.doubted) == 0 && g.crowd != nil && (g.crowd.expires.IsZero() || now.Before(g.crowd.expires)) {
		h.mu.Unlock()
		return
	}
	for c := range g.members {
		if (only == nil || only[c]) && c.unsettled(now) {
			list = append(list, c)
		}
	}
	h.mu.Unlock()
	for _, c := range list {
		h.look(ctx, c)
	}
}

// unsettled reports whether the token must be checked. Hub.mu must be held.
func (c *Client) unsettled(now time.Time) bool {
	return c.doubted || c.account != "" && !c.expires.IsZero() && !now.Before(c.expires)
}

// look checks the token of the client and sets its account.
func (h *Hub) look(ctx context.Context, c *Client) {
	h.mu.Lock()
	token := c.token
	h.setDoubted(c, false) // a later change sets it again
	h.mu.Unlock()
	r, expires, err := h.auth.Identify(ctx, token)
	if err != nil {
		if ctx.Err() == nil {
			h.app.Log().Warn("realtime: check a token", "error", err)
		}
		c.end(ErrGap)
		return
	}
	reason := ""
	if r == nil && c.socket != nil {
		reason = h.reason(ctx, c)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.token != token { // the client has signed in meanwhile
		return
	}
	other := c.account != account(r)
	c.regrouped()
	if c.auth, c.account, c.expires = r, account(r), expires; r == nil {
		c.token = ""
	}
	if other {
		c.identified()
	}
	if reason != "" {
		c.dropHeld()
		c.send(Message{Data: []byte(reason), Mark: signedOut})
	}
	if other {
		h.moveWindows(c)
	}
}
