package realtime_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/budget"
	"github.com/loambase/loam/realtime"
)

// bed is an app with a hub and a collection that is open to everybody.
type bed struct {
	*core.App
	t    testing.TB
	auth *auth.Service
	hub  *realtime.Hub
}

func newBed(t testing.TB, c core.Config) *bed {
	t.Helper()
	b := &bed{t: t, App: core.New(c)}
	b.auth = auth.New(b.App)
	b.hub = realtime.New(b.App, b.auth)
	b.hub.Hurry()
	coretest.Start(t, b.App)
	coretest.Collection(t, b.App, `{"name":"notes","listRule":"","viewRule":"","fields":[{"name":"text","type":"text"},{"name":"owner","type":"text"}]}`)
	coretest.Collection(t, b.App, `{"name":"mine","listRule":"owner = @request.auth.id","fields":[{"name":"text","type":"text"},{"name":"owner","type":"text"}]}`)
	return b
}

// open returns a client that is subscribed to the topics, and closes it when the test ends.
func (b *bed) open(r *record.Record, topics ...string) *realtime.Client {
	b.t.Helper()
	c := b.hub.Open("here")
	b.t.Cleanup(c.Close)
	b.subscribe(c, r, topics...)
	return c
}

func (b *bed) subscribe(c *realtime.Client, r *record.Record, topics ...string) {
	b.t.Helper()
	s := realtime.Subscription{ClientID: c.ID, Topics: topics, Pin: "here", Caller: record.Caller{Auth: r, IP: "192.0.2.1"}}
	if r != nil {
		var err error
		if s.Token, err = b.auth.NewToken(r, auth.Token{Type: auth.Auth}); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := b.hub.Subscribe(b.t.Context(), s); err != nil {
		b.t.Fatal(err)
	}
}

// user creates an account.
func (b *bed) user(name string) *record.Record {
	b.t.Helper()
	return coretest.Record(b.t, b.App, "users", map[string]any{"email": name + "@example.com", "password": "some words", "passwordConfirm": "some words"})
}

func (b *bed) note(collection, text, owner string) string {
	b.t.Helper()
	return coretest.Record(b.t, b.App, collection, map[string]any{"text": text, "owner": owner}).ID()
}

func (b *bed) update(r *record.Record, body map[string]any) {
	b.t.Helper()
	if _, err := b.Records().Update(b.t.Context(), coretest.Root(), r.Collection().Name, r.ID(), record.Input{Body: body}); err != nil {
		b.t.Fatal(err)
	}
}

// texts takes n messages and returns their texts.
func texts(t testing.TB, c *realtime.Client, n int) (list []string) {
	t.Helper()
	for len(list) < n {
		select {
		case <-c.Ready():
		case <-time.After(20 * time.Second):
			t.Fatalf("only %q came", list)
		}
		messages, err := c.Take()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			var event struct {
				Record struct{ Text string }
				Action string
			}
			if err := json.Unmarshal(m.Data, &event); err != nil {
				t.Fatalf("%s: %v", m.Data, err)
			}
			list = append(list, event.Action+" "+event.Record.Text)
		}
	}
	return list
}

// TestSlowClient: a client that reads no messages ends, with a bounded queue, and delays no other
// client.
func TestSlowClient(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	slow, quick := b.open(nil, "notes/*"), b.open(nil, "notes/*")
	large := strings.Repeat("x", 4000)
	for range 300 { // more than the megabyte of the queue
		b.note("notes", large, "")
		if got := texts(t, quick, 1); got[0] != "create "+large {
			t.Fatalf("the quick one got %q", got)
		}
	}
	<-slow.Ready()
	if messages, err := slow.Take(); !errors.Is(err, realtime.ErrSlow) || len(messages) > 0 {
		t.Errorf("the slow one got %d messages and %v", len(messages), err)
	}
}

// TestRevokedAtOnce: a message about a change that was committed after a revocation is never sent,
// even if the two race, and clients whose account has merely changed lose no message.
func TestRevokedAtOnce(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	ann, bob := b.user("ann"), b.user("bob")
	hers, his := b.open(ann, "mine/*"), b.open(bob, "mine/*")
	const n = 40
	var changing sync.WaitGroup
	var told atomic.Bool
	for range 3 { // the account changes repeatedly, its token stays valid
		changing.Go(func() {
			for i := 0; !told.Load(); i++ {
				b.update(bob, map[string]any{"name": fmt.Sprint(i)})
			}
		})
	}
	defer changing.Wait()
	defer told.Store(true)
	for i := range n {
		b.note("mine", fmt.Sprint(i), bob.ID())
	}
	for i, text := range texts(t, his, n) {
		if text != fmt.Sprint("create ", i) {
			t.Fatalf("message %d is %q", i, text)
		}
	}
	b.note("mine", "before", ann.ID())
	if got := texts(t, hers, 1); got[0] != "create before" {
		t.Errorf("she got %q", got)
	}
	b.update(ann, map[string]any{"password": "other words", "passwordConfirm": "other words"})
	b.note("mine", "after", ann.ID())
	b.note("mine", "end", bob.ID())
	texts(t, his, 1) // the hub has delivered all of it
	if messages, err := hers.Take(); len(messages) > 0 || err != nil {
		t.Errorf("after the revocation came %v, %v", messages, err)
	}
}

// TestReset: a stream that watches a collection whose table was written by SQL, or whose definition
// was changed, ends; other streams stay.
func TestReset(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	for _, write := range []func() error{
		func() error {
			_, err := b.SQL().Run(t.Context(), record.Root(), "UPDATE notes SET text = 'by hand'")
			return err
		},
		func() error {
			_, err := b.Collections().Update(t.Context(), record.Root(), "notes", []byte(`{"listRule":"text != ''"}`))
			return err
		},
	} {
		id := b.note("notes", "first", "")
		ended := []*realtime.Client{b.open(nil, "notes/*"), b.open(nil, "users/*", "notes/"+id), b.open(nil, b.Snapshot().Find("notes").ID)}
		other := b.open(nil, "mine/*", "users/*")
		if err := write(); err != nil {
			t.Fatal(err)
		}
		for i, c := range ended {
			var err error
			for err == nil { // an event about the creation may come first
				<-c.Ready()
				_, err = c.Take()
			}
			if !errors.Is(err, realtime.ErrGap) {
				t.Errorf("client %d ended with %v", i, err)
			}
			c.Close()
		}
		if messages, err := other.Take(); err != nil || len(messages) > 0 {
			t.Errorf("another collection's client got %d messages and %v", len(messages), err)
		}
	}
}

// TestTokenEnds: a client is a guest from the second in which its token expires.
func TestTokenEnds(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	b := newBed(t, core.Config{Now: func() time.Time { return time.Now().Add(time.Duration(later.Load())) }})
	ann, bob := b.user("ann"), b.user("bob")
	hers := b.open(ann, "mine/*")
	b.note("mine", "in time", ann.ID())
	if got := texts(t, hers, 1); got[0] != "create in time" {
		t.Errorf("she got %q", got)
	}
	later.Store(int64(30 * 24 * time.Hour))
	his := b.open(bob, "mine/*")
	b.note("mine", "too late", ann.ID())
	b.note("mine", "end", bob.ID())
	texts(t, his, 1)
	if messages, err := hers.Take(); len(messages) > 0 || err != nil {
		t.Errorf("after the token's end came %v, %v", messages, err)
	}
}

// TestClientsComeAndGo: clients that are closed leave nothing behind.
func TestClientsComeAndGo(t *testing.T) {
	b := newBed(t, core.Config{}) // counts goroutines and budgets: not parallel
	before := runtime.NumGoroutine()
	topics := []string{"notes/*", "notes/abc", "own", "mine/*?options=" + strings.Repeat("x", 2000)}
	for range 50 {
		var clients []*realtime.Client
		for range 40 {
			c := b.hub.Open("here")
			b.subscribe(c, nil, topics...)
			b.subscribe(c, nil, topics[:2]...)
			clients = append(clients, c)
		}
		b.note("notes", "x", "")
		for _, c := range clients {
			texts(t, c, 1)
			c.Close()
			c.Close()
		}
	}
	if clients, groups := b.hub.Sizes(); clients+groups > 0 {
		t.Errorf("%d clients and %d groups are left", clients, groups)
	}
	if held := b.Budgets().Topics.Usage().Held; held != 0 {
		t.Errorf("%d bytes of topics are left", held)
	}
	if after := runtime.NumGoroutine(); after > before+10 {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

// TestTopicsAreBudgeted: one address cannot fill the memory with topics.
func TestTopicsAreBudgeted(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{Limits: budget.Limits{Answers: 8 << 20}})
	topics := make([]string, 1000)
	for i := range topics {
		topics[i] = fmt.Sprint(i, strings.Repeat("x", 2400))
	}
	for i := 0; ; i++ {
		c := b.hub.Open("here")
		t.Cleanup(c.Close)
		err := b.hub.Subscribe(t.Context(), realtime.Subscription{ClientID: c.ID, Topics: topics, Pin: "here", Caller: record.Caller{IP: "192.0.2.1"}})
		if i == 0 && err != nil {
			t.Fatalf("the first client: %v", err)
		}
		if err != nil {
			if fault.KindOf(err) != fault.Unavailable || !errors.Is(err, budget.ErrSpent) {
				t.Errorf("refused with %v", err)
			}
			break
		}
		if i == 100 {
			t.Fatal("a hundred clients hold two hundred megabytes of topics")
		}
	}
	b.open(b.user("ann"), "notes/*") // small topics are free
}

// BenchmarkDeliver measures the cost of one change for many clients that read it.
func BenchmarkDeliver(b *testing.B) {
	for _, test := range []struct {
		name, collection string
		accounts         bool
	}{{"guests", "notes", false}, {"accounts", "notes", true}, {"owners", "mine", true}} {
		b.Run(test.name, func(b *testing.B) {
			const n = 1000
			bed := newBed(b, core.Config{})
			clients := make([]*realtime.Client, n)
			var last *record.Record
			for i := range clients {
				if test.accounts {
					last = bed.user(fmt.Sprint("user", i))
				}
				clients[i] = bed.open(last, test.collection+"/*")
			}
			owner := ""
			if last != nil {
				owner = last.ID()
			}
			b.ResetTimer()
			for range b.N {
				bed.note(test.collection, "hello", owner)
				texts(b, clients[n-1], 1)
				for _, c := range clients {
					if _, err := c.Take(); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/delivery")
		})
	}
}
