package logs

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/settings"
)

func TestPurgeByAge(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	for i := range 2*purgeRows + 10 {
		k.at(noon.Add(time.Duration(i) * time.Minute))
		k.log(0, "old", i)
		if i%1000 == 0 {
			k.flush(t.Context())
		}
	}
	k.set(func(l *settings.Logs) { l.MaxDays = 1 })
	last := noon.Add((2*purgeRows + 9) * time.Minute)
	k.at(last.Add(23 * time.Hour)) // keeps the last hour of the entries
	k.flush(t.Context())
	if err := k.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if numbers := k.numbers("", ""); len(numbers) != 61 || numbers[0] != 2*purgeRows-51 {
		t.Errorf("%d entries are left, the first is %v", len(numbers), numbers)
	}
	if err := k.Purge(t.Context()); err != nil {
		t.Errorf("a second purge = %v", err)
	}
	k.set(func(l *settings.Logs) { l.MaxDays = 1 << 53 })
	if err := k.Purge(t.Context()); err != nil || len(k.numbers("", "")) != 61 {
		t.Errorf("a purge with many days = %v", err)
	}
	k.set(func(l *settings.Logs) { l.MaxDays = 0 })
	if err := k.Purge(t.Context()); err != nil || len(k.numbers("", "")) != 0 {
		t.Errorf("a purge without a day = %v", err)
	}
	if err := k.Purge(t.Context()); err != nil {
		t.Errorf("a purge of nothing = %v", err)
	}
}

func TestPurgeByLevel(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	for i := range purgeRows + 100 {
		k.log([]slog.Level{slog.LevelInfo, slog.LevelError}[i%2], "level", i)
	}
	k.flush(t.Context())
	k.set(func(l *settings.Logs) { l.MinLevel = 4 })
	if err := k.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, total := k.list(record.ListParams{Filter: "level = 8"}); total != purgeRows/2+50 {
		t.Errorf("%d errors are left", total)
	}
	if _, total := k.list(record.ListParams{Filter: "level < 4"}); total != 0 {
		t.Errorf("%d entries below the level are left", total)
	}
}

// The oldest entries are deleted first, until nine tenths of the limit are left.
func TestPurgeBySize(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	k.set(func(l *settings.Logs) { l.MaxSize = 2 })
	const size = 1000
	overhead := rowOverhead
	if k.cfg.Compact {
		overhead = compactOverhead
	}
	fill := func(from, n int) {
		for i := range n {
			e := k.Entry(0)
			e.Int("n", int64(from+i))
			e.Text("x", strings.Repeat("x", size-overhead-len(`{"n":1000,"x":""}`)))
			e.Add()
		}
		k.flush(t.Context())
	}
	fill(1000, 2000)
	k.watchSize(t.Context())
	if n := len(k.numbers("", "")); n != 1000 { // of the page; all entries are left
		t.Fatalf("%d entries", n)
	}
	if _, total := k.list(record.ListParams{}); total != 2000 {
		t.Errorf("%d entries are left of what fits", total)
	}
	fill(3000, 2000)
	k.watchSize(t.Context())
	if numbers := k.numbers("", "-@rowid"); numbers[0] != 4999 {
		t.Errorf("the newest is %d", numbers[0])
	}
	_, total := k.list(record.ListParams{})
	if want := 2 << 20 * 9 / 10 / size; total < want-20 || total > want+20 {
		t.Errorf("%d entries are left, want about %d", total, want)
	}
	k.set(func(l *settings.Logs) { l.MaxSize = 0 })
	if err := k.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, again := k.list(record.ListParams{}); again != total {
		t.Errorf("%d of %d entries are left although there is no limit", again, total)
	}
}

func TestTruncate(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	k.log(0, "one", 1)
	k.flush(t.Context())
	if err := k.Truncate(t.Context(), record.Root()); err != nil {
		t.Fatal(err)
	}
	k.log(0, "two", 2)
	if got := k.numbers("", ""); !slices.Equal(got, []int{2}) {
		t.Errorf("%v are left, want 2", got)
	}
}

// New settings make the loop purge, and only if they are about logs.
func TestSettingsPurge(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	old := settings.Defaults()
	other := settings.Defaults()
	other.Meta.AppName = "other"
	k.Changed(old, other)
	if len(k.purges) != 0 {
		t.Error("a change of something else purges")
	}
	other.Logs.MaxDays = 1
	k.Changed(old, other)
	k.Changed(old, other)
	if len(k.purges) != 1 {
		t.Error("a change of the days does not purge")
	}
}
