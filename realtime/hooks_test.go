package realtime_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/realtime"
)

// Handlers can change and refuse subscriptions, messages and connections.
func TestHooks(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	refused := fault.New(fault.Forbidden, "Not now.")
	b.hub.Hooks().Subscribe.BindFunc(func(e *realtime.SubscribeEvent) error {
		if e.Watch != nil {
			if e.Watch.Collection == "mine" {
				return refused
			}
			return nil
		}
		for i, topic := range e.Topics {
			e.Topics[i] = strings.Replace(topic, "all", "notes/*", 1)
		}
		return nil
	})
	b.hub.Hooks().Message.BindFunc(func(e *realtime.MessageEvent) error {
		if strings.Contains(string(e.Data), "secret") {
			return errors.New("not for clients")
		}
		if e.Kind != realtime.Event || e.Topic != "notes/*" || e.Auth != nil {
			t.Errorf("the hook saw %+v", e)
		}
		e.Data = []byte(strings.ReplaceAll(string(e.Data), "plain", "changed"))
		return nil
	})
	c := b.open(nil, "all")
	b.note("notes", "secret", "")
	b.note("notes", "plain", "")
	for {
		<-c.Ready()
		list, err := c.Take()
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			continue
		}
		if len(list) != 1 || !strings.Contains(string(list[0].Data), `"text":"changed"`) {
			t.Errorf("the client was told %v, want the changed one only", list)
		}
		break
	}
	socket := b.hub.OpenSocket(record.Caller{}, "")
	t.Cleanup(socket.Close)
	if err := b.hub.Watch(t.Context(), socket, realtime.Watch{Collection: "mine"}, nil); !errors.Is(err, refused) {
		t.Errorf("Watch that a hook refuses = %v", err)
	}
	b.hub.Hooks().Connect.BindFunc(func(e *realtime.ConnectEvent) error {
		if e.Socket {
			return refused
		}
		return nil
	})
	if err := b.hub.Connect(t.Context(), record.Caller{}, true); !errors.Is(err, refused) {
		t.Errorf("Connect that a hook refuses = %v", err)
	}
	if err := b.hub.Connect(t.Context(), record.Caller{}, false); err != nil {
		t.Errorf("Connect = %v", err)
	}
}
