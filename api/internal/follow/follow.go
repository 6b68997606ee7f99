// Package follow checks what realtime clients are told. Writers change records; subscribers
// with different identities, filters and protocols keep what they show right by what they are
// told, lose their connections at random, and come back. In the end each must show what a
// query as its identity returns, and none may have been told of a change twice, out of order,
// or not at all.
package follow

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Config is how to check. All fields are required.
type Config struct {
	URL                  func() string // of a server of the database as it is now
	Email, Password      string        // of a superuser
	Writers, Subscribers int
	Pace                 time.Duration // between writes of one writer
	Stay                 time.Duration // for which a connection lasts, about
	For                  time.Duration
	Patience             time.Duration // for subscribers to show what there is, in the end
}

// Result is what came of it.
type Result struct {
	Writes, Told, Connections, Resets int64 // atomic while it runs

	Late time.Duration // after the last write, until all showed what there is

	mu    sync.Mutex // guards what follows
	Wrong []string
}

func (r *Result) String() string {
	return fmt.Sprintf("%d writes, %d changes told, %d connections, %d resets, all shown after %v", r.Writes, r.Told, r.Connections, r.Resets, r.Late)
}

// maxWrong is how many mistakes are kept.
const maxWrong = 20

func (r *Result) wrong(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.Wrong) < maxWrong {
		r.Wrong = append(r.Wrong, fmt.Sprintf(format, args...))
	}
}

// account is somebody who has signed in; the zero account is a guest.
type account struct{ id, token string }

// field is where it happens.
type field struct {
	Config
	client   *http.Client
	root     account
	accounts []account // the first is the guest
	result   *Result
	ended    chan struct{} // closed when the writers have ended
}

// Prepare makes the collections and accounts.
func Prepare(ctx context.Context, c Config) (*Field, error) {
	f := &field{Config: c, result: &Result{}, ended: make(chan struct{}),
		client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: c.Writers + c.Subscribers}}}
	if err := f.prepare(ctx); err != nil {
		return nil, err
	}
	return &Field{f}, nil
}

// Field is what Prepare has made.
type Field struct{ *field }

// Run lets all write and follow, and returns when the subscribers show what there is, or do
// not in time.
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
