// The hub: clients, the groups of their subscriptions, and the loop that follows the feed.

package realtime

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/tally"
)

// retryPause is the pause of the hub after an error of the feed.
const retryPause = time.Second

// Hub sends the changes of records to connected clients. It is safe for concurrent use.
type Hub struct {
	app   *core.App
	auth  *auth.Service
	hooks Hooks

	wanted chan struct{} // capacity 1; receives when the hub has to follow the feed
	doubts chan struct{} // capacity 1; the account of a socket may have changed

	judgements judgements // the changes that replays need judged

	begins, ends func() // see OnDelivery

	delivered, dropped atomic.Uint64    // see Figures
	lag                *tally.Histogram // see Figures

	mu             sync.Mutex // guards the fields below, and the fields that Client names
	clients        map[string]*Client
	groups         map[place]map[key]*group
	doubted        map[*Client]bool     // the clients whose account is in doubt
	feed           *change.Subscription // nil without subscriptions; only run reads the feed
	begun          change.Position      // of the last delivery that has begun, while there is a feed
	ending         *ending              // set while the last change of a transaction is delivered
	attaching      int                  // calls of attach that have not subscribed yet
	token          change.Token         // of the last transaction that was delivered whole, with a feed
	sockets        map[*Client]bool     // the clients that are sockets
	filteredGroups int                  // groups of sockets that have a filter
	holding        []*Client            // sockets that hold events of a transaction that has not ended

	windows map[windowKey]*window
	readers map[string]map[*window]bool // by the collections that they depend on: see window.reads
	due     []*window                   // the windows to read

	laggards []*replaying  // clients that have fallen behind
	lagging  chan struct{} // capacity 1; there are laggards

	windowDue  chan struct{} // capacity windowWorkers; receives when a window is due
	clockEvery time.Duration
}

// Figures holds the counters of a Hub since its start, for metrics.
type Figures struct {
	Streams, Sockets int                // connected clients
	Delivered        uint64             // messages queued for a client
	Dropped          uint64             // clients ended because their queue was full
	Lag              tally.Distribution // from a change to the queueing of its last message
}

func newLag() *tally.Histogram {
	const ms = time.Millisecond
	return tally.Durations(ms, 5*ms, 10*ms, 50*ms, 100*ms, 500*ms, 1000*ms, 5000*ms, 30_000*ms)
}

// Figures returns the present figures.
func (h *Hub) Figures() Figures {
	f := Figures{Delivered: h.delivered.Load(), Dropped: h.dropped.Load(), Lag: h.lag.Read()}
	h.mu.Lock()
	defer h.mu.Unlock()
	f.Sockets = len(h.sockets)
	f.Streams = len(h.clients) - f.Sockets
	return f
}

// place is the collection of a topic, by id or name as the client has sent it, and the id of its
// record, "" for all records.
type place struct{ collection, record string }

// key identifies a group among the groups of a place.
type key struct {
	raw    string // options.raw
	socket bool   // streams get no message when a record enters or leaves the filter or the rule
}

// group holds the subscriptions to a place with the same options. They are judged together.
type group struct {
	options     *options             // shared by the topics of all members
	transitions bool                 // of sockets: see record.Audience
	members     map[*Client][]*topic // the subscriptions of each client
	crowd       *crowd               // made from members when needed; nil after members have changed
}

// New returns the hub of an app, which need not be open yet. The hub works while the app serves. An
// app has one hub, which must be made before requests are served.
func New(app *core.App, auth *auth.Service) *Hub {
	h := &Hub{app: app, auth: auth, begins: func() {}, ends: func() {}, lag: newLag(), wanted: make(chan struct{}, 1), clients: map[string]*Client{}, groups: map[place]map[key]*group{}, sockets: map[*Client]bool{}, doubted: map[*Client]bool{},
		doubts: make(chan struct{}, 1), judgements: judgements{ready: make(chan struct{}, maxReplays), open: map[judgementKey]*judgement{}},
		windows: map[windowKey]*window{}, readers: map[string]map[*window]bool{}, lagging: make(chan struct{}, 1), windowDue: make(chan struct{}, windowWorkers), clockEvery: clockEvery}
	app.OnCommitted(h.doubt)
	app.OnPublished(sendTopic, h.receive)
	app.Go("realtime", h.run)
	app.Go("realtime identities", h.watchIdentities)
	app.Go("realtime windows", h.keepWindows)
	app.Go("realtime laggards", h.catchUp)
	app.Go("realtime replays", h.judgeReplays)
	return h
}

// OnDelivery sets two functions: the hub calls begins before it queues the messages of a change for
// all clients, and ends after that. Many clients become ready between the two calls. Both calls
// come from the same goroutine. The functions must be quick, and must not call the hub. OnDelivery
// must be called before requests are served.
func (h *Hub) OnDelivery(begins, ends func()) { h.begins, h.ends = begins, ends }

// Open makes a client of server-sent events. pin identifies the origin of the connection: Subscribe
// must be called with the same pin. The caller of Open must Close the client.
func (h *Hub) Open(pin string) *Client {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	c := &Client{ID: schema.RandomString(40, alphabet), hub: h, pin: pin}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clients[c.ID] = c
	return c
}

// subscribe adds the client's topics to their groups. The lock must be held.
func (h *Hub) subscribe(c *Client, topics []*topic) {
	for _, t := range topics {
		if _, twice := c.topics[t.text]; twice {
			continue
		}
		if c.topics == nil {
			c.topics = map[string]*topic{}
		}
		c.topics[t.text] = t
		if t.collection == "" {
			continue
		}
		at := t.place()
		if h.groups[at] == nil {
			h.groups[at] = map[key]*group{}
		}
		g := h.groups[at][t.key()]
		if g == nil {
			g = &group{options: t.options, transitions: t.watch != nil, members: map[*Client][]*topic{}}
			h.groups[at][t.key()] = g
			h.filteredGroups += t.filtered()
		}
		g.members[c] = append(g.members[c], t)
		t.group, t.options, g.crowd = g, g.options, nil
	}
}

// unsubscribe removes the client from all groups. The lock must be held.
func (h *Hub) unsubscribe(c *Client) {
	for _, t := range c.topics {
		if g := t.group; g != nil {
			delete(g.members, c)
			t.group, g.crowd = nil, nil
			h.dropIfEmpty(t, g)
		}
	}
	clear(c.topics)
}

// dropIfEmpty removes a group, to which the topic belonged, if it has no members. The lock must be
// held.
func (h *Hub) dropIfEmpty(t *topic, g *group) {
	at := t.place()
	if len(g.members) == 0 {
		delete(h.groups[at], t.key())
		h.filteredGroups -= t.filtered()
	}
	if len(h.groups[at]) == 0 {
		delete(h.groups, at)
	}
}

// attach makes the hub follow the feed. Changes that are committed after attach has returned are
// delivered. The hub does not leave the feed before attached; the caller must call attached.
func (h *Hub) attach(ctx context.Context) error {
	h.mu.Lock()
	attached := h.feed != nil
	h.attaching++
	h.mu.Unlock()
	if attached {
		return nil
	}
	feed, token, err := h.app.Changes().Subscribe(ctx, "")
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.feed != nil { // another call was first
		feed.Close()
		return nil
	}
	h.feed, h.token, h.begun = feed, token, token.End()
	select {
	case h.wanted <- struct{}{}:
	default:
	}
	return nil
}

// attached ends a call of attach: the hub may leave the feed when there are no subscriptions.
func (h *Hub) attached() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.attaching--
}

// run follows the feed while there are subscriptions, until ctx ends.
func (h *Hub) run(ctx context.Context) error {
	for {
		h.mu.Lock()
		feed := h.feed
		h.mu.Unlock()
		if feed == nil {
			select {
			case <-ctx.Done():
				return nil
			case <-h.wanted:
			}
			continue
		}
		err := h.follow(ctx, feed)
		feed.Close()
		switch {
		case ctx.Err() != nil || errors.Is(err, change.ErrClosed):
			h.detach(feed, nil)
			return nil
		case err != nil:
			h.app.Log().Warn("realtime: read the change feed", "error", err)
			h.endAll()
		}
	}
}

// follow delivers the changes of the feed until there are no subscriptions. follow resumes a feed
// that has ended with ErrSlow or could not be read.
func (h *Hub) follow(ctx context.Context, feed *change.Subscription) error {
	var token change.Token
	for {
		batch, err := feed.Next(ctx)
		switch {
		case err == nil:
		case ctx.Err() != nil || errors.Is(err, change.ErrClosed) || errors.Is(err, change.ErrGone) || token == "":
			return err
		default:
			if feed, err = h.resume(ctx, feed, token); err != nil {
				return err
			}
			continue
		}
		h.deliverBatch(ctx, batch)
		token = batch.Token
		if h.detachIfUnused(feed) {
			return nil
		}
	}
}

// resume replaces a feed that has ended by a feed that continues at the token.
func (h *Hub) resume(ctx context.Context, feed *change.Subscription, token change.Token) (*change.Subscription, error) {
	for {
		next, _, err := h.app.Changes().Subscribe(ctx, token)
		if err == nil {
			h.detach(feed, next)
			return next, nil
		}
		if errors.Is(err, change.ErrGone) || errors.Is(err, change.ErrClosed) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(retryPause):
		}
	}
}

// detach replaces the feed by next, which may be nil.
func (h *Hub) detach(feed, next *change.Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.feed == feed {
		h.feed = next
	}
}

// detachIfUnused reports whether there are no subscriptions to collections any more. Then it also
// sets Hub.feed to nil.
func (h *Hub) detachIfUnused(feed *change.Subscription) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.groups) > 0 || h.attaching > 0 {
		return false
	}
	if h.feed == feed {
		h.feed = nil
	}
	return true
}

// endAll disconnects all clients after the hub has missed changes. The next subscription
// attaches the hub to the feed again.
func (h *Hub) endAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.feed = nil
	for _, c := range h.clients {
		c.end(ErrGap)
	}
}
