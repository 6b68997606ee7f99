package realtime_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/realtime"
)

// wide makes records so large that about 200 of them fill the queue of a client.
var wide = strings.Repeat("x", 4900)

// TestCatchUp: a socket that reads no messages for a while gets all events when it reads again,
// each once and in order, in short and in long transactions.
func TestCatchUp(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	write := func(from, n int) {
		t.Helper()
		if err := b.Transaction(t.Context(), func(tx *core.Tx) error {
			for i := range n {
				if _, err := tx.Records.Create(t.Context(), coretest.Root(), "notes", record.Input{Body: map[string]any{"text": fmt.Sprint(from + i), "owner": wide}}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	slow, quick := b.socket(nil), b.socket(nil)
	sub := slow.watch(realtime.Watch{Collection: "notes"})
	filtered := slow.watch(realtime.Watch{Collection: "notes", Filter: "text ~ '%7'"})
	quick.watch(realtime.Watch{Collection: "notes"})
	// A large transaction, small transactions, and a further large transaction.
	sizes := []int{250, 1, 1, 20, 100, 1, 230}
	ends, all := map[int]bool{}, 0
	for _, n := range sizes {
		write(all, n)
		all += n
		ends[all-1] = true
		for range n { // until the hub has delivered it
			quick.next()
		}
	}
	told := map[string]int{sub: 0, filtered: 7}
	for told[sub] < all || told[filtered] < all {
		m := slow.next()
		var text int
		var action, end string
		if n, _ := fmt.Sscan(brief(t, m), new(string), &action, &text, &end); n < 3 || action != "create" || text != told[m.Topic] {
			t.Fatalf("%q came, want %d", brief(t, m), told[m.Topic])
		}
		if m.Topic == sub {
			told[sub]++
			if (end == "end") != ends[text] {
				t.Fatalf("%q, the last of its transaction: %v", brief(t, m), ends[text])
			}
		} else {
			told[filtered] += 10
		}
	}
	// The socket gets new changes again.
	b.note("notes", "now", "")
	if got := brief(t, slow.next()); got != sub+" create now end" {
		t.Errorf("then it is told %q", got)
	}
}

// TestCatchUpOfLists: a live query whose client reads no messages for a while is correct in the
// end.
func TestCatchUpOfLists(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	slow, quick := b.socket(nil), b.socket(nil)
	slow.watch(realtime.Watch{Collection: "notes"})
	slow.watch(realtime.Watch{Collection: "notes", Sort: "-text", Limit: 2})
	quick.watch(realtime.Watch{Collection: "notes"})
	const n = 300
	for i := range n {
		b.note("notes", fmt.Sprintf("%04d", i), wide)
		quick.next()
	}
	var shown list
	seen := 0
	for seen < n || len(shown.texts) < 2 || shown.texts[0] != "0299" || shown.texts[1] != "0298" {
		if m := slow.next(); m.Topic == "2" {
			shown.apply(t, m)
		} else {
			seen++
		}
	}
}

// TestCatchUpEnds: the hub removes a socket that is closed while it is catching up, and its groups.
func TestCatchUpEnds(t *testing.T) {
	t.Parallel()
	b := newBed(t, core.Config{})
	slow, quick := b.socket(nil), b.socket(nil)
	slow.watch(realtime.Watch{Collection: "notes"})
	quick.watch(realtime.Watch{Collection: "notes"})
	for i := range 250 {
		b.note("notes", fmt.Sprint(i), wide)
		quick.next()
	}
	slow.Close()
	quick.Close()
	if clients, groups := b.hub.Sizes(); clients != 0 || groups != 0 {
		t.Errorf("%d clients and %d groups are left", clients, groups)
	}
}
