// Replay: a socket that reconnects gets the changes that it has missed, before the hub sends new
// changes.

package realtime

import (
	"context"
	"errors"
	"slices"

	"github.com/loambase/loam/core/change"
)

// maxReplay is the maximum number of changes that a replay reads. A subscription that has missed
// more starts again from the present.
const maxReplay = 10_000

// replaying is a replay of past changes for topics of one client.
type replaying struct {
	hub     *Hub
	client  *Client
	targets []*target
	since   change.Token // where past begins, for clients that have fallen behind
	past    *change.Subscription
	looked  int // the number of changes read
}

// target is a topic that gets past changes.
type target struct {
	topic   *topic
	held    []byte // the last event of a transaction that has not ended
	account string // the account that held was judged for
}

// errAnew ends a replay whose subscriptions are reset.
var errAnew = errors.New("realtime: the past is not known")

// replay sends a client the changes after the token of the subscription, up to the change that the
// hub is delivering; the hub sends all later changes. There is no gap and no overlap: the hub takes
// over the topic under the lock, at the end of a transaction, and the topic holds the position of
// the last change that was sent. The error is that of ctx.
func (h *Hub) replay(ctx context.Context, c *Client, t *topic, past *change.Subscription) error {
	r := &replaying{hub: h, client: c, targets: []*target{{topic: t}}, past: past}
	return r.run(ctx)
}

// run sends past changes until the hub takes over.
func (r *replaying) run(ctx context.Context) error {
	for !r.arrived() {
		err := r.next(ctx)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, ErrSlow), errors.Is(err, ErrGap), errors.Is(err, errClosed): // the client has ended
			return nil
		case errors.Is(err, errAnew), errors.Is(err, change.ErrGone), errors.Is(err, change.ErrSlow):
			r.giveUp()
			return nil
		default:
			r.hub.app.Log().Warn("realtime: tell of the past", "error", err)
			r.client.end(ErrGap)
			return nil
		}
	}
	return nil
}

// arrived makes the hub take over the topics that are not behind the hub. It returns true if no
// topic is left, which is also the case if the subscriptions have ended.
func (r *replaying) arrived() bool {
	h := r.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	r.targets = slices.DeleteFunc(r.targets, func(x *target) bool {
		if r.client.topics[x.topic.text] == x.topic && x.topic.watch.again {
			r.anew(x)
			return true
		}
		return r.client.topics[x.topic.text] != x.topic
	})
	for _, x := range r.targets {
		if x.topic.watch.after.Before(h.begun) {
			return false
		}
	}
	for _, x := range r.targets {
		x.topic.watch.behind = false
	}
	return true
}

// giveUp resets the topics.
func (r *replaying) giveUp() {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	for _, x := range r.targets {
		if r.client.topics[x.topic.text] == x.topic {
			r.anew(x)
		}
	}
}

// anew resets a topic. The hub sends the changes from now on. Hub.mu must be held.
func (r *replaying) anew(x *target) {
	w := x.topic.watch
	w.behind, w.again, w.after = false, false, r.hub.begun
	r.hub.resetTopic(r.client, x.topic)
}

// next sends the changes of one batch, and of further batches until the transaction ends.
func (r *replaying) next(ctx context.Context) error {
	for {
		if err := r.client.waitForRoom(ctx); err != nil {
			return err
		}
		batch, err := r.past.Next(ctx)
		if err != nil {
			return err
		}
		if err := r.tell(ctx, batch); err != nil {
			return err
		}
		if last := batch.Changes[len(batch.Changes)-1]; batch.Token == batch.Token.At(last.Seq) {
			r.hub.mu.Lock()
			for _, x := range r.targets {
				if w := x.topic.watch; w.after.Before(batch.Token.End()) {
					w.after = batch.Token.End()
				}
			}
			r.hub.mu.Unlock()
			return nil
		}
	}
}

// tell judges the changes of a batch and queues the events that the client may see.
func (r *replaying) tell(ctx context.Context, batch change.Batch) error {
	for i := range batch.Changes {
		c := &batch.Changes[i]
		if r.looked++; r.looked > maxReplay {
			return errAnew
		}
		for _, x := range r.targets {
			if err := r.tellOne(ctx, x, c); err != nil {
				return err
			}
		}
		token := batch.Token.At(c.Seq)
		last := i+1 == len(batch.Changes)
		if last && token == batch.Token || !last && batch.Changes[i+1].Seq != c.Seq {
			r.flush(token)
		}
	}
	return nil
}

// tellOne judges a change for one topic.
func (r *replaying) tellOne(ctx context.Context, x *target, c *change.Change) error {
	if !r.wants(x, c) {
		return nil
	}
	if r.beginsAnew(x, c) {
		r.hub.mu.Lock()
		x.topic.watch.again, x.held = true, nil // arrived then calls anew
		r.hub.mu.Unlock()
		return nil
	}
	if c.Kind != change.Record || c.Collection != x.topic.collection || x.topic.record != "" && c.Record != x.topic.record {
		return nil
	}
	return r.change(ctx, x, c)
}

// wants reports whether the replay sends the change: not a change that was sent before or that the
// snapshot of the subscription shows, and no change of a subscription that has to restart.
func (r *replaying) wants(x *target, c *change.Change) bool {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	w := x.topic.watch
	return !w.again && w.after.Before(c.Position()) && !w.shows(c.Seq)
}

// beginsAnew reports whether a change of a definition or of the account may change which records
// the client sees, so that the subscription has to restart: see Hub.reset and Hub.accountChanged.
func (r *replaying) beginsAnew(x *target, c *change.Change) bool {
	h := r.hub
	h.mu.Lock()
	account := r.client.account
	h.mu.Unlock()
	switch {
	case c.Kind == change.Collection:
		return c.Collection == x.topic.collection
	case c.Kind == change.Record && c.Action == change.Update && c.Collection+"/"+c.Record == account:
		return h.reads(x.topic, h.changedFields(c))
	}
	return false
}

// change judges one change for a topic, and holds its event.
func (r *replaying) change(ctx context.Context, x *target, c *change.Change) error {
	if err := r.client.waitForRoom(ctx); err != nil {
		return err
	}
	for range maxRounds {
		auth := r.client.Caller().Auth
		told, err := r.hub.judge(ctx, x.topic, c, auth)
		if err != nil {
			return err
		}
		r.hub.settled(ctx, r.client)
		if r.hold(x, account(auth), told) {
			return nil
		}
	}
	return errAnew
}

// hold keeps an event until the next event or the end of the transaction, which shows whether the
// event is the last of its transaction. It returns false if judged is no longer the account of the
// client.
func (r *replaying) hold(x *target, judged string, t told) bool {
	h := r.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.client.account != judged {
		return false
	}
	if t.data != nil && x.topic.watch.wants(t.action) {
		r.send(x, nil)
		x.held, x.account = t.data, judged
	}
	return true
}

// flush sends the last events of a transaction.
func (r *replaying) flush(token change.Token) {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	for _, x := range r.targets {
		r.send(x, &Mark{Event, x.topic.watch.tokenAt(token)})
	}
}

// send queues the held event, unless the client has unsubscribed, its account has changed, or the
// subscription has to restart. Hub.mu must be held.
func (r *replaying) send(x *target, mark *Mark) {
	if x.held != nil && x.account == r.client.account && r.client.topics[x.topic.text] == x.topic && !x.topic.watch.again {
		r.client.send(Message{Topic: x.topic.text, Data: x.held, Mark: mark})
	}
	x.held = nil
}
