// What sockets subscribe to: one subscription at a time, each with an id.

package realtime

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/loambase/loam/api/wire"
	"github.com/loambase/loam/core/budget"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// Watch is a subscription of a socket.
type Watch struct {
	Collection string // name or id
	Record     string // id; "" for every record
	Filter     string
	Expand     string
	Fields     string
	Query      map[string]any // what rules see as @request.query
	Headers    map[string]any // and as @request.headers
	Actions    []string       // that are told; empty: all
}

// watch is what a topic of a socket has beside its place and options.
type watch struct {
	actions []string
	room    budget.Lease
	held    []byte // the last event of a transaction that has not ended
}

func (w *watch) wants(a change.Action) bool {
	return len(w.actions) == 0 || slices.Contains(w.actions, string(a))
}

// Watch subscribes a socket. answer makes the message by which the client learns the id of
// the subscription, before its first event; what is committed after the token in it is told.
// Faults: NotFound for a collection that does not exist, Invalid for a view, and for
// options that cannot be used; Forbidden for a filter that only superusers may use; a
// LimitError where there are too many.
func (h *Hub) Watch(ctx context.Context, c *Client, w Watch, answer func(id string, token change.Token) []byte) error {
	t, err := h.watchTopic(ctx, c.Caller(), w)
	if err != nil {
		return err
	}
	if err := h.attach(ctx); err != nil {
		return err
	}
	if t.watch.room, err = h.app.Budgets().Topics.TryAcquire(c.Caller().Share(), w.size()); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.admit(c, t); err != nil {
		t.watch.room.Release()
		return err
	}
	c.socket.last++
	t.text = strconv.Itoa(c.socket.last)
	h.subscribe(c, []*topic{t})
	c.send(Message{Data: answer(t.text, h.token), Mark: answered})
	return nil
}

// watchTopic reads and judges what is asked for.
func (h *Hub) watchTopic(ctx context.Context, caller record.Caller, w Watch) (*topic, error) {
	in := h.app.Snapshot().Find(w.Collection)
	if in == nil {
		return nil, fault.New(fault.NotFound, "Missing collection context.")
	}
	if in.IsView() {
		return nil, fault.New(fault.Invalid, "Views tell of no changes.")
	}
	if err := h.app.Records().CheckFilter(ctx, caller, in.ID, w.Filter); err != nil {
		return nil, err
	}
	fields, err := wire.ParseFields(w.Fields)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(struct { // the same text for the same options: maps are in order
		Filter, Expand, Fields string
		Query, Headers         map[string]any
	}{w.Filter, w.Expand, w.Fields, w.Query, w.Headers})
	if err != nil {
		return nil, err
	}
	o := options{raw: string(raw), filter: w.Filter, expand: w.Expand, fields: fields, query: url.Values{}, headers: http.Header{}}
	for key, value := range w.Query {
		o.query.Set(key, plain(value))
	}
	for key, value := range w.Headers {
		o.headers.Set(key, plain(value))
	}
	return &topic{collection: in.ID, record: w.Record, options: o, watch: &watch{actions: w.Actions}}, nil
}

// size is how many bytes the subscription takes in memory, above what is free.
func (w *Watch) size() int64 {
	const free = 2 << 10
	size := len(w.Filter) + len(w.Expand) + len(w.Fields)
	for _, m := range []map[string]any{w.Query, w.Headers} {
		for key, value := range m {
			size += len(key) + len(plain(value)) + 100
		}
	}
	return int64(max(2*size-free, 0))
}

// Unwatch ends a subscription of a socket. The fault is NotFound if there is none of that id.
func (h *Hub) Unwatch(c *Client, id string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := c.topics[id]
	if t == nil {
		return fault.New(fault.NotFound, "Missing subscription.")
	}
	h.remove(c, t)
	return nil
}

// remove takes one topic of a socket out of its group. The lock must be held.
func (h *Hub) remove(c *Client, t *topic) {
	g := h.groups[t.place()][t.key()]
	if list := slices.DeleteFunc(g.members[c], func(id string) bool { return id == t.text }); len(list) > 0 {
		g.members[c] = list
	} else {
		delete(g.members, c)
		h.dropIfEmpty(t, g)
	}
	delete(c.topics, t.text)
	t.watch.held = nil
	t.watch.room.Release()
}

// resetTopic tells a socket to begin a subscription anew. The lock must be held.
func (h *Hub) resetTopic(c *Client, t *topic) {
	t.watch.held = nil
	c.send(Message{Topic: t.text, Mark: &Mark{Reset, h.token}})
}
