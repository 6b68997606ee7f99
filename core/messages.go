// Messages between the servers on one database.

package core

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/loambase/loam/core/internal/store"
)

// MaxMessage is the maximum number of bytes of a message of Publish, with its topic.
const MaxMessage = store.MaxMessage

// ErrMessage is the error of a topic or a message that Publish does not accept.
var ErrMessage = errors.New("core: not a message that can be published")

// published has the functions of OnPublished.
type published struct {
	mu     sync.Mutex // guards topics
	topics map[string]func(message []byte)
}

// Publish sends a message about a topic to the other servers on the same PostgreSQL database, and
// returns when the database has accepted the message. The message is not stored: each server gets
// it once at most, within milliseconds, in the order of its sender, and not at all while its
// connection to the database is down. It is sent at once, also within a transaction that fails
// later. With SQLite no other server exists, and Publish does nothing. The error is ErrMessage for
// an empty topic, a topic with a zero byte, and more than MaxMessage bytes; ErrNotOpen; or the
// error of the database.
func (a *App) Publish(ctx context.Context, topic string, message []byte) error {
	if topic == "" || strings.IndexByte(topic, 0) >= 0 {
		return fmt.Errorf("%w: the topic %q", ErrMessage, topic)
	}
	if len(topic)+1+len(message) > MaxMessage {
		return fmt.Errorf("%w: it has more than %d bytes", ErrMessage, MaxMessage)
	}
	if err := a.Available(); err != nil {
		return err
	}
	messenger, ok := a.store.(store.Messenger)
	if !ok {
		return nil
	}
	return messenger.Publish(ctx, append(append([]byte(topic), 0), message...))
}

// OnPublished sets the function that gets the messages of other servers about a topic; a second
// call for the topic replaces the function, nil removes it. A server does not get its own
// messages. fn runs on one goroutine for all topics, so it must be quick and must not use the
// database; the bytes are its own. A panic of fn is logged.
func (a *App) OnPublished(topic string, fn func(message []byte)) {
	a.published.mu.Lock()
	defer a.published.mu.Unlock()
	if fn == nil {
		delete(a.published.topics, topic)
		return
	}
	if a.published.topics == nil {
		a.published.topics = map[string]func([]byte){}
	}
	a.published.topics[topic] = fn
}

// receiveMessages makes the functions of OnPublished get the messages from the open store.
func (a *App) receiveMessages() {
	messenger, ok := a.store.(store.Messenger)
	if !ok {
		return
	}
	messenger.OnMessage(func(text []byte) {
		topic, message, _ := bytes.Cut(text, []byte{0})
		a.published.mu.Lock()
		fn := a.published.topics[string(topic)]
		a.published.mu.Unlock()
		if fn == nil {
			return
		}
		defer func() {
			if cause := recover(); cause != nil {
				a.log.Error("message of another server", "topic", string(topic), "panic", cause)
			}
		}()
		fn(message)
	})
}
