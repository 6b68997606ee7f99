// Tellers and listers make the data of subscriptions of sockets that do not get records in the form
// of REST.

package realtime

import (
	"context"
	"slices"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Teller makes the data of the events of a subscription. It must be safe for concurrent use.
type Teller interface {
	// Ask sets Filter, Where and Tree of an audience. It returns a function that makes the data of an
	// event, as JSON, from the result of judging the change for a member of the audience.
	Ask(a *record.Audience) func(record.Shown) []byte

	Reviewer
}

// Lister reads the data of a live query. It must be safe for concurrent use.
type Lister interface {
	// List reads the data, as JSON. The hub sends the whole data whenever it has changed. The listing
	// names the collections that the data depends on. update is false for the first read.
	List(ctx context.Context, caller record.Caller, update bool) ([]byte, *record.Listing, error)

	Reviewer
}

// Reviewer checks a subscription after definitions of collections have changed.
type Reviewer interface {
	// Changed returns nil if the subscription still fits the collections. Otherwise the subscription
	// ends, and Changed returns the data of its last message.
	Changed() []byte
}

// tellerTopic checks a subscription with a teller and returns its topic.
func (h *Hub) tellerTopic(ctx context.Context, caller record.Caller, in *schema.Collection, w Watch) (*topic, error) {
	var a record.Audience
	w.Teller.Ask(&a)
	if err := h.app.Records().CheckFilter(ctx, caller, in.ID, a.Filter, a.Where); err != nil {
		return nil, err
	}
	o := &options{raw: "teller " + w.Key, teller: w.Teller, reviewer: w.Teller, filtered: a.Filter != "" || a.Where != nil}
	return &topic{text: w.ID, collection: in.ID, record: w.Record, options: o, watch: &watch{actions: w.Actions}}, nil
}

// ask sets the filter and the expansion of an audience, and returns the function that makes the
// data of an event.
func (o *options) ask(ctx context.Context, a *record.Audience) func(record.Shown) []byte {
	if o.teller != nil {
		return o.teller.Ask(a)
	}
	a.Filter, a.Expand = o.filter, o.expand
	return func(s record.Shown) []byte { return o.message(ctx, s) }
}

// listerTopic returns the topic of a live query with a lister.
func listerTopic(in *schema.Collection, w Watch) *topic {
	raw := "lister " + w.Key
	return &topic{text: w.ID, collection: in.ID, options: &options{raw: raw, lister: w.Lister, reviewer: w.Lister}, watch: &watch{view: &view{}, raw: raw}}
}

// review lets all tellers and listers check the collections after a collection has changed, and
// ends the subscriptions that do not fit any more. If SQL has written the table of the collection,
// review resets the other subscriptions to its records.
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
