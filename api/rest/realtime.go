package rest

import (
	"github.com/loambase/loam/api/request"
	"net/http"
	"time"

	"github.com/loambase/loam/realtime"
)

// The times of a stream of events (docs/wire/auth-realtime-system.md §4.1).
const (
	streamIdle = 5 * time.Minute  // without a message
	streamLife = 30 * time.Minute // in all
	heartbeat  = 20 * time.Second // a comment, which keeps proxies from closing the stream
)

// connectRealtime is a stream of events, until the client leaves, takes nothing, or the
// server drains. The client connects again by itself.
func (a *API) connectRealtime(c *call) error {
	header := c.w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store, no-transform")
	header.Set("X-Accel-Buffering", "no")
	if c.r.Method == http.MethodHead {
		c.w.WriteHeader(http.StatusOK)
		return nil
	}
	ctx, end := c.Stream(c.r.Context())
	defer end()
	client := a.hub.Open(c.Pin(c.r))
	defer client.Close()
	s := &eventStream{w: c.w, flusher: http.NewResponseController(c.w), id: client.ID}
	if err := s.send(realtime.Message{Topic: "PB_CONNECT", Data: []byte(`{"clientId":"` + client.ID + `"}`)}); err != nil {
		return nil // the client has left
	}
	life, idle, beat := time.NewTimer(streamLife), time.NewTimer(streamIdle), time.NewTicker(heartbeat)
	defer life.Stop()
	defer idle.Stop()
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-life.C:
			return nil
		case <-idle.C:
			return nil
		case <-beat.C:
			if s.comment() != nil {
				return nil
			}
		case <-client.Ready():
			list, err := client.Take()
			if err != nil || s.send(list...) != nil {
				return nil
			}
			idle.Reset(streamIdle)
		}
	}
}

// eventStream writes server-sent events. Every event has the client's id: that is where
// the reference's SDK looks for it.
type eventStream struct {
	w       http.ResponseWriter
	flusher *http.ResponseController
	id      string
	buffer  []byte
}

// maxStreamBuffer is how many bytes of memory a silent stream keeps.
const maxStreamBuffer = 4 << 10

// send writes the messages in one piece.
func (s *eventStream) send(list ...realtime.Message) error {
	for _, m := range list {
		s.buffer = append(append(s.buffer, "id:"...), s.id...)
		s.buffer = append(append(s.buffer, "\nevent:"...), m.Topic...)
		s.buffer = append(append(s.buffer, "\ndata:"...), m.Data...)
		s.buffer = append(s.buffer, "\n\n"...)
	}
	return s.write()
}

// comment writes a line that clients ignore.
func (s *eventStream) comment() error {
	s.buffer = append(s.buffer, ":\n\n"...)
	return s.write()
}

func (s *eventStream) write() error {
	_, err := s.w.Write(s.buffer)
	if s.buffer = s.buffer[:0]; cap(s.buffer) > maxStreamBuffer {
		s.buffer = nil
	}
	if err != nil {
		return err
	}
	return s.flusher.Flush()
}

// subscribeRealtime sets what a client of a stream is subscribed to.
func (a *API) subscribeRealtime(c *call) error {
	var form struct {
		ClientID      string   `json:"clientId"`
		Subscriptions []string `json:"subscriptions"`
	}
	if err := c.decode(&form); err != nil {
		return err
	}
	return c.done(a.hub.Subscribe(c.r.Context(), realtime.Subscription{
		ClientID: form.ClientID, Topics: form.Subscriptions, Pin: c.Pin(c.r), Token: c.Token, Caller: c.Caller,
	}))
}

// connectWebSocket makes a WebSocket of the request, which lives on when this returns.
func (a *API) connectWebSocket(c *call) error { return a.Socket(c.w, c.r, c.Request) }

// Socket makes a WebSocket of a request, also one that another route has begun, for its caller.
func (a *API) Socket(w http.ResponseWriter, r *http.Request, q *request.Request) error {
	return a.sockets.Accept(w, r, q)
}
