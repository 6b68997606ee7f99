// Replay: a socket that comes back is told of what it has missed, before the hub tells it
// of the present.

package realtime

import (
	"context"
	"errors"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/record"
)

const (
	maxReplay  = 10_000 // changes that are looked at; whoever has missed more begins anew
	maxReplays = 4      // that read and judge at a time
)

// replaying is the past of one topic, on its way to one client.
type replaying struct {
	hub    *Hub
	client *Client
	topic  *topic
	past   *change.Subscription
	looked int // changes

	held    []byte // the last event of a transaction that has not ended
	account string // for whom it was judged
}

// errAnew ends a replay whose client is to begin anew.
var errAnew = errors.New("realtime: the past is not known")

// replay tells a client of the changes after the token of the subscription, up to the one that the hub
// is delivering; from there on the hub tells it. There is no gap and no overlap: the topic
// changes hands under the lock, at the end of a transaction, and remembers what it was
// told. The error is that of ctx.
func (h *Hub) replay(ctx context.Context, c *Client, t *topic, past *change.Subscription) error {
	r := &replaying{hub: h, client: c, topic: t, past: past}
	for !r.arrived() {
		err := r.next(ctx)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, ErrSlow), errors.Is(err, ErrGap): // the client has ended
			return nil
		case errors.Is(err, errAnew), errors.Is(err, change.ErrGone), errors.Is(err, change.ErrSlow):
			r.giveUp()
			return nil
		default:
			h.app.Log().Warn("realtime: tell of the past", "error", err)
			c.end(ErrGap)
			return nil
		}
	}
	return nil
}

// arrived hands the topic over if the hub is not ahead of it. It is true also when the
// subscription has ended.
func (r *replaying) arrived() bool {
	h, w := r.hub, r.topic.watch
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case r.client.topics[r.topic.text] != r.topic:
		return true
	case w.again:
		r.anew()
		return true
	case w.after.Before(h.begun):
		return false
	}
	w.behind = false
	return true
}

// giveUp tells the client to begin anew.
func (r *replaying) giveUp() {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	if r.client.topics[r.topic.text] == r.topic {
		r.anew()
	}
}

// anew resets the topic, which the hub tells of the present from now on. Hub.mu must be held.
func (r *replaying) anew() {
	w := r.topic.watch
	w.behind, w.again, w.after = false, false, r.hub.begun
	r.hub.resetTopic(r.client, r.topic)
}

// next tells of one batch, and of what follows it within the same transaction.
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
			r.topic.watch.after = batch.Token.End()
			r.hub.mu.Unlock()
			return nil
		}
	}
}

// tell judges the changes of a batch and queues what is seen of them.
func (r *replaying) tell(ctx context.Context, batch change.Batch) error {
	for i := range batch.Changes {
		c := &batch.Changes[i]
		shown := r.shown(c)
		if r.looked++; r.looked > maxReplay || !shown && r.beginsAnew(c) {
			return errAnew
		}
		if !shown && c.Kind == change.Record && c.Collection == r.topic.collection && (r.topic.record == "" || c.Record == r.topic.record) {
			if err := r.change(ctx, c); err != nil {
				return err
			}
		}
		token := batch.Token.At(c.Seq)
		last := i+1 == len(batch.Changes)
		if last && token == batch.Token || !last && batch.Changes[i+1].Seq != c.Seq {
			r.flush(&Mark{Event, token})
		}
	}
	return nil
}

// shown reports whether the snapshot of the subscription shows the change.
func (r *replaying) shown(c *change.Change) bool {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	return r.topic.watch.shows(c.Seq)
}

// beginsAnew reports whether what was seen before the change does not tell what is seen
// after it: see Hub.reset and Hub.accountChanged.
func (r *replaying) beginsAnew(c *change.Change) bool {
	h := r.hub
	h.mu.Lock()
	again, account := r.topic.watch.again, r.client.account
	h.mu.Unlock()
	switch {
	case again:
		return true
	case c.Kind == change.Collection:
		return c.Collection == r.topic.collection
	case c.Kind == change.Record && c.Action == change.Update && c.Collection+"/"+c.Record == account:
		return h.reads(r.topic, h.changedFields(c))
	}
	return false
}

// change judges one change, as the hub does (deliverTo).
func (r *replaying) change(ctx context.Context, c *change.Change) error {
	if err := r.client.waitForRoom(ctx); err != nil {
		return err
	}
	h := r.hub
	select {
	case h.replays <- struct{}{}:
		defer func() { <-h.replays }()
	case <-ctx.Done():
		return ctx.Err()
	}
	g := &group{options: r.topic.options, transitions: true, members: map[*Client][]string{r.client: {r.topic.text}}}
	for range maxRounds {
		a := h.audience(ctx, r.topic.place(), g, nil)
		shown, err := h.app.Records().Show(ctx, a.Audience, *c)
		if err != nil {
			return err
		}
		h.settle(ctx, g, nil)
		if r.hold(a, account(a.Auth[0]), shown[0]) {
			return nil
		}
	}
	return errAnew
}

// hold keeps an event until it is known whether it is the last of its transaction. It
// returns false if the client is somebody else by now.
func (r *replaying) hold(a *audience, judged string, s record.Shown) bool {
	var data []byte
	if s.Seen() && r.topic.watch.wants(s.Action) {
		data = a.message(s)
	}
	h := r.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.client.account != judged {
		return false
	}
	if data != nil {
		r.send(nil)
		r.held, r.account = data, judged
	}
	return true
}

func (r *replaying) flush(mark *Mark) {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	r.send(mark)
}

// send queues what was held, unless the client has unsubscribed, or is somebody else. Hub.mu
// must be held.
func (r *replaying) send(mark *Mark) {
	if r.held != nil && r.account == r.client.account && r.client.topics[r.topic.text] == r.topic {
		r.client.send(Message{Topic: r.topic.text, Data: r.held, Mark: mark})
	}
	r.held = nil
}
