// Tellers: what a subscription of a socket is told, where that is not a record as REST shows it.

package realtime

import (
	"context"
	"slices"

	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Teller says what a subscription is told of changes. It is safe for concurrent use.
type Teller interface {
	// Ask sets Filter, Where and Tree of an audience, and returns what makes the data of an event of
	// what a member of it is shown.
	Ask(a *record.Audience) func(record.Shown) []byte

	// Changed is called when collections have changed. It returns nil if what is told fits
	// them, else the data of the last message of the subscription.
	Changed() []byte
}

// tellerTopic reads and judges a subscription with a teller.
func (h *Hub) tellerTopic(ctx context.Context, caller record.Caller, in *schema.Collection, w Watch) (*topic, error) {
	var a record.Audience
	w.Teller.Ask(&a)
	if err := h.app.Records().CheckFilter(ctx, caller, in.ID, a.Filter, a.Where); err != nil {
		return nil, err
	}
	o := options{raw: "teller " + w.Key, teller: w.Teller, defined: in, filtered: a.Filter != "" || a.Where != nil}
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

// review has all tellers look at the collections after one of them was changed or, if it is nil,
// deleted. Subscriptions that do not fit any more end. If it was not the
// definition that was changed, its table was written by SQL.
func (h *Hub) review(changed *schema.Collection) {
	for _, g := range h.told() {
		last := g.options.teller.Changed()
		h.mu.Lock()
		switch {
		case last != nil:
			h.endGroup(g, last)
		case changed == nil || changed.ID != g.options.defined.ID:
		case changed.Updated == g.options.defined.Updated:
			h.resetGroup(g)
		default:
			g.options.defined = changed
		}
		h.mu.Unlock()
	}
}

// told returns the groups that have a teller.
func (h *Hub) told() (list []*group) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, groups := range h.groups {
		for _, g := range groups {
			if g.options.teller != nil {
				list = append(list, g)
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
