// The beginning of a connection, which sets the account of the client.

package live

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/request"
)

// initialise answers connection_init. Its payload has the token, if the header of the handshake had
// none. The answer has the resume token of the present: a client that subscribes with it as since
// misses no later commit.
func (s *session) initialise(ctx context.Context, payload json.RawMessage) {
	if s.initialised {
		s.conn.Close(closeTooManyInits, "Too many initialisation requests")
		return
	}
	s.initialised = true
	token, ok := tokenOf(payload)
	if !ok {
		s.conn.Close(closeBadMessage, "The payload of connection_init must be an object, and authorization in it a text")
		return
	}
	if token == "" {
		token = s.conn.Token
	}
	present, err := s.server.Hub.Token(ctx)
	if err == nil {
		err = s.server.Hub.Authenticate(ctx, s.conn.Client, token, s.conn.IP, func(*record.Record, time.Time) ([]byte, error) {
			ack := schema.AppendString([]byte(`{"type":"connection_ack","payload":{"token":`), string(present))
			return append(ack, "}}"...), nil
		})
	}
	switch fault.KindOf(err) {
	case fault.Unauthenticated, fault.Forbidden:
		s.conn.Close(closeForbidden, "Forbidden")
	default:
		if err == nil {
			s.acknowledged, s.token = true, token
			s.late.Stop()
			return
		}
		s.server.App.Log().Error("graphql socket failed", "error", err)
		s.conn.Close(closeTryAgain, "Try again later")
	}
}

// tokenOf returns the token in the payload of connection_init. Its key may be written in any form
// of the header's name.
func tokenOf(payload json.RawMessage) (token string, ok bool) {
	var keys map[string]json.RawMessage
	if payload != nil && json.Unmarshal(payload, &keys) != nil {
		return "", false
	}
	for key, value := range keys {
		if strings.EqualFold(key, "authorization") {
			if json.Unmarshal(value, &token) != nil { // null is not a token
				return "", false
			}
		}
	}
	return request.Bearer(token), true
}
