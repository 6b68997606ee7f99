package disktest

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// outcomes returns how often each content of the file "f" was found after many power cuts. The
// content of a missing file is "-".
func outcomes(t *testing.T, events ...event) map[string]int {
	t.Helper()
	d := &Disk{}
	for _, e := range events {
		d.record(e)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	seen := map[string]int{}
	for range 100 {
		dir := t.TempDir()
		if _, err := d.Cut(d.Len(), rng, dir); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, "f"))
		if err != nil {
			data = []byte("-")
		}
		seen[string(data)]++
	}
	return seen
}

func TestCut(t *testing.T) {
	old := event{kind: found, file: "f", data: []byte("old")}
	change := event{kind: wrote, file: "f", data: []byte("new")}
	for _, test := range []struct {
		name   string
		events []event
		want   []string // all contents that the file may have after a cut
	}{
		{"synced", []event{old, change, {kind: synced, file: "f", offset: 2}}, []string{"new"}},
		{"another file synced", []event{old, change, {kind: synced, file: "g", offset: 2}}, []string{"old", "new"}},
		{"written while the sync ran", []event{old, change, {kind: synced, file: "f", offset: 1}}, []string{"old", "new"}},
		{"sync after a failed one", []event{old, change, {kind: failed, file: "f"}, {kind: synced, file: "f", offset: 3}},
			[]string{"old", "new"}},
		{"cut short", []event{old, {kind: truncated, file: "f", offset: 1}}, []string{"old", "o"}},
		{"new name", []event{{kind: created, file: "f"}, change, {kind: synced, file: "f", offset: 2}}, []string{"-", "new"}},
		{"name synced", []event{{kind: created, file: "f"}, {kind: folder}, change, {kind: synced, file: "f", offset: 3}}, []string{"new"}},
		{"deleted", []event{old, {kind: deleted, file: "f"}}, []string{"old", "-"}},
		{"deleted durably", []event{old, {kind: deleted, file: "f"}, {kind: folder}}, []string{"-"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			seen := outcomes(t, test.events...)
			for _, want := range test.want {
				if seen[want] == 0 {
					t.Errorf("%q is never found", want)
				}
				delete(seen, want)
			}
			for got := range seen {
				if len(got) != len("new") { // a content of this length may be torn
					t.Errorf("%q is found", got)
				}
			}
		})
	}
}

// TestTornWrite checks that a torn write changes no bytes outside its range, and that it is torn
// only at the boundaries of sectors.
func TestTornWrite(t *testing.T) {
	before, after := bytes.Repeat([]byte("a"), 4*sector), bytes.Repeat([]byte("b"), 2*sector)
	seen := outcomes(t, event{kind: found, file: "f", data: before}, event{kind: wrote, file: "f", offset: sector / 2, data: after})
	torn := 0
	for got := range seen {
		if len(got) != len(before) || got[:sector/2] != string(before[:sector/2]) || got[5*sector/2:] != string(before[5*sector/2:]) {
			t.Fatalf("bytes around the write have changed")
		}
		for _, part := range []string{got[sector/2 : sector], got[sector : 2*sector], got[2*sector : 5*sector/2]} {
			if part[0] == 'a' && part[len(part)-1] == 'b' || part[0] == 'b' && part[len(part)-1] == 'a' {
				torn++
			}
		}
	}
	if len(seen) < 6 || torn > 0 {
		t.Errorf("%d outcomes, %d of them torn inside a sector; want at least 6 and none", len(seen), torn)
	}
}
