// Operations on a WebSocket: each has a goroutine until it is answered or, for a subscription,
// until the hub sends present changes.

package live

import (
	"context"
	"encoding/json"

	"github.com/loambase/loam/api/internal/graphql"
	"github.com/loambase/loam/core/change"
)

// smallAnswer is the maximum length of an answer that is not counted, as for answers over HTTP.
const smallAnswer = 32 << 10

// subscribe begins an operation.
func (s *session) subscribe(ctx context.Context, id string, payload json.RawMessage) {
	if !s.acknowledged {
		s.conn.Close(closeUnauthorized, "Unauthorized")
		return
	}
	asked, bad := graphql.ReadOperation(payload)
	if bad != "" {
		s.conn.Close(closeBadMessage, bad)
		return
	}
	asked.Token = s.token
	select {
	case s.running <- struct{}{}:
	case <-ctx.Done():
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	op := s.begin(id, cancel)
	if op == nil {
		<-s.running
		cancel()
		s.conn.Close(closeDuplicate, "Subscriber for "+short(id)+" already exists")
		return
	}
	s.all.Go(func() {
		defer cancel()
		s.run(ctx, id, op, asked)
	})
}

// short returns an id shortened for the reason of a close frame.
func short(id string) string { return id[:min(len(id), 60)] }

// run plans and executes an operation.
func (s *session) run(ctx context.Context, id string, op *operation, asked graphql.Operation) {
	caller := s.conn.Client.Caller()
	caller.Context = "" // the operation is an ordinary request
	limits := s.server.App.Settings().Current().GraphQL
	if !limits.Enabled { // the setting may have changed since the handshake
		s.conn.Close(closeForbidden, "Forbidden")
		<-s.running
		return
	}
	sub, result := s.server.GraphQL.Start(ctx, s.request, caller, limits, asked, s.server.Charge(caller))
	if result != nil {
		s.answer(ctx, id, op, result)
		<-s.running
		return
	}
	<-s.running // a subscription may be slow to send past changes
	w := sub.Watch
	w.ID = id
	err := s.server.Hub.Watch(ctx, s.conn.Client, w, func(string, change.Token) []byte { return nil })
	switch {
	case !s.has(id, op): // the client has completed it meanwhile
		_ = s.server.Hub.Unwatch(s.conn.Client, id)
	case err != nil && ctx.Err() == nil:
		s.answer(ctx, id, op, &graphql.Result{Errors: graphql.Failed(err, caller.Superuser())})
	}
}

// answer sends the result of an operation, which ends with it.
func (s *session) answer(ctx context.Context, id string, op *operation, result *graphql.Result) {
	if result.Data == nil {
		if s.endIf(id, op) {
			s.conn.Client.Tell(appendMessage(nil, "error", id, graphql.AppendErrors(nil, result.Errors)))
		}
		return
	}
	next := appendMessage(nil, "next", id, result.Append(nil))
	if len(next) > smallAnswer {
		lease, err := s.server.App.Budgets().Answers.TryAcquire(s.conn.Client.Caller().Share(), int64(len(next)))
		if err != nil {
			s.answer(ctx, id, op, &graphql.Result{Errors: graphql.Failed(err, false)})
			return
		}
		defer lease.Release()
	}
	// An error means that the client has disconnected, or has completed the operation.
	if s.has(id, op) && s.conn.Client.TellLarge(ctx, next) == nil && s.endIf(id, op) {
		s.conn.Client.Tell(appendMessage(nil, "complete", id, nil))
	}
}

// complete ends an operation that the client has completed.
func (s *session) complete(id string) {
	s.end(id)
	_ = s.server.Hub.Unwatch(s.conn.Client, id) // it may not be a subscription, or have ended
}

// stopAll ends all operations and waits for them.
func (s *session) stopAll() {
	s.mu.Lock()
	for _, op := range s.byID {
		op.cancel()
	}
	s.mu.Unlock()
	s.all.Wait()
}
