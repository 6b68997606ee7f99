// Subscriptions of sockets: a socket adds one subscription at a time, each with an id.

package realtime

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/budget"
	"github.com/loambase/loam/internal/check"
	"github.com/loambase/loam/internal/wire"
)

// Watch is a subscription of a socket.
type Watch struct {
	Collection string // name or id
	Record     string // id; "" for every record
	Filter     string
	Expand     string
	Fields     string
	Query      map[string]any // the value of @request.query in rules
	Headers    map[string]any // the value of @request.headers in rules
	Actions    []string       // the actions that the client gets events of; empty: all

	// ID names the subscription. It must differ from the ids of all other subscriptions of the
	// socket. The hub gives a number to a subscription whose ID is "".
	ID string

	// Teller, if it is not nil, filters the records and makes the data of events, in place of
	// Filter, Expand and Fields. Two Tellers must have the same Key if they make the same data,
	// and different Keys otherwise.
	Teller Teller
	Key    string
	Bytes  int // bytes of memory of the Teller or the Lister

	// Lister, if it is not nil, makes the subscription a live query that sends the data of the
	// Lister. Of the other fields only ID, Key, Bytes and Collection matter. Each state is sent as
	// a Snapshot with the whole data.
	Lister Lister

	// Since is the token after which changes are sent, past changes included; "" is the present.
	Since change.Token

	// Snapshot makes the hub send all records that the client may see, as Snapshot messages, and
	// then the changes after exactly that state.
	Snapshot bool

	// Sort and Limit make the subscription a live query of the first Limit records (100 if Limit is
	// 0) in the order of Sort. The client gets a Snapshot and then Events. The data of an Event has
	// an action, and the place or the id of a record; the client applies the Events to its list in
	// their order.
	Sort  string
	Limit int
}

// live reports whether the subscription is a live query.
func (w *Watch) live() bool { return w.Sort != "" || w.Limit != 0 || w.Lister != nil }

// answerFunc makes the message by which a client learns of its subscription.
type answerFunc = func(id string, token change.Token) []byte

// watch is the state of a topic of a socket, in addition to its place and options. The fields that
// each event uses are adjacent, for the same reason as in Client.
type watch struct {
	window  *window // the window of a live query
	actions []string
	after   change.Position // changes up to this position were sent
	seen    []int64         // transactions after that position which the snapshot shows
	behind  bool            // replay sends past changes, and the hub sends none
	again   bool            // the subscription has to restart, and replay ends
	fresh   bool            // the client waits for a state of the window
	held    []byte          // the last event of a transaction that has not ended
	heldAt  change.Position

	room  budget.Lease
	shape shape  // how records are shown; the group has the options that judge changes
	view  *view  // of a live query
	raw   string // of a live query: its text; live queries of equal text and account share a window
}

// shape describes the form of shown records: the related records and the fields.
type shape struct {
	expand string
	fields *wire.Fields
}

// isLive reports whether the hub, and not a replay, sends the change at the position.
func (w *watch) isLive(at change.Position) bool {
	return !w.behind && w.after.Before(at) && !w.shows(at.Seq)
}

func (w *watch) wants(a change.Action) bool {
	return len(w.actions) == 0 || slices.Contains(w.actions, string(a))
}

// Watch subscribes a socket, after the Subscribe hooks. answer makes the message that tells the
// client the id of the subscription, sent before the first event unless it is nil. Changes that are
// committed after the token of the answer are sent. With Since or Snapshot, Watch returns when the
// past was sent, and waits for a slow client. Faults: NotFound for a collection that does not
// exist; Invalid for a view, and for options that cannot be used; Forbidden for a filter that only
// superusers may use, and for a snapshot of a collection that only superusers may list; a
// LimitError for too many subscriptions, or too much memory.
func (h *Hub) Watch(ctx context.Context, c *Client, w Watch, answer answerFunc) error {
	e := &SubscribeEvent{Caller: c.Caller(), Client: c.ID, Watch: &w}
	if err := h.runSubscribeHooks(ctx, e); err != nil {
		return err
	}
	t, err := h.watchTopic(ctx, e.Caller, w)
	if err != nil {
		return err
	}
	defer h.attached()
	if err := h.attach(ctx); err != nil {
		return err
	}
	if t.watch.room, err = h.app.Budgets().Topics.TryAcquire(c.Caller().Share(), w.size()); err != nil {
		return err
	}
	switch {
	case w.live():
		err = h.watchWindow(ctx, c, t, answer)
	case w.Snapshot:
		err = h.watchSnapshot(ctx, c, t, answer)
	default:
		err = h.watchSince(ctx, c, t, w.Since, answer)
	}
	if err != nil && !h.subscribed(c, t) {
		t.watch.room.Release()
	}
	return err
}

// watchSince subscribes a socket to the changes after a token, or to all future changes if since is
// "".
func (h *Hub) watchSince(ctx context.Context, c *Client, t *topic, since change.Token, answer answerFunc) error {
	var past *change.Subscription
	if since != "" {
		var err error
		past, _, err = h.app.Changes().Subscribe(ctx, since)
		if err != nil && !errors.Is(err, change.ErrGone) {
			return err
		}
	}
	if past != nil {
		defer past.Close()
		t.watch.behind, t.watch.after, t.watch.seen = true, since.End(), since.Later()
	}
	if err := h.joinNow(c, t, since, answer); err != nil || past == nil {
		return err
	}
	return h.replay(ctx, c, t, past)
}

// subscribed reports whether the topic belongs to the client.
func (h *Hub) subscribed(c *Client, t *topic) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return t.text != "" && c.topics[t.text] == t
}

// joinNow is join with the lock.
func (h *Hub) joinNow(c *Client, t *topic, since change.Token, answer answerFunc) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.join(c, t, since, answer)
}

// join puts a topic of a socket into its group, and sends the answer. The subscription is reset if
// the changes after since are not known any more. The lock must be held.
func (h *Hub) join(c *Client, t *topic, since change.Token, answer answerFunc) error {
	if err := h.admit(c, t); err != nil {
		return err
	}
	if t.text == "" {
		c.socket.last++
		t.text = strconv.Itoa(c.socket.last)
	}
	h.subscribe(c, []*topic{t})
	token := h.token
	if t.watch.behind { // the client has no later state yet
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

// watchTopic checks the options of a subscription and returns its topic.
func (h *Hub) watchTopic(ctx context.Context, caller record.Caller, w Watch) (*topic, error) {
	in := h.app.Snapshot().Find(w.Collection)
	if in == nil {
		return nil, fault.New(fault.NotFound, "Missing collection context.")
	}
	if in.IsView() {
		return nil, fault.New(fault.Invalid, "Views tell of no changes.")
	}
	if w.Lister != nil {
		return listerTopic(in, w), nil
	}
	if w.Teller != nil {
		return h.tellerTopic(ctx, caller, in, w)
	}
	if err := h.app.Records().CheckFilter(ctx, caller, in.ID, w.Filter, nil); err != nil {
		return nil, err
	}
	if err := w.check(); err != nil {
		return nil, err
	}
	fields, err := wire.ParseFields(w.Fields)
	if err != nil {
		return nil, err
	}
	t := &topic{text: w.ID, collection: in.ID, record: w.Record, watch: &watch{actions: w.Actions}}
	if w.live() {
		t.watch.view = &view{w.Sort, cmp.Or(w.Limit, defaultWindow)}
	}
	t.watch.shape = shape{w.Expand, fields}
	judged := w
	if w.live() { // windows are read, so changes are only judged for them
		if t.watch.raw, err = w.text(); err != nil {
			return nil, err
		}
		judged.Expand, judged.Fields, fields = "", "", nil
		judged.Sort, judged.Limit = "", 0
	}
	o := &options{filter: judged.Filter, filtered: judged.Filter != "", expand: judged.Expand, fields: fields}
	if o.raw, err = judged.text(); err != nil {
		return nil, err
	}
	if len(w.Query) > 0 {
		o.query = url.Values{}
	}
	if len(w.Headers) > 0 {
		o.headers = http.Header{}
	}
	for key, value := range w.Query {
		o.query.Set(key, plain(value))
	}
	for key, value := range w.Headers {
		o.headers.Set(key, plain(value))
	}
	t.options = o
	return t, nil
}

// text returns a text that is equal for equal options.
func (w *Watch) text() (string, error) {
	raw, err := json.Marshal(struct { // encoding/json sorts the keys of maps
		Filter, Expand, Fields, Sort string
		Limit                        int
		Query, Headers               map[string]any
	}{w.Filter, w.Expand, w.Fields, w.Sort, w.Limit, w.Query, w.Headers})
	return string(raw), err
}

// check returns the fault of options that exclude each other.
func (w *Watch) check() error {
	fields := fault.Fields{}
	if w.Since != "" && (w.Snapshot || w.live()) {
		fields.Set(fault.Leaf("validation_not_supported", "A snapshot is of the present"), "since")
	}
	if w.live() && w.Record != "" {
		fields.Set(fault.Leaf("validation_not_supported", "A live query is of COLLECTION/*"), "topic")
	}
	if w.live() && len(w.Actions) > 0 {
		fields.Set(fault.Leaf("validation_not_supported", "A live query tells of every action"), "actions")
	}
	if w.Limit != 0 {
		fields.Set(check.Within(w.Limit, 1, maxWindow), "limit")
	}
	if len(fields) > 0 {
		return fault.Invalidate("", fields)
	}
	return nil
}

// size returns the number of bytes of the subscription in memory, minus the bytes that are free of
// charge.
func (w *Watch) size() int64 {
	const free = 2 << 10
	size := len(w.Filter) + len(w.Expand) + len(w.Fields) + len(w.Sort) + len(w.ID) + len(w.Key) + w.Bytes
	if w.live() {
		const perRow = 64
		size += perRow * cmp.Or(w.Limit, defaultWindow)
	}
	for _, m := range []map[string]any{w.Query, w.Headers} {
		for key, value := range m {
			size += len(key) + len(plain(value)) + 100
		}
	}
	return int64(max(2*size-free, 0))
}

// Unwatch ends a subscription of a socket. The fault is NotFound if the socket has no subscription
// with that id.
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

// remove removes one topic of a socket from its group. The lock must be held.
func (h *Hub) remove(c *Client, t *topic) {
	g := t.group
	t.group, g.crowd = nil, nil
	if list := slices.DeleteFunc(g.members[c], func(other *topic) bool { return other == t }); len(list) > 0 {
		g.members[c] = list
	} else {
		delete(g.members, c)
		h.dropIfEmpty(t, g)
	}
	delete(c.topics, t.text)
	h.leaveWindow(t)
	t.watch.held = nil
	t.watch.room.Release()
}

// resetTopic sends a Reset of a subscription to a socket. A window is read again instead, and a
// replay sends the Reset when it ends. The lock must be held.
func (h *Hub) resetTopic(c *Client, t *topic) {
	t.watch.held = nil
	if t.watch.window != nil {
		h.touch(t.watch.window)
		return
	}
	if t.watch.behind { // the replay sends the Reset
		t.watch.again = true
		return
	}
	c.send(Message{Topic: t.text, Mark: &Mark{Reset, h.token}})
}
