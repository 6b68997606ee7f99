// Subscribing a client of server-sent events: its topics and its account.

package realtime

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// The limits of a subscription (docs/wire/auth-realtime-system.md §4.2).
const (
	maxClientID = 255
	maxTopics   = 1000
	maxTopic    = 2500 // characters
)

// Subscription is the new set of all subscriptions of a client.
type Subscription struct {
	ClientID string
	Topics   []string
	Pin      string // the origin of the request
	Token    string // of the request
	Caller   record.Caller
}

// Subscribe replaces the subscriptions of a client, after the Subscribe hooks. The account of the
// request becomes the account of the client. Changes that are committed after Subscribe has
// returned are delivered. Faults: Invalid for too many or too long topics, and for a request with
// another pin than the client; NotFound for a client that is not connected; Forbidden for a client
// that has another account; Unavailable if all subscriptions together would take too much memory.
func (h *Hub) Subscribe(ctx context.Context, s Subscription) error {
	e := &SubscribeEvent{Caller: s.Caller, Client: s.ClientID, Topics: s.Topics}
	if err := h.runSubscribeHooks(ctx, e); err != nil {
		return err
	}
	s.Topics = e.Topics
	if err := s.check(); err != nil {
		return err
	}
	topics := make([]*topic, len(s.Topics))
	for i, text := range s.Topics {
		topics[i] = parseTopic(text)
	}
	c := h.client(s.ClientID)
	switch {
	case c == nil:
		return fault.New(fault.NotFound, "Missing or invalid client id.")
	case c.pin != s.Pin:
		return fault.New(fault.Invalid, "Invalid realtime client.")
	}
	defer h.attached()
	if err := h.attach(ctx); err != nil {
		return err
	}
	if h.unsettled(c) {
		h.look(ctx, c)
	}
	room, err := h.app.Budgets().Topics.TryAcquire(s.Caller.Share(), s.size())
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	mine := account(s.Caller.Auth)
	switch {
	case h.clients[c.ID] != c:
		err = fault.New(fault.NotFound, "Missing or invalid client id.")
	case c.account != "" && c.account != mine:
		err = fault.New(fault.Forbidden, "The current and the previous request authorization don't match.")
	default:
		err = ctx.Err() // the client has sent a newer subscription, which may be complete already
	}
	if err != nil {
		room.Release()
		return err
	}
	c.room.Release()
	c.room = room
	// The account may have changed since the request began, so the token is checked again before
	// the first message.
	c.token, c.auth, c.account = s.Token, s.Caller.Auth, mine
	h.setDoubted(c, mine != "")
	h.unsubscribe(c)
	h.subscribe(c, topics)
	return nil
}

// unsettled reports whether the client's token must be checked.
func (h *Hub) unsettled(c *Client) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return c.unsettled(h.app.Now())
}

// freeTopics is the number of bytes of topics that a client may have without counting.
const freeTopics = 16 << 10

// size returns the number of bytes of the topics in memory, minus freeTopics.
func (s *Subscription) size() int64 {
	size := -freeTopics
	for _, text := range s.Topics {
		size += 2*len(text) + 200 // the text, its parsed options, entries of maps
	}
	return int64(max(size, 0))
}

// client returns the stream with that id, nil if there is none.
func (h *Hub) client(id string) *Client {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c := h.clients[id]; c != nil && c.socket == nil {
		return c
	}
	return nil
}

// check validates the form of the subscription.
func (s *Subscription) check() error {
	fields := fault.Fields{}
	switch {
	case s.ClientID == "":
		fields.Set(fault.Leaf("validation_required", "Cannot be blank"), "clientId")
	case utf8.RuneCountInString(s.ClientID) > maxClientID:
		fields.Set(tooLong(maxClientID), "clientId")
	}
	if len(s.Topics) > maxTopics {
		fields.Set(tooLong(maxTopics), "subscriptions")
	} else {
		for i, text := range s.Topics {
			at := strconv.Itoa(i)
			switch {
			case utf8.RuneCountInString(text) > maxTopic:
				fields.Set(tooLong(maxTopic), "subscriptions", at)
			case strings.ContainsAny(text, "\r\n\x00"): // the text is the name of its events, which is one line
				fields.Set(fault.Leaf("validation_match_invalid", "Must be in a valid format"), "subscriptions", at)
			}
		}
	}
	if len(fields) > 0 {
		return fault.Invalidate("", fields)
	}
	return nil
}

func tooLong(limit int) *fault.Field {
	return fault.Leaf("validation_length_too_long", "The length must be no more than "+strconv.Itoa(limit), "max", limit)
}
