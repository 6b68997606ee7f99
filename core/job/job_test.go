package job

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loambase/loam/core/fault"
)

// A slot is run once, even if a server starts again in the same minute, and even by two servers.
func TestSlotRunsOnce(t *testing.T) {
	t.Parallel()
	db := newStore(t)
	first := newServer(t, db, "2026-03-01 09:59:30").start()
	second := newServer(t, db, "2026-03-01 09:59:30").start()
	one, two := first.add(Job{ID: "report", Expression: "*/10 * * * *"}), second.add(Job{ID: "report", Expression: "*/10 * * * *"})
	for range 3 {
		first.at("2026-03-01 10:00:00")
		second.at("2026-03-01 10:00:01")
	}
	if one.Load() != 1 || two.Load() != 0 {
		t.Errorf("%d and %d runs, want one", one.Load(), two.Load())
	}
	// Both servers at the same moment, repeatedly.
	for _, minute := range []string{"10:10", "10:20", "10:30", "10:40", "10:50"} {
		for _, h := range []*server{first, second} {
			h.set("2026-03-01 " + minute + ":00")
			h.tick(minuteOf(h.cfg.Now()))
		}
		first.running.Wait()
		second.running.Wait()
	}
	if n := one.Load() + two.Load(); n != 6 {
		t.Errorf("%d runs of 6 slots", n)
	}
	// A server that starts within the minute leaves its slot to the servers that ran before.
	third := newServer(t, db, "2026-03-01 10:50:20")
	three := third.add(Job{ID: "report", Expression: "*/10 * * * *"})
	third.start().at("2026-03-01 10:50:30")
	if three.Load() != 0 {
		t.Error("the slot was run again after a restart")
	}
}

// A job that is not due causes no write to the database.
func TestNothingIsWrittenBetween(t *testing.T) {
	t.Parallel()
	db := newStore(t)
	h := newServer(t, db, "2026-03-01 09:59:30").start()
	h.add(Job{ID: "report", Expression: "0 * * * *"})
	h.add(Job{ID: "backup", Expression: "0 3 * * *", CatchUp: true})
	h.at("2026-03-01 10:00:00")
	before := db.writes.Load()
	for _, minute := range []string{"10:01", "10:02", "10:59"} {
		h.at("2026-03-01 " + minute + ":00")
	}
	if n := db.writes.Load() - before; n != 0 {
		t.Errorf("%d writes while nothing was due", n)
	}
}

// A job that still runs at its next slot is not started again, on this server or another.
func TestRunningJobSkipsItsSlot(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		catchUp bool
	}{{"plain", false}, {"catching up", true}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := newStore(t)
			here, there := newServer(t, db, "2026-03-01 09:59:30").start(), newServer(t, db, "2026-03-01 09:59:30").start()
			begun, release := make(chan struct{}), make(chan struct{})
			slow := Job{ID: "slow", Expression: "* * * * *", CatchUp: tt.catchUp, Run: func(context.Context) error {
				begun <- struct{}{}
				<-release
				return nil
			}}
			mine, others := here.add(slow), there.add(slow)
			here.set("2026-03-01 10:00:00")
			here.tick(minuteOf(here.cfg.Now()))
			<-begun
			if info := there.info("slow"); !info.Running || info.Failure != "" || !here.info("slow").Running {
				t.Errorf("another server sees %+v", info)
			}
			there.at("2026-03-01 10:00:50") // the lease is valid
			if err := there.Run(t.Context(), "slow"); !errors.Is(err, errRunning) {
				t.Errorf("Run elsewhere = %v, want %v", err, errRunning)
			}
			if err := here.Run(t.Context(), "slow"); !errors.Is(err, errRunning) {
				t.Errorf("Run = %v, want %v", err, errRunning)
			}
			here.set("2026-03-01 10:01:00")
			here.Remove("slow") // the job is added again: it counts as the same job
			again := here.add(slow)
			here.attempt(t.Context(), here.jobs["slow"], minuteOf(here.cfg.Now()), func(err error) { here.logRefusal(t.Context(), "slow", err) })
			if again.Load() != 0 || mine.Load() != 1 || others.Load() != 0 {
				t.Errorf("%d, %d and %d runs at once", mine.Load(), again.Load(), others.Load())
			}
			if log := here.log.String(); !strings.Contains(log, "job skipped") || !strings.Contains(log, "job=slow") {
				t.Errorf("the log does not tell: %s", log)
			}
			close(release)
			here.running.Wait()
			go func() { <-begun }()
			here.at("2026-03-01 10:02:00")
			if again.Load() != 1 {
				t.Error("the job does not run any more")
			}
		})
	}
}

// The result of the last run is known after a restart.
func TestLastRunIsKept(t *testing.T) {
	t.Parallel()
	db := newStore(t)
	h := newServer(t, db, "2026-03-01 09:59:30").start()
	h.add(Job{ID: "fails", Expression: "0 10 * * *", Run: func(context.Context) error {
		return errors.New("no\x00 paper \xff" + strings.Repeat("x", 2000))
	}})
	h.add(Job{ID: "panics", Expression: "0 10 * * *", Run: func(context.Context) error { panic("no ink") }})
	h.add(Job{ID: "works", Expression: "0 10 * * *"})
	h.add(Job{ID: "__pbOwn__", Expression: "@daily"})
	h.at("2026-03-01 10:00:00")
	h.Stop()

	again := newServer(t, db, "2026-03-01 10:05:00").start()
	for _, id := range []string{"works", "panics", "fails", "never", "__pbOwn__"} {
		again.add(Job{ID: id, Expression: "0 10 * * *"})
	}
	list, err := again.List(t.Context())
	if err != nil || len(list) != 5 {
		t.Fatalf("List = %v, %v", list, err)
	}
	ten := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	for i, want := range []struct {
		id, failure string
		last        time.Time
	}{
		{"fails", "no paper \uFFFD" + strings.Repeat("x", 1000), ten}, {"never", "", time.Time{}}, {"panics", "panic: no ink", ten}, {"works", "", ten}, {"__pbOwn__", "", time.Time{}},
	} {
		if got := list[i]; got.ID != want.id || !got.Last.Equal(want.last) || !strings.HasPrefix(want.failure, strings.TrimSuffix(got.Failure, "…")) ||
			(got.Failure == "") != (want.failure == "") || got.Running || !got.Next.Equal(ten.AddDate(0, 0, 1)) {
			t.Errorf("job %d is %+v, want %+v", i, got, want)
		}
	}
	log := h.log.String()
	for _, want := range []string{"level=ERROR msg=\"job failed\" job=fails", "job=panics error=\"panic: no ink\"", "stack="} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not have %s: %.2000s", want, log)
		}
	}
	// A success clears the failure.
	again.at("2026-03-02 10:00:00")
	if info := again.info("fails"); info.Failure != "" || !info.Last.Equal(ten.AddDate(0, 0, 1)) {
		t.Errorf("after a success: %+v", info)
	}
}

// A missed run is made up once, by one server.
func TestCatchUp(t *testing.T) {
	t.Parallel()
	db := newStore(t)
	nightly := Job{ID: "backup", Expression: "0 3 * * *", CatchUp: true}
	boot := func(at string, j Job) (h *server, runs int64) {
		h = newServer(t, db, at)
		count := h.add(j)
		h.start().running.Wait()
		h.Stop()
		return h, count.Load()
	}
	if _, runs := boot("2026-03-01 10:00:30", nightly); runs != 0 {
		t.Errorf("%d runs of a job that was not known before", runs)
	}
	if _, runs := boot("2026-03-02 02:59:59", nightly); runs != 0 {
		t.Errorf("%d runs before anything was missed", runs)
	}
	if _, runs := boot("2026-03-05 10:00:30", nightly); runs != 1 {
		t.Errorf("%d runs after three were missed, want one", runs)
	}
	if h, runs := boot("2026-03-05 10:00:40", nightly); runs != 0 || !h.info("backup").Last.Equal(time.Date(2026, 3, 5, 10, 0, 30, 0, time.UTC)) {
		t.Errorf("%d runs after it was made up: %+v", runs, h.info("backup"))
	}
	// If two servers start at the same time, one makes up the run.
	one, two := newServer(t, db, "2026-03-07 10:00:30"), newServer(t, db, "2026-03-07 10:00:31")
	first, second := one.add(nightly), two.add(nightly)
	one.start()
	two.start()
	one.running.Wait()
	two.running.Wait()
	if n := first.Load() + second.Load(); n != 1 {
		t.Errorf("two servers made it up %d times", n)
	}
	// The second server learns of the run, and both continue normally.
	two.at("2026-03-07 10:01:00")
	one.at("2026-03-08 03:00:00")
	two.at("2026-03-08 03:00:00")
	if n := first.Load() + second.Load(); n != 2 {
		t.Errorf("%d runs after the next night", n)
	}
	one.Stop()
	two.Stop()
	// With another expression, slots that it would have had before are not missed.
	nightly.Expression = "30 9 * * *"
	if _, runs := boot("2026-03-09 10:00:00", nightly); runs != 0 {
		t.Errorf("%d runs of a slot from before its expression", runs)
	}
	if _, runs := boot("2026-03-10 10:00:00", nightly); runs != 1 {
		t.Errorf("%d runs after a slot of the new expression was missed", runs)
	}
	nightly.Expression = "0 0 31 2 *"
	if _, runs := boot("2036-03-09 10:00:00", nightly); runs != 0 {
		t.Errorf("%d runs of a slot that never comes", runs)
	}
}

// A job with CatchUp that is added while the server runs gets its first slot.
func TestCatchUpIsAddedLate(t *testing.T) {
	t.Parallel()
	h := newServer(t, newStore(t), "2026-03-01 02:58:30").start()
	h.set("2026-03-01 02:59:30")
	runs := h.add(Job{ID: "backup", Expression: "0 3 * * *", CatchUp: true})
	h.at("2026-03-01 03:00:00")
	if runs.Load() != 1 {
		t.Errorf("%d runs", runs.Load())
	}
}

// A server that stops in the minute in which a job was added has written the row of the job, so a
// slot that is missed afterwards is made up.
func TestCatchUpIsAddedJustBeforeTheEnd(t *testing.T) {
	t.Parallel()
	db := newStore(t)
	nightly := Job{ID: "backup", Expression: "0 3 * * *", CatchUp: true}
	h := newServer(t, db, "2026-03-01 02:59:10").start()
	h.add(nightly)
	h.Stop()
	h = newServer(t, db, "2026-03-01 03:05:00")
	runs := h.add(nightly)
	h.start().running.Wait()
	if runs.Load() != 1 {
		t.Errorf("%d runs", runs.Load())
	}
}

func TestRunByHand(t *testing.T) {
	t.Parallel()
	db := newStore(t)
	h := newServer(t, db, "2026-03-01 09:59:30")
	no := errors.New("no")
	runs := h.add(Job{ID: "report", Expression: "0 10 * * *", Run: func(context.Context) error { return no }})
	if err := h.Run(t.Context(), "report"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("Run before the start = %v", err)
	}
	h.start()
	if err := h.Run(t.Context(), "other"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Run of an unknown job = %v", err)
	}
	if err := h.Run(t.Context(), "report"); err != nil {
		t.Fatal(err)
	}
	h.running.Wait()
	if last := h.info("report").Last; !last.Equal(time.Date(2026, 3, 1, 9, 59, 30, 0, time.UTC)) {
		t.Errorf("the last run was at %v", last)
	}
	h.at("2026-03-01 10:00:00") // this slot is still to come
	if runs.Load() != 2 {
		t.Error("the run by hand has taken the slot")
	}
	if err := h.RunAndWait(t.Context(), "report"); !errors.Is(err, no) || runs.Load() != 3 {
		t.Errorf("RunAndWait = %v after %d runs", err, runs.Load())
	}
	h.Stop()
	if err := h.Run(t.Context(), "report"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("Run after the end = %v", err)
	}
}

// The lease of a lost server expires; if there can be no other server, there is no lease.
func TestLeaseOfLostServer(t *testing.T) {
	t.Parallel()
	db := newStore(t)
	lost := newServer(t, db, "2026-03-01 10:00:00")
	lost.add(Job{ID: "report", Expression: "* * * * *"})
	e := lost.jobs["report"]
	if v, _, err := lost.claim(t.Context(), e, minuteOf(lost.cfg.Now())); v != begins || err != nil {
		t.Fatalf("claim = %v, %v", v, err)
	}
	h := newServer(t, db, "2026-03-01 10:00:59").start()
	runs := h.add(Job{ID: "report", Expression: "* * * * *"})
	h.set("2026-03-01 10:00:59")
	if err := h.Run(t.Context(), "report"); !errors.Is(err, errRunning) {
		t.Errorf("Run within the lease = %v", err)
	}
	h.at("2026-03-01 10:01:00")
	if info := h.info("report"); runs.Load() != 1 || info.Failure != "" {
		t.Errorf("%d runs after the lease, %+v", runs.Load(), info)
	}
	// The same with a server that has its store alone.
	if v, _, err := lost.claim(t.Context(), e, time.Time{}); v != begins || err != nil {
		t.Fatalf("claim = %v, %v", v, err)
	}
	h.cfg.Alone = true
	if info := h.info("report"); info.Running || info.Failure != interrupted {
		t.Errorf("the job of a server that is gone is %+v", info)
	}
	h.at("2026-03-01 10:02:00")
	if runs.Load() != 2 {
		t.Errorf("%d runs by the only server", runs.Load())
	}
}

// A long run renews its lease; the end of the app ends its context and waits for it.
func TestEndInterrupts(t *testing.T) {
	t.Parallel()
	h := newServer(t, newStore(t), "2026-03-01 10:00:00").start()
	begun, ended := make(chan struct{}), false
	h.add(Job{ID: "long", Expression: "@yearly", Run: func(ctx context.Context) error {
		close(begun)
		<-ctx.Done()
		ended = true
		return ctx.Err()
	}})
	if err := h.Run(t.Context(), "long"); err != nil {
		t.Fatal(err)
	}
	<-begun
	h.set("2026-03-01 10:00:50")
	info, err := h.info("long"), h.renew(t.Context(), "long", row{node: h.node, started: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)})
	if err != nil || !info.Running {
		t.Fatalf("%+v, renew = %v", info, err)
	}
	other := newServer(t, h.db, "2026-03-01 10:01:30").start()
	other.add(Job{ID: "long", Expression: "@yearly"})
	if err := other.Run(t.Context(), "long"); !errors.Is(err, errRunning) {
		t.Errorf("Run after a renewal = %v", err)
	}
	h.Stop()
	if !ended {
		t.Error("the job had not ended")
	}
	if info := h.info("long"); info.Running || info.Failure != interrupted {
		t.Errorf("the job is %+v", info)
	}
}

// A clock that was wrong once does not prevent a job from running forever.
func TestWrongClock(t *testing.T) {
	t.Parallel()
	db := newStore(t)
	wrong := newServer(t, db, "2027-03-01 10:00:00").start()
	wrong.add(Job{ID: "report", Expression: "* * * * *"})
	wrong.at("2027-03-01 10:00:00")
	right := newServer(t, db, "2026-03-01 10:00:00").start()
	runs := right.add(Job{ID: "report", Expression: "* * * * *"})
	right.at("2026-03-01 10:01:00")
	if runs.Load() != 1 {
		t.Errorf("%d runs", runs.Load())
	}
}

func TestAddRefuses(t *testing.T) {
	t.Parallel()
	s := New()
	run := func(context.Context) error { return nil }
	if err := s.Add("a", "@daily", run); err != nil {
		t.Fatal(err)
	}
	for _, j := range []Job{
		{ID: "a", Expression: "@daily", Run: run}, {ID: "", Expression: "@daily", Run: run}, {ID: "b", Expression: "@daily"},
		{ID: "b", Expression: "now and then", Run: run}, {ID: strings.Repeat("b", 256), Expression: "@daily", Run: run}, {ID: "b\x00", Expression: "@daily", Run: run},
	} {
		if err := s.AddJob(j); fault.KindOf(err) != fault.Invalid {
			t.Errorf("AddJob(%q, %q) = %v", j.ID, j.Expression, err)
		}
	}
	s.Remove("b")
	s.Remove("a")
	if err := s.Add("a", "@daily", run); err != nil {
		t.Errorf("Add after Remove = %v", err)
	}
}

func TestEachMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(12*time.Second + 345*time.Millisecond)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		var ahead time.Duration // of the clock
		now := func() time.Time { return time.Now().Add(ahead) }
		var at []time.Time
		begin := minuteOf(now())
		eachMinute(ctx, now, func(minute time.Time) {
			if !now().Equal(minute) && len(at) != 2 {
				t.Errorf("called at %v for %v", now(), minute)
			}
			at = append(at, minute)
			if len(at) == 2 { // the machine sleeps
				ahead = 10*time.Minute + time.Second
			}
		})
		var minutes []int
		for _, m := range at {
			minutes = append(minutes, int(m.Sub(begin)/time.Minute))
		}
		want := []int{1, 2, 13, 14, 15}
		if len(minutes) != len(want) {
			t.Fatalf("called in the minutes %v, want %v", minutes, want)
		}
		for i := range want {
			if minutes[i] != want[i] {
				t.Fatalf("called in the minutes %v, want %v", minutes, want)
			}
		}
	})
}
