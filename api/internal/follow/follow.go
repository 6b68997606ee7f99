// Package follow checks the messages to realtime clients. Writers change records; subscribers with
// different identities, filters and protocols update their rows by the messages that they get, lose
// their connections at random, and connect again. In the end the rows of each must equal the result
// of a query with its identity, and no change may have been sent twice, out of order, or not at
// all.
package follow

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Config holds the parameters of a check. All fields are required.
type Config struct {
	URL                  func() string // returns the present URL of a server of the database
	Email, Password      string        // of a superuser
	Writers, Subscribers int
	Pace                 time.Duration // between writes of one writer
	Stay                 time.Duration // the approximate duration of a connection
	For                  time.Duration
	Patience             time.Duration // for subscribers, in the end, until their rows must be right
}

// Result is the result of a check.
type Result struct {
	Writes, Told, Connections, Resets int64 // atomic during the check

	Late time.Duration // after the last write, until all rows were right

	mu    sync.Mutex // guards the fields below
	Wrong []string
}

func (r *Result) String() string {
	return fmt.Sprintf("%d writes, %d changes told, %d connections, %d resets, all shown after %v", r.Writes, r.Told, r.Connections, r.Resets, r.Late)
}

// maxWrong is the maximum number of mistakes that are kept.
const maxWrong = 20

func (r *Result) wrong(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.Wrong) < maxWrong {
		r.Wrong = append(r.Wrong, fmt.Sprintf(format, args...))
	}
}

// account is a signed-in account; the zero account is a guest.
type account struct{ id, token string }

// field is the state of a check.
type field struct {
	Config
	client   *http.Client
	root     account
	accounts []account // the first is the guest
	result   *Result
	ended    chan struct{} // closed when the writers have ended
}

// Prepare creates the collections and accounts.
func Prepare(ctx context.Context, c Config) (*Field, error) {
	f := &field{Config: c, result: &Result{}, ended: make(chan struct{}),
		client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: c.Writers + c.Subscribers}}}
	if err := f.prepare(ctx); err != nil {
		return nil, err
	}
	return &Field{f}, nil
}

// Field is the result of Prepare.
type Field struct{ *field }

// Run runs writers and subscribers, and returns when the rows of the subscribers are right, or the
// time for that is over.
func (f *Field) Run(ctx context.Context) *Result {
	defer f.client.CloseIdleConnections()
	following, stop := context.WithCancel(ctx)
	var subscribers, writers sync.WaitGroup
	for i := range f.Subscribers {
		subscribers.Go(func() { f.follow(following, i) })
	}
	writing, end := context.WithTimeout(ctx, f.For)
	for i := range f.Writers {
		writers.Go(func() { f.write(writing, i) })
	}
	writers.Wait()
	end()
	close(f.ended)
	last := time.Now()
	timer := time.AfterFunc(f.Patience, stop)
	subscribers.Wait()
	timer.Stop()
	stop()
	f.result.Late = time.Since(last).Round(time.Millisecond)
	return f.result
}
