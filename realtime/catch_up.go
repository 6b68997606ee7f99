// Catching up: a socket that reads more slowly than events arrive gets the events from the change
// log at its own pace. When it has caught up, the hub sends it new changes again.

package realtime

import (
	"context"
	"errors"
	"sync"

	"github.com/loambase/loam/core/change"
)

// fallBehind starts a replay for all topics of the client, from the first change of the current
// transaction that was not queued. The lock must be held.
func (h *Hub) fallBehind(c *Client) {
	before := change.Position{Seq: h.begun.Seq}.Previous()
	r := &replaying{hub: h, client: c, since: h.token.At(before.Seq)}
	for _, t := range c.topics {
		w := t.watch
		if w.behind || w.window != nil {
			continue
		}
		w.behind = true
		if w.held != nil {
			w.after, w.held = w.heldAt.Previous(), nil
		} else if w.after.Before(before) {
			w.after = before
		}
		r.targets = append(r.targets, &target{topic: t})
	}
	clear(c.socket.holding)
	c.socket.holding = c.socket.holding[:0]
	h.laggards = append(h.laggards, r)
	select {
	case h.lagging <- struct{}{}:
	default:
	}
}

// catchUp runs the replays of clients that have fallen behind, until ctx ends.
func (h *Hub) catchUp(ctx context.Context) error {
	var all sync.WaitGroup
	defer all.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.lagging:
		}
		h.mu.Lock()
		list := h.laggards
		h.laggards = nil
		h.mu.Unlock()
		for _, r := range list {
			all.Go(func() { r.catchUp(ctx) })
		}
	}
}

// catchUp waits until the queue of the client has room, and runs the replay.
func (r *replaying) catchUp(ctx context.Context) {
	if r.client.waitForRoom(ctx) != nil {
		return
	}
	past, _, err := r.hub.app.Changes().Subscribe(ctx, r.since)
	switch {
	case err == nil:
		defer past.Close()
		r.past = past
		_ = r.run(ctx) // ctx ends with the server
	case errors.Is(err, change.ErrGone):
		r.giveUp()
	case ctx.Err() == nil:
		r.hub.app.Log().Warn("realtime: tell of the past", "error", err)
		r.client.end(ErrGap)
	}
}
