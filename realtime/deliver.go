// Delivery: the hub finds the groups that watch a changed record, has the record service
// judge the change for each group, and queues the messages.

package realtime

import (
	"context"
	"maps"
	"slices"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// deliver queues the messages of a change for all who may see it.
func (h *Hub) deliver(ctx context.Context, c *change.Change) {
	collection := h.app.Snapshot().ByID(c.Collection)
	if c.Kind == change.Settings || collection == nil {
		return
	}
	if c.Kind == change.Collection {
		h.reset(collection)
		return
	}
	for _, at := range places(collection, c.Record) {
		for _, g := range h.groupsAt(at) {
			if err := h.deliverTo(ctx, at, g, c); err != nil && ctx.Err() == nil {
				h.app.Log().Warn("realtime: judge a change", "collection", collection.Name, "record", c.Record, "error", err)
			}
		}
	}
}

// reset ends the clients that watch records of a collection whose definition was changed, or
// whose table was written by SQL: anything may be different.
func (h *Hub) reset(collection *schema.Collection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for at, groups := range h.groups {
		if at.collection != collection.ID && at.collection != collection.Name {
			continue
		}
		for _, g := range groups {
			for c := range g.members {
				c.end(ErrGap)
			}
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
		a := h.audience(at, g, only)
		shown, err := h.app.Records().Show(ctx, a.Audience, *c)
		if err != nil {
			return err
		}
		h.settle(ctx, g, only)
		if only = h.queue(ctx, a, c.Action, shown); len(only) == 0 {
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
	options options
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
func (h *Hub) audience(at place, g *group, only map[*Client]bool) *audience {
	a := &audience{options: g.options}
	a.View, a.Filter, a.Expand = at.record != "", g.options.filter, g.options.expand
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

// queue sends what each of the audience is shown. Who sees the same shares the bytes. It
// returns the clients who have another identity by now than the one that was judged.
func (h *Hub) queue(ctx context.Context, a *audience, action change.Action, shown [][]byte) (again map[*Client]bool) {
	made := map[*byte][]byte{}
	for i, json := range shown {
		var data []byte
		if len(json) > 0 {
			if data = made[&json[0]]; data == nil {
				data = a.message(ctx, action, json)
				made[&json[0]] = data
			}
		}
		again = h.sendTo(a.members[i], data, again)
	}
	return again
}

// message is the data of an event.
func (a *audience) message(ctx context.Context, action change.Action, json []byte) []byte {
	data := append(make([]byte, 0, len(json)+40), `{"record":`...)
	data = a.options.fields.Append(ctx, data, json)
	return append(data, `,"action":"`+string(action)+`"}`...)
}

// sendTo sends the data, if there is any, to clients of one account. To again it adds those
// whose identity is not the judged one any more.
func (h *Hub) sendTo(list []recipient, data []byte, again map[*Client]bool) map[*Client]bool {
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
		for _, topic := range r.topics {
			if _, subscribed := r.client.topics[topic]; subscribed && data != nil {
				r.client.send(Message{topic, data})
			}
		}
	}
	return again
}
