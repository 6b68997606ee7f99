package realtime_test

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/realtime"
)

// testSocket is a socket that keeps its messages.
type testSocket struct {
	*realtime.Client
	bed   *bed
	ready chan struct{}
	queue []realtime.Message
}

// socket opens a socket for the account r, nil for a guest, and closes it when the test ends.
func (b *bed) socket(r *record.Record) *testSocket {
	b.t.Helper()
	s := &testSocket{Client: b.hub.OpenSocket(record.Caller{IP: "192.0.2.1"}, ""), bed: b, ready: make(chan struct{}, 1)}
	s.OnReady(func() {
		select {
		case s.ready <- struct{}{}:
		default:
		}
	})
	b.t.Cleanup(s.Close)
	if r != nil {
		s.signIn(r)
	}
	return s
}

func (s *testSocket) signIn(r *record.Record) {
	s.bed.t.Helper()
	token, err := s.bed.auth.NewToken(r, auth.Token{Type: auth.Auth})
	if err != nil {
		s.bed.t.Fatal(err)
	}
	answer := func(*record.Record, time.Time) ([]byte, error) { return []byte("signed in"), nil }
	if err := s.bed.hub.Authenticate(s.bed.t.Context(), s.Client, token, "192.0.2.1", answer); err != nil {
		s.bed.t.Fatal(err)
	}
	if m := s.next(); kind(m) != realtime.Answer {
		s.bed.t.Fatalf("the answer is %+v", m)
	}
}

func (s *testSocket) watch(w realtime.Watch) (id string) {
	s.bed.t.Helper()
	err := s.bed.hub.Watch(s.bed.t.Context(), s.Client, w, func(sub string, _ change.Token) []byte {
		id = sub
		return []byte("ok")
	})
	if err != nil {
		s.bed.t.Fatal(err)
	}
	if m := s.next(); kind(m) != realtime.Answer {
		s.bed.t.Fatalf("the answer is %+v", m)
	}
	return id
}

// next returns the next message.
func (s *testSocket) next() realtime.Message {
	s.bed.t.Helper()
	for len(s.queue) == 0 {
		select {
		case <-s.ready:
		case <-time.After(20 * time.Second):
			s.bed.t.Fatal("nothing came")
		}
		list, err := s.Take()
		if err != nil {
			s.bed.t.Fatal(err)
		}
		s.queue = list
	}
	m := s.queue[0]
	s.queue = s.queue[1:]
	return m
}

func kind(m realtime.Message) realtime.Kind {
	if m.Mark == nil {
		return realtime.Event
	}
	return m.Mark.Kind
}

// brief returns a short form of an event: "1 create hello", and "end" if the event ends its
// transaction.
func brief(t testing.TB, m realtime.Message) string {
	t.Helper()
	if kind(m) != realtime.Event {
		return fmt.Sprintf("%s kind %d %s", m.Topic, kind(m), m.Data)
	}
	var event struct {
		Record struct{ Text string }
		Action string
	}
	if err := json.Unmarshal(m.Data, &event); err != nil {
		t.Fatalf("%s: %v", m.Data, err)
	}
	text := m.Topic + " " + event.Action + " " + event.Record.Text
	if m.Mark != nil {
		text += " end"
	}
	return text
}

// TestTransactionEnds: the last event of each transaction is marked, even in a transaction that
// fills a page of the log.
func TestTransactionEnds(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	s := b.socket(nil)
	s.watch(realtime.Watch{Collection: "notes"})
	seen := map[change.Token]bool{}
	for _, n := range []int{1, 1000, 2} {
		err := b.Transaction(t.Context(), func(tx *core.Tx) error {
			for i := range n {
				if _, err := tx.Records.Create(t.Context(), coretest.Root(), "notes", record.Input{Body: map[string]any{"text": fmt.Sprint(i)}}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			want := fmt.Sprint("1 create ", i)
			if i == n-1 {
				want += " end"
			}
			m := s.next()
			if got := brief(t, m); got != want {
				t.Fatalf("of %d, event %d is %q, want %q", n, i, got, want)
			}
			if i < n-1 {
				continue
			}
			if seen[m.Mark.Token] {
				t.Errorf("two transactions have the token %s", m.Mark.Token)
			}
			seen[m.Mark.Token] = true
		}
	}
}

// TestSocketTokenEnds: a socket gets a message when its token expires, even without any change.
func TestSocketTokenEnds(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	b := newBed(t, core.Config{Now: func() time.Time { return time.Now().Add(time.Duration(later.Load())) }})
	s := b.socket(b.user("ann"))
	s.watch(realtime.Watch{Collection: "notes"})
	later.Store(int64(30 * 24 * time.Hour))
	if m := s.next(); kind(m) != realtime.SignedOut || string(m.Data) != realtime.Expired {
		t.Errorf("it was told %s", brief(t, m))
	}
	b.note("notes", "still", "")
	if got := brief(t, s.next()); got != "1 create still end" {
		t.Errorf("as a guest it got %q", got)
	}
}

// TestSocketIsNoStream: methods that take the id of a stream refuse the id of a socket.
func TestSocketIsNoStream(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	s := b.socket(nil)
	if err := b.hub.Subscribe(t.Context(), realtime.Subscription{ClientID: s.ID, Topics: []string{"notes/*"}}); err == nil {
		t.Error("a socket was subscribed as a stream")
	}
	if b.hub.DeliverOAuth2(s.ID, "", []byte("{}")) {
		t.Error("a socket got the answer of a service")
	}
}
