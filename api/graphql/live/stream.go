// GraphQL over server-sent events: one request, one operation, one stream of its results.

package live

import (
	"context"
	"net/http"
	"time"

	"github.com/loambase/loam/api/graphql"
	"github.com/loambase/loam/api/request"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/realtime"
)

// heartbeat is how often a silent stream has a comment, which keeps proxies from closing it.
const heartbeat = 20 * time.Second

// Stream answers a request with the results of its operation. A subscription ends when the
// client leaves, takes nothing, is nobody any more, or when the server drains: without the
// event complete, so that clients connect again. What is wrong with the request is a refusal
// or an error; what is wrong with the operation is told in the stream.
func (s *Server) Stream(w http.ResponseWriter, r *http.Request, q *request.Request, body func() ([]byte, error)) (refused *graphql.Answer, err error) {
	if q.Token != "" && q.Caller.Auth == nil { // who would watch as a guest without knowing
		return nil, fault.New(fault.Unauthenticated, "The request requires valid record authorization token.")
	}
	op, refused, err := graphql.Read(r, q, body)
	if refused != nil || err != nil {
		return refused, err
	}
	op.Token = q.Token
	caller := q.Caller
	caller.Method = http.MethodGet
	sub, result := s.GraphQL.Start(r.Context(), q.ID, caller, q.Settings.GraphQL, op, s.Charge(caller))
	if result != nil && result.NotReadOnly {
		return graphql.NotReadOnly("application/json"), nil
	}
	if result != nil {
		return nil, s.once(w, caller, result)
	}
	ctx, end := q.Stream(r.Context())
	defer end()
	t := begin(w)
	client := s.Hub.OpenSocket(q.Caller, q.Token)
	defer client.Close()
	s.follow(ctx, t, client, sub.Watch)
	return nil, nil
}

// once answers with the only result of an operation.
func (s *Server) once(w http.ResponseWriter, caller record.Caller, result *graphql.Result) error {
	if len(result.Data) > smallAnswer {
		lease, err := s.App.Budgets().Answers.TryAcquire(caller.Share(), int64(len(result.Data)))
		if err != nil {
			return err
		}
		defer lease.Release()
	}
	begin(w).last(result)
	return nil
}

// follow tells of a subscription.
func (s *Server) follow(ctx context.Context, t *stream, client *realtime.Client, w realtime.Watch) {
	ready, watching := make(chan struct{}, 1), make(chan struct{})
	client.OnReady(func() {
		select {
		case ready <- struct{}{}:
		default:
		}
	})
	ctx, cancel := context.WithCancel(ctx)
	var failed error
	go func() { // it may wait for the client, which is told below
		defer close(watching)
		failed = s.Hub.Watch(ctx, client, w, func(string, change.Token) []byte { return []byte(comment) })
	}()
	defer func() { cancel(); <-watching }()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	begun := watching
	for {
		select {
		case <-ctx.Done():
			return
		case <-begun:
			if begun = nil; failed != nil && ctx.Err() == nil {
				t.last(&graphql.Result{Errors: graphql.Failed(failed, client.Caller().Superuser())})
				return
			}
		case <-beat.C:
			t.buffer = append(t.buffer, comment...)
			if t.write() != nil {
				return
			}
		case <-ready:
			list, err := client.Take()
			if ended := t.tell(list); err != nil || ended {
				return
			}
		}
	}
}

// comment is a line that clients ignore.
const comment = ":\n\n"

// stream writes server-sent events.
type stream struct {
	w       http.ResponseWriter
	flusher *http.ResponseController
	buffer  []byte
}

// begin begins the answer. A client knows by the first comment that nothing is missed from then on.
func begin(w http.ResponseWriter) *stream {
	header := w.Header()
	header.Set("Content-Type", "text/event-stream; charset=utf-8")
	header.Set("Cache-Control", "no-store, no-transform")
	header.Set("X-Accel-Buffering", "no")
	return &stream{w: w, flusher: http.NewResponseController(w)}
}

// tell tells of events. It returns true if the stream has ended.
func (t *stream) tell(list []realtime.Message) (ended bool) {
	for i := range list {
		kind := realtime.Event
		if list[i].Mark != nil {
			kind = list[i].Mark.Kind
		}
		switch kind {
		case realtime.Answer: // the comment
			t.buffer = append(t.buffer, list[i].Data...)
		case realtime.Event, realtime.Snapshot:
			t.buffer = append(t.buffer, "event:next\ndata:"...)
			t.buffer = append(appendEvent(t.buffer, &list[i]), "\n\n"...)
		case realtime.Reset:
			t.last(&graphql.Result{Errors: graphql.Missed()})
			return true
		case realtime.Ended:
			t.next(append(append([]byte(`{"errors":`), list[i].Data...), '}'))
			t.complete()
			_ = t.write()
			return true
		case realtime.SignedOut:
			_ = t.write()
			return true
		}
	}
	return t.write() != nil
}

// last writes a result, with which the operation ends.
func (t *stream) last(result *graphql.Result) {
	t.next(result.Append(nil))
	t.complete()
	_ = t.write() // who has left is told nothing
}

func (t *stream) next(result []byte) {
	t.buffer = append(append(append(t.buffer, "event:next\ndata:"...), result...), "\n\n"...)
}

func (t *stream) complete() { t.buffer = append(t.buffer, "event:complete\ndata:\n\n"...) }

func (t *stream) write() error {
	_, err := t.w.Write(t.buffer)
	if t.buffer = t.buffer[:0]; cap(t.buffer) > 4<<10 { // silent streams are many
		t.buffer = nil
	}
	if err != nil {
		return err
	}
	return t.flusher.Flush()
}
