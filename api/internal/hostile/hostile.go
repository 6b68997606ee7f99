// Package hostile attacks a running server while honest clients use it, and measures the
// latencies of the honest clients. It runs each attack alone, or all attacks mixed. It works
// with every binary that serves our API, so that it can also measure an older version.
package hostile

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Config holds the server and the parameters of a run. The zero value of each number makes a short
// run.
type Config struct {
	URL             string // of the server, without a final slash
	PID             int    // of its process, which is measured; 0: none
	Email, Password string // of a superuser
	Rows            int    // of the large collections, 2,000 if 0
	Text            int    // bytes of text in each of their rows, 1,000 if 0
	Clients         int    // hostile clients, 8 if 0
	Honest          int    // honest clients, 8 if 0
	For             time.Duration
	Log             func(format string, args ...any)
}

// pause is the minimum time between two requests of one client. Without it the processor time of
// the clients would be measured, not the cost of a request.
const pause = 50 * time.Millisecond

// Field is a server with the data that the attacks need.
type Field struct {
	Config
	root    string   // the superuser's token
	token   string   // of an honest user
	notes   []string // ids
	nodes   []string
	honest  *http.Client // of the preparations
	address atomic.Int32 // the last loopback address that a client got
}

// Result is the effect of one attack.
type Result struct {
	Attack   string
	Requests int
	Statuses map[int]int // the numbers of answers to the attackers by status; 0: no answer
	CPU      float64     // seconds of the server's processor time
	Seconds  float64     // the duration of the attack
	Peak     int64       // the maximum of bytes that the process held
	Honest   map[string]Latencies
	Failed   []string // the first few wrong answers to honest clients
}

// client returns an HTTP client with a loopback address of its own, so that the server can tell it
// from others.
func (f *Field) client() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: f.dialer().DialContext, MaxIdleConnsPerHost: 4}, Timeout: time.Minute}
}

func (f *Field) dialer() *net.Dialer {
	n := f.address.Add(1)
	return &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, byte(1+n/250), byte(1+n%250))}}
}

// Run runs the attack for the time of the configuration. Without attacks only the honest clients
// run.
func (f *Field) Run(ctx context.Context, name string, attacks ...Attack) Result {
	ctx, end := context.WithTimeout(ctx, f.For)
	defer end()
	began, cpu := time.Now(), processorTime(f.PID)
	w := watch(ctx, f.PID)
	h := f.beginHonest(ctx)
	r := Result{Attack: name, Statuses: map[int]int{}}
	var mu sync.Mutex // guards r
	var hostile sync.WaitGroup
	for i := range f.Clients {
		if len(attacks) == 0 {
			break
		}
		hostile.Go(func() {
			f.assault(ctx, attacks, i, func(change func(r *Result)) {
				mu.Lock()
				defer mu.Unlock()
				change(&r)
			})
		})
	}
	hostile.Wait()
	r.Honest, r.Failed = h.wait()
	r.Peak = w.wait()
	r.Seconds, r.CPU = time.Since(began).Seconds(), processorTime(f.PID)-cpu
	return r
}

// assault is one hostile client: it repeats its attack until the context ends. With several attacks
// it switches between them now and then.
func (f *Field) assault(ctx context.Context, attacks []Attack, number int, note func(change func(r *Result))) {
	rng := rand.New(rand.NewPCG(uint64(number), 7))
	c := &attacker{field: f, http: f.client(), dialer: f.dialer(), rng: rng}
	defer c.http.CloseIdleConnections()
	a := attacks[number%len(attacks)]
	for i := 1; ctx.Err() == nil; i++ {
		if i%20 == 0 {
			a = attacks[rng.IntN(len(attacks))]
		}
		note(func(r *Result) { r.Requests++ })
		status := a.Once(ctx, c)
		if ctx.Err() != nil {
			return // the end of the run caused the error, not the server
		}
		note(func(r *Result) { r.Statuses[status]++ })
		wait(ctx, pause)
	}
}

// wait waits, or until the context ends.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// String returns the result as a readable line.
func (r Result) String() string {
	text := fmt.Sprintf("%-18s %6d requests %v; server %5.1f CPU s in %5.1f s, peak %4d MiB;", r.Attack, r.Requests, r.Statuses, r.CPU, r.Seconds, r.Peak>>20)
	for _, kind := range kinds {
		l := r.Honest[kind]
		text += fmt.Sprintf(" %s p50 %v p99 %v worst %v (%d);", kind, l.Quantile(0.5), l.Quantile(0.99), l.Quantile(1), len(l))
	}
	return text
}
