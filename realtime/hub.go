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

	wanted chan struct{} // capacity 1; somebody has subscribed
	doubts chan struct{} // capacity 1; the account of a socket may have changed

	judgements judgements // the changes that replays need judged

	begins, ends func() // see OnDelivery

	delivered, dropped atomic.Uint64    // see Figures
	lag                *tally.Histogram // see Figures

	mu             sync.Mutex // guards the fields below, and the fields that Client names
	clients        map[string]*Client
	groups         map[place]map[key]*group
	doubted        map[*Client]bool     // those of clients
	feed           *change.Subscription // nil while nobody has subscribed; read by Run alone
	begun          change.Position      // of the change that is delivered, or was last, while there is a feed
	ending         *ending              // set while the last change of a transaction is delivered
	attaching      int                  // calls of attach that have not subscribed yet
	token          change.Token         // of the last transaction that was delivered as a whole, while there is a feed
	sockets        map[*Client]bool     // those of clients
	filteredGroups int                  // groups of sockets that have a filter
	holding        []*Client            // sockets that have events of a transaction which has not ended

	windows map[windowKey]*window
	readers map[string]map[*window]bool // by what they depend on: see window.reads
	due     []*window                   // to be read

	laggards []*replaying  // clients that have fallen behind
	lagging  chan struct{} // capacity 1; there are laggards

	windowDue  chan struct{} // capacity windowWorkers; something is due
	clockEvery time.Duration
}

// Figures are the counters of a Hub since its start, for metrics.
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

// place is what topics name: a collection as clients name it, and a record or "".
type place struct{ collection, record string }

// key is what the subscriptions of a group have in common, beside their place.
type key struct {
	raw    string // options.raw
	socket bool   // streams learn nothing of what enters or leaves their sight
}

// group is the subscriptions to a place with the same options. They are judged together.
type group struct {
	options     *options             // shared by the topics of all members
	transitions bool                 // of sockets: see record.Audience
	members     map[*Client][]*topic // what they have subscribed to
	crowd       *crowd               // the members, if it was asked for since they changed
}

// New returns the hub of an app, which need not be open yet. It works while the app
// serves. Make one for each app, before requests are served.
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

// subscribe puts the client's topics into their groups. The lock must be held.
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

// unsubscribe takes the client out of all groups. The lock must be held.
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

// dropIfEmpty forgets a group, to which the topic belonged, that has no members. The lock
// must be held.
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

// attach makes the hub follow the feed. What is committed after it returns is delivered. The
// hub does not leave the feed before attached is called, which must be.
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
	if h.feed != nil { // somebody else was first
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

// attached lets the hub leave the feed when nobody is subscribed.
func (h *Hub) attached() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.attaching--
}

// run follows the feed while somebody has subscribed, until ctx ends.
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

// follow delivers what comes, until nobody is subscribed any more. A feed that was too
// fast, or could not be read, is resumed.
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

// resume replaces a feed that has ended by one that goes on where it was.
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

// detach replaces the feed by another one, or none.
func (h *Hub) detach(feed, next *change.Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.feed == feed {
		h.feed = next
	}
}

// detachIfUnused reports whether nobody is subscribed to a collection any more; the feed
// is the hub's no more then.
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
