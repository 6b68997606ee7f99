// Tellers and listers: what a subscription of a socket is told, where that is not records as REST
// shows them.

package realtime

import (
	"context"
	"slices"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Teller says what a subscription is told of changes. It is safe for concurrent use.
type Teller interface {
	// Ask sets Filter, Where and Tree of an audience, and returns what makes the data of an event of
	// what a member of it is shown.
	Ask(a *record.Audience) func(record.Shown) []byte

	Reviewer
}

// Lister says what a live query shows. It is safe for concurrent use.
type Lister interface {
	// List reads what is shown, as JSON that is told whole whenever it is another one. The
	// listing says what may make it so. update is whether it was read before.
	List(ctx context.Context, caller record.Caller, update bool) ([]byte, *record.Listing, error)

	Reviewer
}

// Reviewer looks at collections that have changed.
type Reviewer interface {
	// Changed returns nil if what is told fits the collections as they are, else the data of the
	// last message of the subscription.
	Changed() []byte
}

// tellerTopic reads and judges a subscription with a teller.
func (h *Hub) tellerTopic(ctx context.Context, caller record.Caller, in *schema.Collection, w Watch) (*topic, error) {
	var a record.Audience
	w.Teller.Ask(&a)
	if err := h.app.Records().CheckFilter(ctx, caller, in.ID, a.Filter, a.Where); err != nil {
		return nil, err
	}
	o := &options{raw: "teller " + w.Key, teller: w.Teller, reviewer: w.Teller, filtered: a.Filter != "" || a.Where != nil}
	return &topic{text: w.ID, collection: in.ID, record: w.Record, options: o, watch: &watch{actions: w.Actions}}, nil
}

// ask sets what an audience is asked, and returns what makes the data of an event.
func (o *options) ask(ctx context.Context, a *record.Audience) func(record.Shown) []byte {
	if o.teller != nil {
		return o.teller.Ask(a)
	}
	a.Filter, a.Expand = o.filter, o.expand
	return func(s record.Shown) []byte { return o.message(ctx, s) }
}

// listerTopic is a live query with a lister.
func listerTopic(in *schema.Collection, w Watch) *topic {
	raw := "lister " + w.Key
	return &topic{text: w.ID, collection: in.ID, options: &options{raw: raw, lister: w.Lister, reviewer: w.Lister}, watch: &watch{view: &view{}, raw: raw}}
}

// review has all tellers and listers look at the collections after one of them was changed.
// Subscriptions that do not fit any more end. If its table was written by SQL, those who are told
// of its records begin anew.
func (h *Hub) review(c *change.Change) {
	for g, at := range h.reviewed() {
		last := g.options.reviewer.Changed()
		h.mu.Lock()
		switch {
		case last != nil:
			h.endGroup(g, last)
		case g.options.lister != nil || c.Action == change.Rewrite && c.Collection == at.collection:
			h.resetGroup(g)
		}
		h.mu.Unlock()
	}
}

// reviewed returns the groups that have a reviewer, with their places.
func (h *Hub) reviewed() map[*group]place {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := map[*group]place{}
	for at, groups := range h.groups {
		for _, g := range groups {
			if g.options.reviewer != nil {
				list[g] = at
			}
		}
	}
	return list
}

// endGroup ends all subscriptions of a group with a last message. The lock must be held.
func (h *Hub) endGroup(g *group, last []byte) {
	for c, topics := range g.members {
		for _, t := range slices.Clone(topics) { // remove changes them
			h.remove(c, t)
			c.send(Message{Topic: t.text, Data: last, Mark: ended})
		}
	}
}
