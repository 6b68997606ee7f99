// Delivery: the hub finds the groups that watch a changed record, has the record service
// judge the change for each group, and queues the messages.

package realtime

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// deliverBatch delivers changes in their order, and calls endTransaction after the last change of
// each transaction.
func (h *Hub) deliverBatch(ctx context.Context, batch change.Batch) {
	for i := range batch.Changes {
		c := &batch.Changes[i]
		token := batch.Token.At(c.Seq)
		last := i+1 == len(batch.Changes)
		ends := last && token == batch.Token || !last && batch.Changes[i+1].Seq != c.Seq
		h.mu.Lock()
		h.begun, h.ending = c.Position(), nil
		if ends {
			h.ending = &ending{&Mark{Event, token}, token.End()}
		}
		h.mu.Unlock()
		h.deliver(ctx, c)
		h.lag.Add(int64(max(0, h.app.Now().Sub(c.At))))
		if ends {
			h.endTransaction()
		}
	}
}

// deliver queues the messages of a change for all clients that may see the change.
func (h *Hub) deliver(ctx context.Context, c *change.Change) {
	collection := h.app.Snapshot().ByID(c.Collection)
	if c.Kind == change.Collection {
		h.review(c)
	}
	if c.Kind == change.Settings || collection == nil {
		return
	}
	h.touchReaders(collection.ID)
	if c.Kind == change.Collection {
		h.reset(collection)
		return
	}
	if collection.IsAuth() {
		h.accountChanged(c)
	}
	if list := h.telling(collection, c.Record); len(list) > 0 {
		h.tell(ctx, list, c)
	}
}

// reset resets the subscriptions to records of a collection whose definition was changed, or whose
// table was written by SQL, because any record may be different. Streams end. review has checked
// the subscriptions with a reviewer.
func (h *Hub) reset(collection *schema.Collection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for at, groups := range h.groups {
		if at.collection != collection.ID && at.collection != collection.Name {
			continue
		}
		for _, g := range groups {
			if g.options.reviewer == nil {
				h.resetGroup(g)
			}
		}
	}
}

// resetGroup resets all subscriptions of a group, and ends its streams. The lock must be held.
func (h *Hub) resetGroup(g *group) {
	for c, topics := range g.members {
		if c.socket == nil {
			c.end(ErrGap)
			continue
		}
		for _, t := range topics {
			h.resetTopic(c, t)
		}
	}
}

// maxRounds is the maximum number of times that a change is judged because clients sign in or out
// meanwhile.
const maxRounds = 10

// telling is a group that gets a change.
type telling struct {
	at    place
	group *group
	only  map[*Client]bool // the members to tell; nil: all
	asked *audience
}

// telling returns the groups of all places where the record is watched.
func (h *Hub) telling(c *schema.Collection, record string) (list []*telling) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, at := range places(c, record) {
		for _, g := range h.groups[at] {
			if g.options.lister == nil { // touchReaders finds live queries with a lister
				list = append(list, &telling{at: at, group: g})
			}
		}
	}
	return list
}

// tell judges a change for groups, in one transaction, and queues the messages. The tokens of the
// clients are checked after the judgement: a token that is valid then was valid at the judgement.
// Clients whose account has changed are judged again.
func (h *Hub) tell(ctx context.Context, list []*telling, c *change.Change) {
	for range maxRounds {
		audiences := make([]record.Audience, len(list))
		for i, t := range list {
			t.asked = h.audience(ctx, t.at, t.group, t.only)
			audiences[i] = t.asked.Audience
		}
		shown, err := h.app.Records().ShowAll(ctx, audiences, *c)
		if err != nil && len(list) > 1 && !errors.Is(err, change.ErrGone) { // maybe of one group only
			for _, t := range list {
				h.tell(ctx, []*telling{t}, c)
			}
			return
		}
		if err != nil {
			h.untold(ctx, list, c, err)
			return
		}
		for _, t := range list {
			h.settle(ctx, t.group, t.only)
		}
		if list = h.queueAll(list, c.Position(), shown); len(list) == 0 {
			return
		}
	}
	for _, t := range list {
		for client := range t.only {
			client.end(ErrGap)
		}
	}
}

// untold handles groups for which a change cannot be judged. If the earlier state of the record is
// no longer known, all their subscriptions are reset.
func (h *Hub) untold(ctx context.Context, list []*telling, c *change.Change, err error) {
	gone := errors.Is(err, change.ErrGone)
	if !gone && ctx.Err() == nil {
		h.app.Log().Warn("realtime: judge a change", "collection", c.Collection, "record", c.Record, "error", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range list {
		if gone {
			h.resetGroup(t.group)
		} else {
			h.touchGroup(t.group)
		}
	}
}

// places returns the places of subscriptions to the record: with the id and with the name of its
// collection.
func places(c *schema.Collection, record string) []place {
	list := []place{{c.ID, ""}, {c.ID, record}}
	if c.Name != c.ID {
		list = append(list, place{c.Name, ""}, place{c.Name, record})
	}
	return list
}

// audience is a group at the moment of a change.
type audience struct {
	record.Audience
	*crowd
	message func(record.Shown) []byte // the data of an event
}

// crowd is the members of a group by account: a change is judged once for each account. A crowd is
// immutable.
type crowd struct {
	auth    []*record.Record
	members [][]recipient // the clients of each account, by index of auth
	expires time.Time     // when the first token of the members expires; zero: never
}

// recipient is a client with its topics in a group.
type recipient struct {
	client *Client
	topics []*topic
	auth   *record.Record
}

// audience returns the present members of a group or, with only, some of them.
func (h *Hub) audience(ctx context.Context, at place, g *group, only map[*Client]bool) *audience {
	a := g.options.audience(ctx, at)
	a.Transitions = g.transitions
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case only != nil:
		a.crowd = g.gather(only)
	case g.crowd == nil:
		g.crowd = g.gather(nil)
		fallthrough
	default:
		a.crowd = g.crowd
	}
	a.Auth = a.auth
	return a
}

// audience returns an audience without members, for subscriptions to a place with these options.
func (o *options) audience(ctx context.Context, at place) *audience {
	a := &audience{}
	a.message = o.ask(ctx, &a.Audience)
	a.View = at.record != ""
	a.Request = record.Caller{Context: "realtime", Method: "GET", Query: o.query, Headers: o.headers}
	return a
}

// gather returns the members of the group, or some of them. Hub.mu must be held.
func (g *group) gather(only map[*Client]bool) *crowd {
	all := &crowd{}
	known := map[string]int{}
	for c, topics := range g.members {
		if only != nil && !only[c] {
			continue
		}
		i, ok := known[c.account]
		if !ok {
			i = len(all.auth)
			known[c.account] = i
			all.auth, all.members = append(all.auth, c.auth), append(all.members, nil)
		}
		all.members[i] = append(all.members[i], recipient{c, slices.Clone(topics), c.auth})
		if !c.expires.IsZero() && (all.expires.IsZero() || c.expires.Before(all.expires)) {
			all.expires = c.expires
		}
	}
	return all
}

// encoded identifies the data of an event: the data is the same for equal values. json is the first
// byte of the JSON, which members may share.
type encoded struct {
	json   *byte
	tree   *record.Branch
	err    error
	action change.Action
}

// messages is the data of the events of one change. Members that see the same share the bytes.
type messages map[encoded][]byte

// of returns the data of an event for a member of the audience, nil if the member sees nothing.
func (m messages) of(a *audience, s record.Shown) []byte {
	if !s.Seen() {
		return nil
	}
	e := encoded{tree: s.Tree, action: s.Action, err: s.Err}
	if len(s.JSON) > 0 {
		e.json = &s.JSON[0]
	}
	if m[e] == nil {
		m[e] = a.message(s)
	}
	return m[e]
}

// queueAll queues the messages of a change for all groups; shown has a list for each group. It
// returns the groups with clients that have to be judged again, and sets only to these clients.
func (h *Hub) queueAll(list []*telling, at change.Position, shown [][]record.Shown) (again []*telling) {
	h.begins()
	defer h.ends()
	for i, t := range list {
		if t.only = h.queue(t.asked, at, shown[i]); len(t.only) > 0 {
			again = append(again, t)
		}
	}
	return again
}

// queue queues the messages of a change for an audience; shown has an element for each account of
// the audience. It returns the clients whose account is no longer the judged account.
func (h *Hub) queue(a *audience, at change.Position, shown []record.Shown) (again map[*Client]bool) {
	made := messages{}
	for i, s := range shown {
		data := made.of(a, s)
		again = h.sendTo(a.members[i], at, s.Action, data, again)
	}
	return again
}

// message returns the data of an event.
func (o *options) message(ctx context.Context, s record.Shown) []byte {
	data := append(make([]byte, 0, len(s.JSON)+40), `{"record":`...)
	if s.Action == record.Leave {
		data = append(data, s.JSON...)
	} else {
		data = o.fields.Append(ctx, data, s.JSON)
	}
	return append(data, `,"action":"`+string(s.Action)+`"}`...)
}

// sendTo sends the data, if there is any, to clients of one account. It adds clients whose account
// is no longer the judged one to again.
func (h *Hub) sendTo(list []recipient, at change.Position, action change.Action, data []byte, again map[*Client]bool) map[*Client]bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range list {
		if r.client.auth != r.auth && r.client.account != account(r.auth) {
			if again == nil {
				again = map[*Client]bool{}
			}
			again[r.client] = true
			continue
		}
		if data == nil {
			continue
		}
		for _, t := range r.topics {
			if t.group == nil { // the client may have subscribed again meanwhile
				if t = r.client.topics[t.text]; t == nil {
					continue
				}
			}
			switch {
			case t.watch == nil:
				r.client.send(Message{Topic: t.text, Data: data})
			case t.watch.window != nil:
				h.touch(t.watch.window)
			case t.watch.wants(action) && t.watch.isLive(at):
				h.hold(r.client, t, data)
			}
		}
	}
	return again
}
