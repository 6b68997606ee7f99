// Windows: lists with a sort and a limit, which the hub keeps up to date for their clients.

package realtime

import (
	"context"
	"errors"
	"hash/maphash"
	"time"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// The size of a window, in records.
const (
	defaultWindow = 100
	maxWindow     = 500
)

// view is the sort and the limit of a live query.
type view struct {
	sort  string
	limit int
}

// window is the list of a live query for one account. All members have received the same state,
// except the members that wait for their first state. Hub.mu guards a window.
type window struct {
	key     windowKey
	topic   *topic // the topic of any member; it defines the list
	members map[*topic]*Client
	rows    []row    // the rows of the state that was sent last
	reads   []string // see record.Listing, "" stands for all collections
	clock   bool     // the list depends on the time
	dirty   bool     // the list may have changed
	busy    bool     // a read is scheduled or under way; there is only one at a time
	last    time.Time
}

// windowKey identifies a window.
type windowKey struct{ collection, raw, account string }

// row is a record of a window, without its contents.
type row struct {
	id  string
	sum uint64 // of its JSON
}

// listed is a row with its JSON.
type listed struct {
	row
	json []byte
}

// watchWindow subscribes a socket to a window. The first state is sent after the answer.
func (h *Hub) watchWindow(ctx context.Context, c *Client, t *topic, answer answerFunc) error {
	// A client that reads no messages cannot collect states.
	if err := c.waitForRoom(ctx); err != nil {
		return err
	}
	for range maxRounds {
		caller := h.settled(ctx, c)
		joined, begun, err := h.joinKnown(c, t, account(caller.Auth), answer)
		if joined || err != nil {
			return err
		}
		list, listing, err := h.state(ctx, caller, t, false)
		if err != nil {
			return err
		}
		if joined, err = h.joinRead(ctx, c, t, caller, list, listing, begun, answer); joined || err != nil {
			return err
		}
	}
	return fault.New(fault.Unavailable, "")
}

// settled returns the caller of the client, after a check of its token if need be.
func (h *Hub) settled(ctx context.Context, c *Client) record.Caller {
	if h.unsettled(c) {
		h.look(ctx, c)
	}
	return c.Caller()
}

// state reads the present state of a window. The data of a lister is one row.
func (h *Hub) state(ctx context.Context, caller record.Caller, t *topic, update bool) ([]listed, *record.Listing, error) {
	if t.options.lister != nil {
		data, listing, err := t.options.lister.List(ctx, caller, update)
		return []listed{{row{"", maphash.Bytes(seed, data)}, data}}, listing, err
	}
	listing, err := h.list(ctx, caller, t, "", update)
	if err != nil {
		return nil, nil, err
	}
	return t.rows(ctx, listing), listing, nil
}

// stateData returns the data of a state.
func (t *topic) stateData(list []listed) []byte {
	if t.options.lister != nil {
		return list[0].json
	}
	return snapshotData(list, false)
}

// list reads the records of a topic: for a window as many as it shows, else all. The fault is a
// LimitError if they are too many or too large.
func (h *Hub) list(ctx context.Context, caller record.Caller, t *topic, since change.Token, update bool) (*record.Listing, error) {
	caller.Query, caller.Headers = t.options.query, t.options.headers
	p := record.ListingParams{Record: t.record, Filter: t.options.filter, Expand: t.watch.shape.expand, Since: since}
	if v := t.watch.view; v != nil {
		p.Sort, p.Limit = v.sort, v.limit
	}
	listing, err := h.app.Records().Listing(ctx, caller, t.collection, p, update)
	if errors.Is(err, record.ErrListingSize) {
		var size *fault.Error
		errors.As(err, &size)
		return nil, &LimitError{Code: tooLarge, Err: size}
	}
	return listing, err
}

// tooLarge is the code of a snapshot that exceeds its limits.
const tooLarge = "snapshot_too_large"

// joinKnown subscribes to a window that other clients watch already: the client waits for the next
// state. begun is the position of the hub, for joinRead.
func (h *Hub) joinKnown(c *Client, t *topic, account string, answer answerFunc) (joined bool, begun change.Position, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.account != account {
		return false, h.begun, nil
	}
	w := h.windows[t.windowKey(account)]
	if w == nil {
		return false, h.begun, nil
	}
	if err := h.join(c, t, "", answer); err != nil {
		return false, h.begun, err
	}
	h.enter(w, c, t)
	return true, h.begun, nil
}

// joinRead subscribes to a window whose first state is a listing. It returns false if the account
// of the client is no longer the caller that has read the listing.
func (h *Hub) joinRead(ctx context.Context, c *Client, t *topic, caller record.Caller, list []listed, listing *record.Listing, begun change.Position, answer answerFunc) (bool, error) {
	first := t.stateData(list)
	// A token that is valid now was valid when the listing was read.
	h.settled(ctx, c)
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.auth != caller.Auth {
		return false, nil
	}
	if err := h.join(c, t, "", answer); err != nil {
		return false, err
	}
	w := h.windowFor(t, c.account)
	if len(w.members) > 0 { // another client has joined first
		h.enter(w, c, t)
		return true, nil
	}
	w.members[t], t.watch.window = c, w
	w.rows = rowsOf(list)
	h.setReads(w, listing)
	w.last = time.Now()
	c.send(Message{Topic: t.text, Data: first, Mark: &Mark{Snapshot, h.token}})
	if h.begun != begun { // the listing may lack changes that were delivered meanwhile
		h.touch(w)
	}
	return true, nil
}

// windowFor returns the window of a topic for an account, and makes it if need be. The lock must be
// held.
func (h *Hub) windowFor(t *topic, account string) *window {
	key := t.windowKey(account)
	w := h.windows[key]
	if w == nil {
		w = &window{key: key, topic: t, members: map[*topic]*Client{}}
		h.windows[key] = w
	}
	return w
}

func (t *topic) windowKey(account string) windowKey {
	return windowKey{t.collection, t.watch.raw, account}
}

// enter makes a topic a member that waits for a state. The lock must be held.
func (h *Hub) enter(w *window, c *Client, t *topic) {
	w.members[t] = c
	t.watch.window, t.watch.fresh = w, true
	h.touch(w)
}

// leaveWindow ends the membership of a topic. The lock must be held.
func (h *Hub) leaveWindow(t *topic) {
	w := t.watch.window
	if w == nil {
		return
	}
	t.watch.window = nil
	delete(w.members, t)
	if len(w.members) == 0 {
		h.setReads(w, &record.Listing{})
		delete(h.windows, w.key)
	}
}

// moveWindows moves the live queries of a client whose account has changed to the windows of the
// new account. The lock must be held.
func (h *Hub) moveWindows(c *Client) {
	for _, t := range c.topics {
		if t.watch == nil || t.watch.window == nil {
			continue
		}
		h.leaveWindow(t)
		if t.options.lister == nil {
			c.send(Message{Topic: t.text, Mark: &Mark{Reset, h.token}})
		}
		h.enter(h.windowFor(t, c.account), c, t)
	}
}

// setReads sets the collections that the window depends on. The lock must be held.
func (h *Hub) setReads(w *window, listing *record.Listing) {
	for _, id := range w.reads {
		if delete(h.readers[id], w); len(h.readers[id]) == 0 {
			delete(h.readers, id)
		}
	}
	if w.reads = listing.Reads; listing.Restless {
		w.reads = []string{""}
	}
	w.clock = listing.Clock
	for _, id := range w.reads {
		if h.readers[id] == nil {
			h.readers[id] = map[*window]bool{}
		}
		h.readers[id][w] = true
	}
}

// seed is the seed of the sums of rows.
var seed = maphash.MakeSeed()

// rows returns the records of a listing in the form of the topic.
func (t *topic) rows(ctx context.Context, listing *record.Listing) []listed {
	list := make([]listed, len(listing.Items))
	for i, item := range listing.Items {
		json := item.JSON
		if fields := t.watch.shape.fields; fields != nil {
			json = fields.Append(ctx, nil, json)
		}
		list[i] = listed{row{item.ID, maphash.Bytes(seed, json)}, json}
	}
	return list
}

func rowsOf(list []listed) []row {
	rows := make([]row, len(list))
	for i := range list {
		rows[i] = list[i].row
	}
	return rows
}

// snapshotData returns the data of a state, or of a page of a state; more reports whether further
// pages follow.
func snapshotData(list []listed, more bool) []byte {
	size := 40
	for i := range list {
		size += len(list[i].json) + 1
	}
	data := append(make([]byte, 0, size), `{"items":[`...)
	for i := range list {
		if i > 0 {
			data = append(data, ',')
		}
		data = append(data, list[i].json...)
	}
	if more {
		return append(data, `],"more":true}`...)
	}
	return append(data, `],"more":false}`...)
}
