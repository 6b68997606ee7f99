package realtime_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/realtime"
)

// resume subscribes with a token and returns the token in the answer.
func (s *testSocket) resume(w realtime.Watch, since change.Token) (answered change.Token) {
	s.bed.t.Helper()
	w.Since = since
	err := s.bed.hub.Watch(s.bed.t.Context(), s.Client, w, func(_ string, token change.Token) []byte {
		answered = token
		return []byte("ok")
	})
	if err != nil {
		s.bed.t.Fatal(err)
	}
	if m := s.next(); kind(m) != realtime.Answer {
		s.bed.t.Fatalf("the answer is %+v", m)
	}
	return answered
}

// TestResume: a client that resumes gets all changes that it has missed, as if it had been
// connected.
func TestResume(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	w := realtime.Watch{Collection: "notes", Filter: "text ~ 'in'"}
	there := b.socket(nil)
	since := there.resume(w, "")
	id := b.note("notes", "out", "")
	stored, err := b.Records().FindByID(t.Context(), "notes", id)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"inside", "within", "outside", "indoors"} {
		b.update(stored, map[string]any{"text": text})
	}
	b.note("mine", "in another collection", "")
	var want []string
	for range 4 {
		want = append(want, brief(t, there.next()))
	}
	back := b.socket(nil)
	if token := back.resume(w, since); token != since {
		t.Errorf("the answer has the token %s, want %s: the client has nothing newer", token, since)
	}
	for i := range want {
		if got := brief(t, back.next()); got != want[i] {
			t.Errorf("of the past, event %d is %q, want %q", i, got, want[i])
		}
	}
	b.note("notes", "in the present", "")
	if got := brief(t, back.next()); got != "1 create in the present end" {
		t.Errorf("after the past came %q", got)
	}
}

// TestResumeFromNowhere: an unknown token causes a reset, after which the present changes are sent.
func TestResumeFromNowhere(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	good := b.socket(nil).resume(realtime.Watch{Collection: "notes"}, "")
	for _, token := range []change.Token{"nonsense", "x.1", good.At(1 << 40), good.At(-1), good + "x", "."} {
		s := b.socket(nil)
		answered := s.resume(realtime.Watch{Collection: "notes"}, token)
		if m := s.next(); kind(m) != realtime.Reset || m.Topic != "1" || m.Mark.Token != answered || answered == token {
			t.Fatalf("%q is answered by %q and %+v", token, answered, m)
		}
		b.note("notes", "now", "")
		if got := brief(t, s.next()); got != "1 create now end" {
			t.Errorf("after the reset came %q", got)
		}
	}
}

// TestResumeAsSomebodyElse: the effect of the own account on a rule in the past is not known, so a
// change of the account resets the subscription; so does a change of the definition.
func TestResumeAsSomebodyElse(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	ann := b.user("ann")
	if _, err := b.Collections().Update(t.Context(), record.Root(), "notes", []byte(`{"listRule":"text = @request.auth.name"}`)); err != nil {
		t.Fatal(err)
	}
	w := realtime.Watch{Collection: "notes"}
	since := b.socket(ann).resume(w, "")
	b.update(ann, map[string]any{"emailVisibility": true})
	b.note("notes", "", "")
	s := b.socket(ann)
	s.resume(w, since)
	if got := brief(t, s.next()); got != "1 create  end" {
		t.Errorf("after a change that the rule does not read came %q", got)
	}
	for i, change := range []func(){
		func() { b.update(ann, map[string]any{"name": "ann"}) },
		func() {
			if _, err := b.Collections().Update(t.Context(), record.Root(), "notes", []byte(`{"listRule":"text = @request.auth.name && text != ''"}`)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		change()
		s := b.socket(ann)
		s.resume(w, since)
		if m := s.next(); kind(m) != realtime.Reset {
			t.Errorf("change %d: %s", i, brief(t, m))
		}
	}
}

// TestResumeUnderLoad: clients that disconnect and resume at random during writes get each change
// once, in order.
func TestResumeUnderLoad(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	const n = 150
	first := make([]*testSocket, 4)
	tokens := make([]change.Token, len(first))
	for i := range first {
		first[i] = b.socket(nil)
		tokens[i] = first[i].resume(realtime.Watch{Collection: "notes"}, "")
	}
	var all sync.WaitGroup
	all.Go(func() {
		for i := range n {
			b.note("notes", fmt.Sprint(i), "")
		}
	})
	for i := range first {
		all.Go(func() {
			s, token := first[i], tokens[i]
			for seen := 0; seen < n; {
				for range rand.N(10) {
					if seen == n {
						break
					}
					m := s.next()
					var event struct{ Record struct{ Text string } }
					if err := json.Unmarshal(m.Data, &event); err != nil || event.Record.Text != fmt.Sprint(seen) || m.Mark == nil {
						t.Errorf("client %d: event %d is %s, %v", i, seen, m.Data, m.Mark)
						return
					}
					seen, token = seen+1, m.Mark.Token
				}
				s.Close()
				s = b.socket(nil)
				s.resume(realtime.Watch{Collection: "notes"}, token)
			}
		})
	}
	all.Wait()
}

// TestResumeTogether checks that each of many clients that resume at the same time gets the changes
// that its account may see.
func TestResumeTogether(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	ann, bob := b.user("ann"), b.user("bob")
	since := b.socket(nil).resume(realtime.Watch{Collection: "mine"}, "")
	const n = 30
	for i := range n {
		b.note("mine", fmt.Sprint(i), []string{ann.ID(), bob.ID()}[i%2])
	}
	var all sync.WaitGroup
	for i := range 40 {
		s, first := b.socket([]*record.Record{ann, bob}[i%2]), i%2
		all.Go(func() {
			s.resume(realtime.Watch{Collection: "mine"}, since)
			for text := first; text < n; text += 2 {
				if got, want := brief(t, s.next()), fmt.Sprintf("1 create %d end", text); got != want {
					t.Errorf("client %d: %q, want %q", i, got, want)
					return
				}
			}
		})
	}
	all.Wait()
}

// BenchmarkResume measures the time until 200 clients that resume at once have received 50 changes.
func BenchmarkResume(b *testing.B) {
	bed := newBed(b, core.Config{})
	since := bed.socket(nil).resume(realtime.Watch{Collection: "notes"}, "")
	for i := range 50 {
		bed.note("notes", fmt.Sprint(i), "")
	}
	for b.Loop() {
		var all sync.WaitGroup
		for range 200 {
			s := bed.socket(nil)
			all.Go(func() {
				s.resume(realtime.Watch{Collection: "notes"}, since)
				for range 50 {
					s.next()
				}
				s.Close()
			})
		}
		all.Wait()
	}
}
