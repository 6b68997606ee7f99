// What sockets subscribe to: one subscription at a time, each with an id.

package realtime

import (
	"context"
	"encoding/json"
	"errors"
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

	// ID names the subscription; "" has the hub number it. It must be that of no other one of the
	// socket.
	ID string

	// View, if it is not nil, says what is told of the records, in place of Filter, Expand and
	// Fields. Key is the same for the same views, and another one for every other.
	View View
	Key  string

	// Since is the token after which changes are told, those of the past too; "" is the present.
	Since change.Token
}

// watch is what a topic of a socket has beside its place and options.
type watch struct {
	actions []string
	room    budget.Lease
	held    []byte // the last event of a transaction that has not ended

	behind bool            // it is told of the past: see replay
	again  bool            // it has to begin anew, and replay ends
	after  change.Position // up to which it was told of all by then
}

// isLive reports whether the change at the position is for the hub to tell.
func (w *watch) isLive(at change.Position) bool { return !w.behind && w.after.Before(at) }

func (w *watch) wants(a change.Action) bool {
	return len(w.actions) == 0 || slices.Contains(w.actions, string(a))
}

// Watch subscribes a socket. answer makes the message by which the client learns the id of
// the subscription, before its first event, or none; what is committed after the token in it is told.
// With Since, Watch returns when the past was told, and waits for a client that takes its time.
// Faults: NotFound for a collection that does not exist, Invalid for a view, and for
// options that cannot be used; Forbidden for a filter that only superusers may use; a
// LimitError where there are too many.
func (h *Hub) Watch(ctx context.Context, c *Client, w Watch, answer func(id string, token change.Token) []byte) error {
	t, err := h.watchTopic(ctx, c.Caller(), w)
	if err != nil {
		return err
	}
	defer h.attached()
	if err := h.attach(ctx); err != nil {
		return err
	}
	var past *change.Subscription
	if w.Since != "" {
		past, _, err = h.app.Changes().Subscribe(ctx, w.Since)
		if err != nil && !errors.Is(err, change.ErrGone) {
			return err
		}
	}
	if past != nil {
		defer past.Close()
		t.watch.behind, t.watch.after = true, w.Since.End()
	}
	if t.watch.room, err = h.app.Budgets().Topics.TryAcquire(c.Caller().Share(), w.size()); err != nil {
		return err
	}
	if err := h.join(c, t, w.Since, answer); err != nil {
		t.watch.room.Release()
		return err
	}
	if past == nil {
		return nil
	}
	return h.replay(ctx, c, t, past)
}

// join puts a topic of a socket into its group, and answers. Who asked for a past that is
// not known any more is told to begin anew.
func (h *Hub) join(c *Client, t *topic, since change.Token, answer func(id string, token change.Token) []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.admit(c, t); err != nil {
		return err
	}
	if t.text == "" {
		c.socket.last++
		t.text = strconv.Itoa(c.socket.last)
	}
	h.subscribe(c, []*topic{t})
	token := h.token
	if t.watch.behind { // the client has nothing newer yet
		token = since
	}
	if data := answer(t.text, token); data != nil {
		c.send(Message{Data: data, Mark: answered})
	}
	if since != "" && !t.watch.behind {
		h.resetTopic(c, t)
	}
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
	if w.View != nil {
		return h.viewTopic(ctx, caller, in, w)
	}
	if err := h.app.Records().CheckFilter(ctx, caller, in.ID, w.Filter, nil); err != nil {
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
	o := options{raw: string(raw), filter: w.Filter, filtered: w.Filter != "", expand: w.Expand, fields: fields, query: url.Values{}, headers: http.Header{}}
	for key, value := range w.Query {
		o.query.Set(key, plain(value))
	}
	for key, value := range w.Headers {
		o.headers.Set(key, plain(value))
	}
	return &topic{text: w.ID, collection: in.ID, record: w.Record, options: o, watch: &watch{actions: w.Actions}}, nil
}

// size is how many bytes the subscription takes in memory, above what is free.
func (w *Watch) size() int64 {
	const free = 2 << 10
	size := len(w.Filter) + len(w.Expand) + len(w.Fields) + len(w.ID) + len(w.Key)
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
	if t.watch.behind { // replay does so
		t.watch.again = true
		return
	}
	c.send(Message{Topic: t.text, Mark: &Mark{Reset, h.token}})
}
