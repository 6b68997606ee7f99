package logs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/settings"
)

func TestListFiltersAndSorts(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	for i, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		k.at(noon.Add(time.Duration(i) * time.Hour))
		e := k.Entry(level)
		e.Message("GET ")
		e.Message(fmt.Sprintf("/api/%d", i))
		e.Int("n", int64(i))
		e.Int("status", int64(200+100*i))
		e.Text("auth", []string{"", "users"}[i%2])
		e.Value("more", slog.GroupValue(slog.Int("deep", i)))
		e.Add()
	}
	for _, tt := range []struct {
		filter, sort string
		want         []int
	}{
		{"", "", []int{0, 1, 2, 3}},
		{"", "-@rowid", []int{3, 2, 1, 0}},
		{"", "-created", []int{3, 2, 1, 0}},
		{"", "level", []int{0, 1, 2, 3}},
		{"", "-data.status", []int{3, 2, 1, 0}},
		{"level >= 4", "", []int{2, 3}},
		{"level = -4", "", []int{0}},
		{`message ~ "/API/2"`, "", []int{2}},
		{"data.status >= 400", "", []int{2, 3}},
		{`data.auth = "users" && level > 0`, "", []int{3}},
		{`data.auth != "users"`, "", []int{0, 2}},
		{"data.more.deep = 2 || data.nothing = 1", "", []int{2}},
		{`created >= "2026-03-01 14:00:00"`, "", []int{2, 3}},
		{"data.type = 'request'", "", []int{}},
	} {
		if got := k.numbers(tt.filter, tt.sort); !slices.Equal(got, tt.want) {
			t.Errorf("filter %q, sort %q: %v, want %v", tt.filter, tt.sort, got, tt.want)
		}
	}
	entries, total := k.list(record.ListParams{Page: 2, PerPage: 3})
	if total != 4 || len(entries) != 1 || entries[0].Message != "GET /api/3" || entries[0].Level != 8 || entries[0].Created != "2026-03-01 15:00:00.000Z" {
		t.Errorf("the second page of %d: %+v", total, entries)
	}
	if !regexp.MustCompile(`^[a-z0-9]{15}$`).MatchString(entries[0].ID) {
		t.Errorf("the id is %q", entries[0].ID)
	}
	if _, total := k.list(record.ListParams{SkipTotal: true}); total != -1 {
		t.Errorf("the total is %d although it is not wanted", total)
	}
	one, err := k.Get(t.Context(), record.Root(), entries[0].ID)
	if want := `{"id":"` + entries[0].ID + `","created":"2026-03-01 15:00:00.000Z","data":{"n":3,"status":500,"auth":"users","more":{"deep":3}},"message":"GET /api/3","level":8}`; err != nil || string(one) != want {
		t.Errorf("Get = %s, %v, want %s", one, err, want)
	}
	hours, err := k.Stats(t.Context(), record.Root(), "level > 0")
	if want := []Hour{{"2026-03-01 14:00:00.000Z", 1}, {"2026-03-01 15:00:00.000Z", 1}}; err != nil || !slices.Equal(hours, want) {
		t.Errorf("Stats = %v, %v, want %v", hours, err, want)
	}
	walk := record.ListParams{PerPage: 2, SkipTotal: true, Sort: "-@rowid", Filter: "level != 0", Walk: true}
	newest, first := k.page(walk)
	k.log(slog.LevelError, "added after the first page was read", 4)
	walk.Cursor = first.Next
	oldest, second := k.page(walk)
	if first.Next == "" || !slices.Equal(numbersOf(newest), []int{3, 2}) || second.Next != "" || !slices.Equal(numbersOf(oldest), []int{0}) {
		t.Errorf("pages by a cursor: %v, then %v; cursors %q, %q", numbersOf(newest), numbersOf(oldest), first.Next, second.Next)
	}
	walk.Sort = "created"
	if _, err := k.List(t.Context(), record.Root(), walk); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a cursor of another sort: %v", err)
	}
}

// There are more hours than one aggregate returns.
func TestStatsOfManyHours(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	const hours = 2001
	for i := range hours {
		k.at(noon.Add(time.Duration(i) * time.Hour))
		k.log(0, "hour", i)
	}
	k.flush(t.Context())
	list, err := k.Stats(t.Context(), record.Root(), "")
	if err != nil || len(list) != hours || list[hours-1].Date != noon.Add((hours-1)*time.Hour).Format("2006-01-02 15:00:00.000Z") {
		t.Errorf("Stats = %d hours, %v", len(list), err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	k.log(0, "one", 1)
	k.flush(t.Context())
	guest := record.Caller{}
	_, list := k.List(t.Context(), guest, record.ListParams{})
	_, get := k.Get(t.Context(), guest, "a")
	_, stats := k.Stats(t.Context(), guest, "")
	for _, err := range []error{list, get, stats, k.Truncate(t.Context(), guest)} {
		if fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("a guest gets %v", err)
		}
	}
	for _, p := range []record.ListParams{{Filter: "nothing = 1"}, {Filter: "level ="}, {Sort: "nothing"}, {Filter: "@collection.users.id = 1"}} {
		if _, err := k.List(t.Context(), record.Root(), p); fault.KindOf(err) != fault.Invalid {
			t.Errorf("List(%+v) = %v", p, err)
		}
	}
	for _, filter := range []string{"nothing = 1", "hour = 1", "entry hour = 1"} {
		if _, err := k.Stats(t.Context(), record.Root(), filter); fault.KindOf(err) != fault.Invalid {
			t.Errorf("Stats(%s) = %v", filter, err)
		}
	}
	for _, id := range []string{"", "a", "a\x00", "' OR 1=1"} {
		if _, err := k.Get(t.Context(), record.Root(), id); fault.KindOf(err) != fault.NotFound {
			t.Errorf("Get(%q) = %v", id, err)
		}
	}
	off := New(Config{Settings: k.settings.Load})
	if _, err := off.List(t.Context(), record.Root(), record.ListParams{}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("List without a Start = %v", err)
	}
	if off.Keeps(slog.LevelError) || off.Stop() != nil {
		t.Error("a Service keeps entries before Start")
	}
}

// Hostile entries are stored and read back.
func TestHostileEntries(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	e := k.Entry(slog.LevelError)
	e.Message("GET /\x00\xff\"'\n" + strings.Repeat("ü", 8000))
	e.Message("more")
	e.Value("a\x00\"b", slog.StringValue("\x00\xff\u2028</script>"))
	e.Value("nan", slog.Float64Value(0/zero))
	e.Text("", "no name")
	e.Add()
	entries, _ := k.list(record.ListParams{})
	if got := entries[0]; !strings.HasPrefix(got.Message, "GET /\uFFFD\"'\nüü") || len(got.Message) > 8000 || len(got.Message) < 7998 ||
		got.Data["a\"b"] != "\uFFFD\u2028</script>" || got.Data["nan"] != 0.0 || got.Data[""] != "no name" {
		t.Errorf("%.60q %v", got.Message, got.Data)
	}
}

var zero = 0.0

// Data beyond the limit ends with its last whole attribute.
func TestDataIsCut(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	for limit, want := range map[int]string{0: "ab", 60: "ab", 40: "a", 10: "", 1: ""} {
		k.set(func(l *settings.Logs) { l.MaxDataSize = limit })
		e := k.Entry(0)
		for _, key := range []string{"a", "b", "c"} {
			e.Text(key, strings.Repeat("x", 20))
			if key == "b" { // exceeds 16 KiB, so it and the later attributes are left out
				e.Text("long", strings.Repeat("x", 16<<10))
			}
		}
		e.Add()
		entries, _ := k.list(record.ListParams{Sort: "-@rowid", PerPage: 1})
		data := entries[0].Data
		got := ""
		for _, key := range []string{"a", "b", "c"} {
			if data[key] != nil {
				got += key
			}
		}
		if got != want || data["__pb_truncated__"] != true {
			t.Errorf("limit %d keeps %q, want %q: %v", limit, got, want, data)
		}
	}
}

func TestLevels(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	k.set(func(l *settings.Logs) { l.MinLevel = 4 })
	if k.Entry(slog.LevelInfo) != nil || !k.Keeps(slog.LevelWarn) {
		t.Error("logs.minLevel does not hold")
	}
	k.set(func(l *settings.Logs) { l.MaxDays = 0 })
	if k.Keeps(slog.LevelError) {
		t.Error("entries are kept for no day")
	}
}

// Entries of package slog are kept with their attributes and groups.
func TestHandler(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	k.set(func(l *settings.Logs) { l.MinLevel = 0 })
	var out bytes.Buffer
	log := slog.New(k.Handler(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn})))
	log.Debug("nobody wants this", "n", -1)
	log.With("node", "here", slog.Group("g", "x", 1.5)).WithGroup("job").With("id", "report").Info("job ended",
		"took", 3*time.Second, "error", errors.New("no\x00 paper"), "at", noon, "list", []int{1, 2}, "bad", panics{}, "nil", nil, "ok", true)
	log.Warn("both", "n", 1)
	entries, _ := k.list(record.ListParams{})
	if len(entries) != 2 || entries[0].Message != "job ended" || entries[1].Level != 4 {
		t.Fatalf("%+v", entries)
	}
	want := `map[g:map[x:1.5] job:map[at:2026-03-01 12:00:00.000Z bad:panic: no string error:no paper id:report list:[1 2] nil:<nil> ok:true took:3s] node:here]`
	if got := fmt.Sprint(entries[0].Data); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if strings.Count(out.String(), "\n") != 1 || !strings.Contains(out.String(), "msg=both n=1") {
		t.Errorf("the console has %s", &out)
	}
	if log.Enabled(t.Context(), slog.LevelDebug) || !log.Enabled(t.Context(), slog.LevelInfo) {
		t.Error("Enabled is wrong")
	}
}

type panics struct{}

func (panics) String() string { panic("no string") }

// If the queue is full or the database fails, entries are dropped and counted, and no caller waits.
func TestLostEntriesAreCounted(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	open := k.cfg.Open
	k.cfg.Open = func(context.Context) (store.Store, error) { return nil, store.ErrFull }
	for i := range maxItems + 5 {
		k.log(0, "many", i)
	}
	k.flush(t.Context())
	k.log(0, "one more", 0)
	k.flush(t.Context())
	if line := <-k.console.lines; line != "log entries are lost" || len(k.console.lines) != 0 {
		t.Errorf("the console has %q, and %d lines more", line, len(k.console.lines))
	}
	k.cfg.Open = open
	k.log(0, "kept", 7)
	entries, _ := k.list(record.ListParams{})
	if len(entries) != 2 || entries[0].Message != "kept" || entries[1].Message != "log entries were lost" || entries[1].Data["count"] != float64(maxItems+5+1) {
		t.Errorf("%+v", entries)
	}
	// The queue is also limited by bytes.
	k.set(func(l *settings.Logs) { l.MaxDataSize = maxData })
	for range 10 {
		e := k.Entry(0)
		e.Text("long", strings.Repeat("x", maxData-100))
		e.Add()
	}
	if n := k.queue.lost; n != 2 {
		t.Errorf("%d entries of a megabyte were lost, want 2", n)
	}
}

// Entries are written when a thousand, or a megabyte, is waiting, or three seconds after the first.
func TestWhenEntriesAreWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		current := settings.Defaults()
		var writes []string
		begin := time.Now()
		s := New(Config{Settings: func() *settings.Settings { return current }, Open: func(context.Context) (store.Store, error) {
			writes = append(writes, time.Since(begin).String())
			return nil, io.ErrUnexpectedEOF
		}})
		s.Start()
		add := func(n int) {
			for range n {
				s.Entry(0).Add()
			}
			synctest.Wait()
		}
		add(1)
		time.Sleep(2 * time.Second)
		add(5)
		time.Sleep(10 * time.Second) // at 3 s
		add(batchSize - 1)
		time.Sleep(time.Second)
		add(1) // at 13 s
		time.Sleep(10 * time.Second)
		large := s.Entry(0)
		large.Message(strings.Repeat("x", maxMessage))
		for range batchBytes / maxMessage { // one entry less than a megabyte
			e := s.Entry(0)
			e.Message(strings.Repeat("x", maxMessage))
			e.Add()
		}
		synctest.Wait()
		time.Sleep(time.Second)
		large.Add() // at 24 s
		synctest.Wait()
		time.Sleep(10 * time.Second)
		add(1)
		if err := s.Stop(); err != nil { // at 34 s
			t.Fatal(err)
		}
		if want := []string{"3s", "13s", "24s", "34s"}; !slices.Equal(writes, want) {
			t.Errorf("written at %v, want %v", writes, want)
		}
	})
}

// Several goroutines log during writes.
func TestConcurrentEntries(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	k.Service.Start()
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for i := range 500 {
				k.log(0, "concurrent", g*500+i)
			}
		})
	}
	all.Wait()
	k.cancel()
	k.loop.Wait()
	numbers := k.numbers("", "")
	more, _ := k.list(record.ListParams{Page: 2, PerPage: 1000})
	for _, e := range more {
		numbers = append(numbers, int(e.Data["n"].(float64)))
	}
	slices.Sort(numbers)
	if len(numbers) != 2000 || numbers[0] != 0 || numbers[1999] != 1999 || len(slices.Compact(numbers)) != 2000 {
		t.Errorf("%d entries of 2000", len(numbers))
	}
	if err := k.Stop(); err != nil {
		t.Fatal(err)
	}
}

// A read of the logs includes entries that are not written yet.
func TestReadersSeeWhatIsQueued(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	k.Service.Start()
	defer k.Service.Stop()
	for n := range 3 {
		k.log(0, "queued", n)
		page, err := k.List(t.Context(), record.Root(), record.ListParams{})
		if err != nil || page.TotalItems != n+1 {
			t.Errorf("after %d entries List = %+v, %v", n+1, page, err)
		}
	}
	k.log(slog.LevelError, "queued", 3)
	hours, err := k.Stats(t.Context(), record.Root(), "level = 8")
	if err != nil || len(hours) != 1 || hours[0].Total != 1 {
		t.Errorf("Stats = %+v, %v", hours, err)
	}
}
