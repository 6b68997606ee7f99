package realtime_test

import (
	"testing"

	"github.com/loambase/loam/core"
)

// TestDeliverOAuth2 delivers one message for each subscription, and only from the origin of the
// client.
func TestDeliverOAuth2(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{Dir: t.TempDir()})
	c := b.open(nil, "@oauth2", "notes")
	message := []byte(`{"state":"s","code":"c"}`)
	if b.hub.DeliverOAuth2("nobody", "here", message) {
		t.Error("delivered to nobody")
	}
	if !b.hub.DeliverOAuth2(c.ID, "here", message) || b.hub.DeliverOAuth2(c.ID, "here", message) {
		t.Error("a client gets one message of a subscription")
	}
	if list, err := c.Take(); err != nil || len(list) != 1 || list[0].Topic != "@oauth2" || string(list[0].Data) != string(message) {
		t.Errorf("the client got %v, %v", list, err)
	}
	b.subscribe(c, nil, "@oauth2")
	if b.hub.DeliverOAuth2(c.ID, "elsewhere", message) || b.hub.DeliverOAuth2(c.ID, "here", message) {
		t.Error("who comes from elsewhere gets nothing, and ends the subscription")
	}
	b.subscribe(c, nil, "notes")
	if b.hub.DeliverOAuth2(c.ID, "here", message) {
		t.Error("delivered to a client that does not wait")
	}
	if list, _ := c.Take(); len(list) != 0 {
		t.Errorf("the client got %v", list)
	}
}
