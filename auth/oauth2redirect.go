package auth

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/loambase/loam/core/schema"
)

// A client that opens a provider in a second window waits for the answer on an open stream. The
// provider sends the person to an address of this server, with the id of the stream as the state;
// the answer is delivered on the stream (docs/wire/auth-realtime-system.md §1.6.2).

// OAuth2Streams delivers the answer of a provider to the client that waits for it.
type OAuth2Streams interface {
	// DeliverOAuth2 sends the message to the client with the id, and reports whether it did.
	// The client must be subscribed to the topic "@oauth2" and must have connected with the
	// same pin. DeliverOAuth2 always ends that subscription, so that a subscription receives
	// at most one message.
	DeliverOAuth2(clientID, pin string, message []byte) bool
}

// OAuth2Redirect is the answer of a provider that sends a person back.
type OAuth2Redirect struct {
	State string `json:"state"` // the id of the client that waits
	Code  string `json:"code"`
	Error string `json:"error"`
	User  string `json:"user"` // of Apple: the name, which is sent only once
}

const (
	deliveredLife = 10 * time.Minute // of a code: no provider's codes are valid for longer
	appleUserLife = time.Minute
	maxAppleUser  = 150  // bytes
	maxAppleCode  = 1000 // bytes
)

// DeliverOAuth2 delivers the answer of a provider to the client that waits for it on a stream, and
// reports whether that client can continue. The pin identifies the origin of the person, which must
// be that of the client. A code is delivered once.
func (s *Service) DeliverOAuth2(to OAuth2Streams, pin string, r OAuth2Redirect) bool {
	if r.State == "" {
		return false
	}
	good := r.Error == "" && r.Code != ""
	if good && !s.delivered.put(r.Code, struct{}{}, s.app.Now(), deliveredLife) {
		return false
	}
	message, err := schema.Marshal(struct {
		State string `json:"state"`
		Code  string `json:"code"`
		Error string `json:"error,omitempty"`
	}{r.State, r.Code, r.Error})
	if err != nil || !to.DeliverOAuth2(r.State, pin, message) {
		if good {
			s.delivered.take(r.Code, s.app.Now()) // no client has received it
		}
		return false
	}
	if good {
		s.keepAppleUser(r)
	}
	return good
}

// keepAppleUser keeps the name that Apple sends only beside the code.
func (s *Service) keepAppleUser(r OAuth2Redirect) {
	if r.User == "" || len(r.User) > maxAppleUser || len(r.Code) > maxAppleCode {
		return
	}
	var said struct {
		Name struct{ FirstName, LastName string } `json:"name"`
	}
	if json.Unmarshal([]byte(r.User), &said) != nil {
		return
	}
	if name := strings.TrimSpace(said.Name.FirstName + " " + said.Name.LastName); name != "" {
		s.appleUser.put(r.Code, name, s.app.Now(), appleUserLife)
	}
}
