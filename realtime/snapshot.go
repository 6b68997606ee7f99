// Snapshots: the records that a subscription shows at one moment, sent before the changes after
// exactly that moment.

package realtime

import (
	"context"
	"slices"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// The size of a page of a snapshot.
const (
	pageItems = 500
	pageBytes = maxQueuedBytes / 4
)

// watchSnapshot subscribes a socket, sends it all records that it may see, and then every change
// that these do not show yet.
func (h *Hub) watchSnapshot(ctx context.Context, c *Client, t *topic, answer answerFunc) error {
	if err := c.waitForRoom(ctx); err != nil {
		return err
	}
	past, since, err := h.app.Changes().Subscribe(ctx, "")
	if err != nil {
		return err
	}
	defer past.Close()
	for range maxRounds {
		caller := h.settled(ctx, c)
		listing, err := h.list(ctx, caller, t, since, false)
		if err != nil {
			return err
		}
		h.settled(ctx, c) // a token that is valid now was valid when the listing was read
		if joined, err := h.joinBehind(c, t, caller, listing, since, answer); err != nil || !joined {
			if err != nil {
				return err
			}
			continue
		}
		if err := h.sendPages(ctx, c, t, caller, listing, newest(since, listing.Seen)); err != nil {
			return err
		}
		return h.replay(ctx, c, t, past)
	}
	return fault.New(fault.Unavailable, "")
}

// joinBehind subscribes a topic whose first state is a listing. It returns false if the account of
// the client is no longer the caller that has read the listing.
func (h *Hub) joinBehind(c *Client, t *topic, caller record.Caller, listing *record.Listing, since change.Token, answer answerFunc) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.auth != caller.Auth {
		return false, nil
	}
	t.watch.behind, t.watch.after, t.watch.seen = true, since.End(), listing.Seen
	return true, h.join(c, t, since, answer)
}

// newest returns the token of a state that shows all transactions up to since and those in seen.
func newest(since change.Token, seen []int64) change.Token {
	at := since.End().Seq
	for len(seen) > 0 && seen[0] == at+1 {
		at, seen = seen[0], seen[1:]
	}
	return since.At(at).Beside(seen)
}

// sendPages sends a snapshot at the pace of the client, and stops if the subscription ends or is
// reset.
func (h *Hub) sendPages(ctx context.Context, c *Client, t *topic, caller record.Caller, listing *record.Listing, token change.Token) error {
	list := t.rows(ctx, listing)
	for first := true; first || len(list) > 0; first = false {
		n := pageOf(list)
		data := snapshotData(list[:n], n < len(list))
		list = list[n:]
		if err := c.waitForRoom(ctx); err != nil {
			return err
		}
		if !h.sendPage(c, t, caller, Message{Topic: t.text, Data: data, Mark: &Mark{Snapshot, token}}) {
			return nil
		}
	}
	return nil
}

// pageOf returns the number of rows in the next page.
func pageOf(list []listed) int {
	bytes := 0
	for n := range list {
		if bytes += len(list[n].json); n == pageItems || n > 0 && bytes > pageBytes {
			return n
		}
	}
	return len(list)
}

// sendPage sends a page. It returns false if the subscription has ended or was reset, or if the
// account of the client has changed.
func (h *Hub) sendPage(c *Client, t *topic, caller record.Caller, m Message) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.topics[t.text] != t || c.account != account(caller.Auth) || t.watch.again {
		return false
	}
	c.send(m)
	return true
}

// tokenAt returns the token of a transaction, which also names the later transactions that the
// snapshot shows. The lock must be held.
func (w *watch) tokenAt(token change.Token) change.Token {
	if len(w.seen) == 0 {
		return token
	}
	seq := token.End().Seq
	i, _ := slices.BinarySearch(w.seen, seq+1)
	return token.Beside(w.seen[i:])
}

// shows reports whether a snapshot shows a transaction that its subscription follows. The
// lock must be held.
func (w *watch) shows(seq int64) bool {
	if len(w.seen) == 0 {
		return false
	}
	_, shown := slices.BinarySearch(w.seen, seq)
	if seq > w.seen[len(w.seen)-1] {
		w.seen = nil
	}
	return shown
}
