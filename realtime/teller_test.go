package realtime_test

import (
	"context"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/realtime"
)

// slowTeller sends a constant word, and blocks on changes of collections.
type slowTeller struct{ reviews, goOn chan struct{} }

func (s slowTeller) Ask(*record.Audience) func(record.Shown) []byte {
	return func(record.Shown) []byte { return []byte("told") }
}

func (s slowTeller) Changed() []byte {
	s.reviews <- struct{}{}
	<-s.goOn
	return nil
}

// TestTellersOutlastDefinitions: a subscription with a teller that fits its collection continues,
// even if the collection has changed again before the hub delivers a change. Only a subscription to
// a collection whose table was written by SQL is reset.
func TestTellersOutlastDefinitions(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	s := b.socket(nil)
	teller := slowTeller{make(chan struct{}), make(chan struct{})}
	s.watch(realtime.Watch{Collection: "notes", Teller: teller, Key: "k"})
	define := func(rule string) {
		t.Helper()
		if _, err := b.Collections().Update(t.Context(), record.Root(), "notes", []byte(`{"listRule":"`+rule+`"}`)); err != nil {
			t.Fatal(err)
		}
	}
	define("text != 'a'")
	<-teller.reviews // the hub is blocked, and the next two changes are both committed when it continues
	define("text != 'b'")
	define("text != 'c'")
	b.note("notes", "after", "")
	teller.goOn <- struct{}{}
	for range 2 {
		<-teller.reviews
		teller.goOn <- struct{}{}
	}
	if m := s.next(); kind(m) != realtime.Event || string(m.Data) != "told" {
		t.Errorf("after changes of the definition came %+v", m)
	}
	if _, err := b.SQL().Run(t.Context(), record.Root(), "UPDATE notes SET text = 'by hand'"); err != nil {
		t.Fatal(err)
	}
	<-teller.reviews
	teller.goOn <- struct{}{}
	if m := s.next(); kind(m) != realtime.Reset {
		t.Errorf("after a rewrite of the table came %+v", m)
	}
}

// lister lists the states in its channel.
type lister struct{ states chan []byte }

func (l lister) List(context.Context, record.Caller, bool) ([]byte, *record.Listing, error) {
	return <-l.states, &record.Listing{Restless: true}, nil
}

func (lister) Changed() []byte { return nil }

// TestListersTellStatesWhole: each state that differs from the state before is sent as a whole.
func TestListersTellStatesWhole(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	s := b.socket(nil)
	l := lister{make(chan []byte)}
	go func() { l.states <- []byte("one") }()
	s.watch(realtime.Watch{Collection: "notes", Lister: l, Key: "k"})
	if m := s.next(); kind(m) != realtime.Snapshot || string(m.Data) != "one" {
		t.Errorf("the first state is %+v", m)
	}
	b.note("notes", "x", "")
	l.states <- []byte("one")
	b.note("notes", "y", "")
	l.states <- []byte("two")
	if m := s.next(); kind(m) != realtime.Snapshot || string(m.Data) != "two" {
		t.Errorf("the second state is %+v", m)
	}
}
