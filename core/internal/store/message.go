package store

import "context"

// MaxMessage is the maximum number of bytes of a message.
const MaxMessage = 1 << 20

// Messenger is a Store on which processes can send messages to each other.
type Messenger interface {
	// Publish sends a message of at most MaxMessage bytes to all other processes on the database
	// and returns when the database has accepted the message. The message is not stored: a process
	// gets it at most once, in the order of its sender, and not at all while the process does not
	// listen.
	Publish(ctx context.Context, message []byte) error

	// OnMessage sets the function that receives the messages of other processes, one at a time.
	// fn must be quick and must not use the store; fn owns the bytes of the message.
	OnMessage(fn func(message []byte))
}
