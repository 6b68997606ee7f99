// Updating windows: a few goroutines read all windows again after changes that may affect them.

package realtime

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

const (
	windowWorkers = 2                      // goroutines that read windows
	windowEvery   = 100 * time.Millisecond // between reads of one window
	windowRetry   = time.Second            // after a read that failed or did not reach all members
	clockEvery    = 5 * time.Second        // between reads of a window that time changes
)

// keepWindows reads windows until ctx ends.
func (h *Hub) keepWindows(ctx context.Context) error {
	var workers sync.WaitGroup
	for range windowWorkers {
		workers.Go(func() { h.readWindows(ctx) })
	}
	tick := time.NewTicker(h.clockEvery / 5)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			workers.Wait()
			return nil
		case <-tick.C:
			h.touchClocks()
		}
	}
}

// touch makes a window be read, at once or when its pause is over. The lock must be held.
func (h *Hub) touch(w *window) {
	w.dirty = true
	if !w.busy {
		h.schedule(w, windowEvery)
	}
}

// schedule makes a window be read once the pause since its last read is over. The lock must be
// held.
func (h *Hub) schedule(w *window, pause time.Duration) {
	w.busy = true
	if wait := time.Until(w.last.Add(pause)); wait > 0 {
		time.AfterFunc(wait, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.push(w)
		})
		return
	}
	h.push(w)
}

// push passes a window to the workers. The lock must be held.
func (h *Hub) push(w *window) {
	h.due = append(h.due, w)
	select {
	case h.windowDue <- struct{}{}:
	default:
	}
}

// touchReaders touches the windows that depend on a collection. The lock must not be held.
func (h *Hub) touchReaders(collection string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range [...]string{collection, ""} {
		for w := range h.readers[id] {
			h.touch(w)
		}
	}
}

// touchGroup touches the windows of a group. The lock must be held.
func (h *Hub) touchGroup(g *group) {
	for _, topics := range g.members {
		for _, t := range topics {
			if t.watch != nil && t.watch.window != nil {
				h.touch(t.watch.window)
			}
		}
	}
}

func (h *Hub) touchClocks() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, w := range h.windows {
		if w.clock && time.Since(w.last) >= h.clockEvery {
			h.touch(w)
		}
	}
}

// readWindows reads the windows that are due, until ctx ends.
func (h *Hub) readWindows(ctx context.Context) {
	for {
		if w := h.nextWindow(); w != nil {
			h.refresh(ctx, w)
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-h.windowDue:
		}
	}
}

func (h *Hub) nextWindow() *window {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.due) == 0 {
		h.due = nil
		return nil
	}
	w := h.due[0]
	h.due = h.due[1:]
	return w
}

// reading is one read of a window.
type reading struct {
	hub    *Hub
	window *window
	topic  *topic // the topic of client
	client *Client
	caller record.Caller
	token  change.Token    // the list may miss changes after this token
	fresh  map[*topic]bool // the topics that wait for a state
	old    []row
	late   bool // the queue of a member has no room
}

// refresh reads a window and sends the differences to its members.
func (h *Hub) refresh(ctx context.Context, w *window) {
	pause := windowEvery
	if r := h.begin(ctx, w); r != nil {
		err := r.run(ctx)
		if err != nil && ctx.Err() == nil {
			h.app.Log().Warn("realtime: read a live query", "collection", w.key.collection, "error", err)
		}
		if err != nil || r.late {
			pause = windowRetry
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	w.last, w.busy = time.Now(), false
	if pause == windowRetry {
		w.dirty = true
	}
	if w.dirty && len(w.members) > 0 && ctx.Err() == nil {
		h.schedule(w, pause)
	}
}

// begin returns the next read of a window, nil for a window without members.
func (h *Hub) begin(ctx context.Context, w *window) *reading {
	h.settleWindow(ctx, w)
	h.mu.Lock()
	defer h.mu.Unlock()
	w.dirty = false
	r := &reading{hub: h, window: w, token: h.token, old: w.rows, fresh: map[*topic]bool{}}
	for t, c := range w.members {
		r.topic, r.client = t, c
		if t.watch.fresh {
			r.fresh[t] = true
		}
	}
	if r.client == nil {
		return nil
	}
	r.caller = record.Caller{Auth: r.client.auth, IP: r.client.socket.ip, Context: "realtime", Method: "GET"}
	return r
}

// settleWindow checks the tokens of the members whose account is in doubt. A client whose account
// has changed is no longer a member.
func (h *Hub) settleWindow(ctx context.Context, w *window) {
	now := h.app.Now()
	var list []*Client
	h.mu.Lock()
	for _, c := range w.members {
		if c.unsettled(now) {
			list = append(list, c)
		}
	}
	h.mu.Unlock()
	for _, c := range list {
		h.look(ctx, c)
	}
}

// run reads the list and sends the result. The list is empty if the account may no longer list the
// records.
func (r *reading) run(ctx context.Context) error {
	list, listing, err := r.hub.state(ctx, r.caller, r.topic, true)
	var limit *LimitError
	switch kind := fault.KindOf(err); {
	case err == nil:
	case errors.As(err, &limit):
		r.end()
		return nil
	case errors.Is(err, record.ErrTimeLimit):
		return err
	case r.topic.options.lister == nil && (kind == fault.Forbidden || kind == fault.NotFound || kind == fault.Invalid):
		list, listing = nil, &record.Listing{Reads: r.window.reads}
	default:
		return err
	}
	steps := difference(r.old, list)
	var state []byte
	if len(r.fresh) > 0 || len(steps) > maxSteps || r.topic.options.lister != nil {
		state = r.topic.stateData(list)
	}
	r.hub.settleWindow(ctx, r.window) // a token that is valid now was valid when the list was read
	r.tell(listing, list, steps, state)
	return nil
}

// tell sends the members their first state or the differences. If the account has changed since the
// list was read, the list is read again.
func (r *reading) tell(listing *record.Listing, list []listed, steps []step, state []byte) {
	h, w := r.hub, r.window
	h.mu.Lock()
	defer h.mu.Unlock()
	if w.members[r.topic] != r.client || r.client.auth != r.caller.Auth {
		w.dirty = true
		return
	}
	w.rows = rowsOf(list)
	h.setReads(w, listing)
	for t, c := range w.members {
		switch {
		case !c.fits(maxQueuedBytes / 2): // it gets a state when it has taken the queued messages
			r.late = true
			if !t.watch.fresh && t.options.lister == nil {
				c.send(Message{Topic: t.text, Mark: &Mark{Reset, r.token}})
			}
			t.watch.fresh = true
		case r.fresh[t]:
			t.watch.fresh = false
			c.send(Message{Topic: t.text, Data: state, Mark: &Mark{Snapshot, r.token}})
		case t.watch.fresh: // it has joined after the list was read
		case t.options.lister != nil:
			if len(steps) > 0 {
				c.send(Message{Topic: t.text, Data: state, Mark: &Mark{Snapshot, r.token}})
			}
		case len(steps) > maxSteps:
			c.send(Message{Topic: t.text, Mark: &Mark{Reset, r.token}})
			c.send(Message{Topic: t.text, Data: state, Mark: &Mark{Snapshot, r.token}})
		default:
			r.send(c, t, steps)
		}
	}
}

// send sends the differences to a member.
func (r *reading) send(c *Client, t *topic, steps []step) {
	for i, data := range steps {
		m := Message{Topic: t.text, Data: data}
		if i == len(steps)-1 {
			m.Mark = &Mark{Event, r.token}
		}
		c.send(m)
	}
}

// end ends the subscriptions of a window that has become too large.
func (r *reading) end() {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	for t, c := range r.window.members {
		r.hub.remove(c, t)
		c.send(Message{Topic: t.text, Data: []byte(tooLarge), Mark: &Mark{Kind: Ended}})
	}
}
