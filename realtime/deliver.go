// Delivery: the hub finds the groups that watch a changed record, has the record service
// judge the change for each group, and queues the messages.

package realtime

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// deliverBatch delivers changes in their order, and tells where each transaction ends.
func (h *Hub) deliverBatch(ctx context.Context, batch change.Batch) {
	for i := range batch.Changes {
		c := &batch.Changes[i]
		h.deliver(ctx, c)
		token := batch.Token.At(c.Seq)
		last := i+1 == len(batch.Changes)
		if last && token == batch.Token || !last && batch.Changes[i+1].Seq != c.Seq {
			h.endTransaction(token)
		}
	}
}

// deliver queues the messages of a change for all who may see it.
func (h *Hub) deliver(ctx context.Context, c *change.Change) {
	h.mu.Lock()
	h.begun = c.Position()
	h.mu.Unlock()
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
	for _, at := range places(collection, c.Record) {
		for _, g := range h.groupsAt(at) {
			if g.options.lister != nil { // which names all that it reads: see touchReaders
				continue
			}
			if err := h.deliverTo(ctx, at, g, c); err != nil && ctx.Err() == nil {
				h.touchGroup(g)
				h.app.Log().Warn("realtime: judge a change", "collection", collection.Name, "record", c.Record, "error", err)
			}
		}
	}
}

// reset tells those who watch records of a collection whose definition was changed, or whose
// table was written by SQL: anything may be different. Streams end. Those with a reviewer
// have been asked: see review.
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

// resetGroup has all members of a group begin anew. The lock must be held.
func (h *Hub) resetGroup(g *group) {
	for c, topics := range g.members {
		if c.socket == nil {
			c.end(ErrGap)
			continue
		}
		for _, t := range topics {
			h.resetTopic(c, c.topics[t])
		}
	}
}

// maxRounds is how often a change is judged anew because clients sign in or out meanwhile.
const maxRounds = 10

// deliverTo judges a change for a group and queues the messages. The clients' tokens are
// looked at after that: one that is good then was good when the change was judged. Clients
// who were somebody else are judged again.
func (h *Hub) deliverTo(ctx context.Context, at place, g *group, c *change.Change) error {
	var only map[*Client]bool // nil: all
	for range maxRounds {
		a := h.audience(ctx, at, g, only)
		shown, err := h.app.Records().Show(ctx, a.Audience, *c)
		if errors.Is(err, change.ErrGone) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.resetGroup(g)
			return nil
		}
		if err != nil {
			return err
		}
		h.settle(ctx, g, only)
		if only = h.queue(a, c.Position(), shown); len(only) == 0 {
			return nil
		}
	}
	for client := range only {
		client.end(ErrGap)
	}
	return nil
}

// groupsAt returns the groups of a place.
func (h *Hub) groupsAt(at place) []*group {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Values(h.groups[at]))
}

// places are where the record is watched: by the id of its collection and by its name.
func places(c *schema.Collection, record string) []place {
	list := []place{{c.ID, ""}, {c.ID, record}}
	if c.Name != c.ID {
		list = append(list, place{c.Name, ""}, place{c.Name, record})
	}
	return list
}

// audience is a group at the moment of a change: its members by their place in Auth.
type audience struct {
	record.Audience
	message func(record.Shown) []byte // the data of an event
	members [][]recipient
}

// recipient is a client and its topics in a group.
type recipient struct {
	client *Client
	topics []string
	auth   *record.Record
}

// audience returns the members of a group as they are now, or some of them. Clients of one
// account are judged once.
func (h *Hub) audience(ctx context.Context, at place, g *group, only map[*Client]bool) *audience {
	a := &audience{}
	a.message = g.options.ask(ctx, &a.Audience)
	a.View, a.Transitions = at.record != "", g.transitions
	a.Request = record.Caller{Context: "realtime", Method: "GET", Query: g.options.query, Headers: g.options.headers}
	known := map[string]int{}
	h.mu.Lock()
	defer h.mu.Unlock()
	for c, topics := range g.members {
		if only != nil && !only[c] {
			continue
		}
		i, ok := known[c.account]
		if !ok {
			i = len(a.Auth)
			known[c.account] = i
			a.Auth, a.members = append(a.Auth, c.auth), append(a.members, nil)
		}
		a.members[i] = append(a.members[i], recipient{c, topics, c.auth})
	}
	return a
}

// encoded is what makes the bytes of a message: what is shown, which may be shared, and an
// action.
type encoded struct {
	json   *byte
	tree   *record.Branch
	err    error
	action change.Action
}

// queue sends what each of the audience is shown. Who sees the same shares the bytes. It
// returns the clients who have another identity by now than the one that was judged.
func (h *Hub) queue(a *audience, at change.Position, shown []record.Shown) (again map[*Client]bool) {
	made := map[encoded][]byte{}
	for i, s := range shown {
		var data []byte
		if s.Seen() {
			e := encoded{tree: s.Tree, action: s.Action, err: s.Err}
			if len(s.JSON) > 0 {
				e.json = &s.JSON[0]
			}
			if data = made[e]; data == nil {
				data = a.message(s)
				made[e] = data
			}
		}
		again = h.sendTo(a.members[i], at, s.Action, data, again)
	}
	return again
}

// message is the data of an event.
func (o *options) message(ctx context.Context, s record.Shown) []byte {
	data := append(make([]byte, 0, len(s.JSON)+40), `{"record":`...)
	if s.Action == record.Leave {
		data = append(data, s.JSON...)
	} else {
		data = o.fields.Append(ctx, data, s.JSON)
	}
	return append(data, `,"action":"`+string(s.Action)+`"}`...)
}

// sendTo sends the data, if there is any, to clients of one account. To again it adds those
// whose identity is not the judged one any more.
func (h *Hub) sendTo(list []recipient, at change.Position, action change.Action, data []byte, again map[*Client]bool) map[*Client]bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range list {
		if r.client.account != account(r.auth) {
			if again == nil {
				again = map[*Client]bool{}
			}
			again[r.client] = true
			continue
		}
		if data == nil {
			continue
		}
		for _, text := range r.topics {
			t, subscribed := r.client.topics[text]
			switch {
			case !subscribed:
			case r.client.socket == nil:
				r.client.send(Message{Topic: text, Data: data})
			case t.watch.window != nil:
				h.touch(t.watch.window)
			case t.watch.wants(action) && t.watch.isLive(at):
				h.hold(r.client, t, data)
			}
		}
	}
	return again
}
