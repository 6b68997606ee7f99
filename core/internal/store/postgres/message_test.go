package postgres

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/pgtest"
)

func TestInbox(t *testing.T) {
	t.Parallel()
	sender := &DB{node: "sender", schema: "public"}
	for name, size := range map[string]int{"empty": 0, "small": 10, "one part": partSize, "two parts": partSize + 1, "the largest": store.MaxMessage} {
		message := bytes.Repeat([]byte{0, 255}, size/2+1)[:size] // a message whose parts have equal content
		parts := sender.parts(message)
		var in inbox
		for i, part := range parts {
			if len(part) >= 8000 {
				t.Fatalf("%s: a part has %d bytes", name, len(part))
			}
			got, complete := in.take(part, "receiver", "public")
			if last := i == len(parts)-1; complete != last || complete && !bytes.Equal(got, message) {
				t.Errorf("%s: part %d of %d: complete %v", name, i+1, len(parts), complete)
			}
		}
	}
	three := sender.parts(make([]byte, 2*partSize+1))
	for name, test := range map[string]struct {
		parts       []string
		own, schema string
	}{
		"its own":             {three, "sender", "public"},
		"of another schema":   {three, "receiver", "other"},
		"without its first":   {three[1:], "receiver", "public"},
		"without its second":  {[]string{three[0], three[2]}, "receiver", "public"},
		"with a part twice":   {[]string{three[0], three[1], three[1], three[2]}, "receiver", "public"},
		"of another program":  {[]string{"", "a b", "x x x x x", strings.Repeat(" ", 9)}, "receiver", "public"},
		"that is not base64":  {[]string{"sender cHVibGlj 1 1 !"}, "receiver", "public"},
		"with a wrong number": {[]string{"sender cHVibGlj 2 1 AA=="}, "receiver", "public"},
	} {
		var in inbox
		for _, part := range test.parts {
			if _, complete := in.take(part, test.own, test.schema); complete && name != "with a part twice" {
				t.Errorf("a message %s is delivered", name)
			}
		}
		if _, complete := in.take(sender.parts([]byte("next"))[0], "receiver", "public"); !complete {
			t.Errorf("after a message %s, the next is not delivered", name)
		}
	}
}

func TestMessages(t *testing.T) {
	url := pgtest.URL(t)
	one := newTest(t, Config{URL: url})
	two := openTest(t, Config{URL: url})
	t.Cleanup(func() { two.Close() })
	received := make(chan []byte, 100)
	two.OnMessage(func(message []byte) { received <- message })
	one.OnMessage(func(message []byte) { t.Errorf("its own message of %d bytes", len(message)) })
	// The second process begins to listen shortly after it was opened.
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for listening := false; !listening; {
		if err := one.Publish(t.Context(), []byte("?")); err != nil {
			t.Fatal(err)
		}
		select {
		case <-received:
			listening = true
		case <-tick.C:
		}
	}
	large := make([]byte, store.MaxMessage)
	rand.Read(large)
	for _, message := range [][]byte{[]byte("first"), large, {}, []byte("last")} {
		if err := one.Publish(t.Context(), message); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range [][]byte{[]byte("first"), large, {}, []byte("last")} {
		got := <-received
		for string(got) == "?" {
			got = <-received
		}
		if !bytes.Equal(got, want) {
			t.Errorf("received %d bytes, want %d", len(got), len(want))
		}
	}
	if err := one.Publish(t.Context(), make([]byte, store.MaxMessage+1)); err == nil {
		t.Error("a message that is too large is published")
	}
	one.Close()
	if err := one.Publish(t.Context(), nil); err == nil {
		t.Error("a closed database publishes")
	}
}
