package core_test

import (
	"errors"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
)

func TestPublish(t *testing.T) {
	t.Parallel()
	app := core.New(core.Config{})
	if err := app.Publish(t.Context(), "prices", nil); !errors.Is(err, core.ErrNotOpen) {
		t.Errorf("before Open: %v", err)
	}
	coretest.Start(t, app)
	app.OnPublished("prices", func([]byte) { t.Error("a server gets its own message") })
	if err := app.Publish(t.Context(), "prices", []byte("3")); err != nil {
		t.Error(err)
	}
	for name, topic := range map[string]string{"no topic": "", "a zero byte": "a\x00b"} {
		if err := app.Publish(t.Context(), topic, nil); !errors.Is(err, core.ErrMessage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := app.Publish(t.Context(), "prices", make([]byte, core.MaxMessage)); !errors.Is(err, core.ErrMessage) {
		t.Errorf("a message that is too large: %v", err)
	}
}

func TestPublishToOtherNodes(t *testing.T) {
	one, other := nodes(t)
	received := make(chan string, 100)
	other.OnPublished("broken", func([]byte) { panic("oh") })
	other.OnPublished("removed", func([]byte) { t.Error("a removed function is called") })
	other.OnPublished("removed", nil)
	other.OnPublished("prices", func(message []byte) { received <- string(message) })
	publish := func(topic, message string) {
		t.Helper()
		if err := one.Publish(t.Context(), topic, []byte(message)); err != nil {
			t.Fatal(err)
		}
	}
	// The other node begins to listen shortly after Open.
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for listening := false; !listening; {
		publish("prices", "?")
		select {
		case <-received:
			listening = true
		case <-tick.C:
		}
	}
	publish("broken", "x")
	publish("removed", "x")
	publish("unknown", "x")
	publish("prices", "gold\x00\xff")
	for {
		got := <-received
		if got == "gold\x00\xff" {
			return
		}
		if got != "?" {
			t.Fatalf("received %q", got)
		}
	}
}
