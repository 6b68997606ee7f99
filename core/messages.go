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

// MaxMessage is the maximum number of bytes of a topic, a separator byte and a message of Publish
// together.
const MaxMessage = store.MaxMessage

// ErrMessage is the error of Publish for an invalid topic or a message that is too long.
var ErrMessage = errors.New("core: not a message that can be published")

// published holds the functions that OnPublished has set, by topic.
type published struct {
	mu     sync.Mutex // guards topics
	topics map[string]func(message []byte)
}

// Publish sends a message about a topic to the other servers on the same PostgreSQL database, and
// returns when the database has accepted the message. The message is not stored: each server gets
// it at most once, within milliseconds, in the order of its sender, and not at all while the
// connection of that server to the database is down. The message is sent at once, even within a
// transaction that fails later. With SQLite there are no other servers, and Publish does nothing.
// The error is ErrMessage for an empty topic, a topic with a zero byte, and more than MaxMessage
// bytes; ErrNotOpen; or the error of the database.
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

// OnPublished sets the function that receives the messages of other servers about a topic; a second
// call for the topic replaces the function, nil removes the function. A server does not receive its
// own messages. The functions of all topics run on one goroutine, so fn must be quick and must not
// use the database. fn owns the bytes of the message. A panic of fn is logged.
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

// receiveMessages passes the messages from the open store to the functions of OnPublished.
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
