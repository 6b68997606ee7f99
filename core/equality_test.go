package core_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/pgtest"
)

// TestTheEnginesAreOneServer gives two servers, one on each engine, the same random collections,
// writes and questions: answers and failures must be the same to the last byte. The differences
// that docs/postgres.md lists are left out.
//
// LOAM_EQUALITY_SEEDS is the number of worlds (default 2), LOAM_EQUALITY_FROM the first seed,
// LOAM_EQUALITY_QUESTIONS the number of questions for each world (default 300).
func TestTheEnginesAreOneServer(t *testing.T) {
	seeds, from, questions := setting(t, "SEEDS", 2), setting(t, "FROM", 0), setting(t, "QUESTIONS", 300)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		t.Run(strconv.Itoa(from+seed), func(t *testing.T) {
			w := newTwins(t, uint64(from+seed))
			w.define()
			for round := range 3 {
				for range 50 {
					w.write()
				}
				w.stored(fmt.Sprint("after round ", round))
				for range questions / 3 {
					w.ask()
				}
				if t.Failed() {
					return
				}
			}
			t.Logf("%d writes (%d accepted), %d questions (%d answered, %d records)", w.writes, w.accepted, w.questions, w.answered, w.records)
		})
	}
}

func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv("LOAM_EQUALITY_" + name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// twins are two servers, SQLite first, that get the same requests.
type twins struct {
	*rand.Rand
	t     *testing.T
	apps  [2]*core.App
	clock *atomic.Int64 // milliseconds
	ids   map[string][]string
	files int

	writes, accepted, questions, answered, records int
}

func newTwins(t *testing.T, seed uint64) *twins {
	t.Helper()
	w := &twins{Rand: rand.New(rand.NewPCG(seed, 17)), t: t, clock: &atomic.Int64{}, ids: map[string][]string{}}
	w.clock.Store(time.Date(2024, 2, 28, 23, 59, 58, 0, time.UTC).UnixMilli())
	now := func() time.Time { return time.UnixMilli(w.clock.Load()).UTC() }
	url := pgtest.URL(t)
	w.apps[0] = lite(t, core.Config{Dir: t.TempDir(), Now: now, ReadLimit: time.Minute})
	w.apps[1] = coretest.Open(t, core.Config{Dir: t.TempDir(), Now: now, ReadLimit: time.Minute, DB: url})
	return w
}

// lite opens an app on SQLite, whatever engine the tests run on.
func lite(t *testing.T, c core.Config) *core.App {
	t.Helper()
	app := core.New(c)
	if err := app.Open(t.Context(), core.Serve); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	return app
}

func (w *twins) pick(list ...string) string { return list[w.IntN(len(list))] }

// chance returns true once in n times.
func (w *twins) chance(n int) bool { return w.IntN(n) == 0 }

// both does the same on both servers and compares the answers. It returns the answer, and whether
// it was a success.
func (w *twins) both(what string, do func(app *core.App) (string, error)) (answer string, ok bool) {
	w.t.Helper()
	w.clock.Add(int64(1 + w.IntN(100)*w.IntN(100)))
	var answers [2]string
	for i, app := range w.apps {
		out, err := do(app)
		if err != nil {
			out = severalUnique.ReplaceAllString(told(err), "=validation_not_unique")
		}
		if err != nil && fault.KindOf(err) == fault.Internal {
			w.t.Errorf("%s on %s: %s", what, [...]string{"SQLite", "PostgreSQL"}[i], out)
		}
		answers[i], ok = out, err == nil
	}
	if answers[0] != answers[1] {
		w.t.Errorf("%s:\nSQLite     %s\nPostgreSQL %s", what, answers[0], answers[1])
	}
	return answers[0], ok
}

// severalUnique matches the failure of a record that is not unique in several ways: the engine
// decides which index is named.
var severalUnique = regexp.MustCompile(` \w+=validation_not_unique`)

// told returns an error in the form that superusers see.
func told(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return "internal: " + err.Error()
	}
	return f.Kind.String() + ": " + f.Message + " " + f.Reason + leaves(f.Fields)
}

func leaves(fields fault.Fields) string {
	text := ""
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		f := fields[name]
		text += " " + name + "=" + f.Code + fmt.Sprint(f.Params) + "(" + leaves(f.Fields) + ")"
		if f.Inner != nil {
			text += "[" + told(f.Inner) + "]"
		}
	}
	return text
}

// caller returns a guest, a user or a superuser, with a random request. of makes the caller anew
// for each server, as the records of users differ in hashes.
func (w *twins) caller() (name string, of func(app *core.App) record.Caller, superuser bool) {
	c := record.Caller{Method: w.pick("GET", "POST"), Context: w.pick("", "", "realtime"), IP: "10.0.0.1",
		Headers: map[string][]string{"X-Token": {w.text()}}, Query: map[string][]string{"q": {w.text()}, "n": {w.literalNumber()}}}
	if w.chance(2) {
		c.Body = w.body(w.collection(w.pick(kinds...)), true)
	}
	switch n := w.IntN(4); {
	case n == 0:
		c.Auth = record.Root().Auth
		return "superuser", func(*core.App) record.Caller { return c }, true
	case n == 1 || len(w.ids["people"]) == 0:
		return "guest", func(*core.App) record.Caller { return c }, false
	}
	id := w.pick(w.ids["people"]...)
	return "user " + id, func(app *core.App) record.Caller {
		c := c
		var err error
		if c.Auth, err = app.Records().FindByID(w.t.Context(), "people", id); err != nil && fault.KindOf(err) != fault.NotFound {
			w.t.Fatal(err)
		}
		return c
	}, false
}

// stored compares all stored data.
func (w *twins) stored(when string) {
	w.t.Helper()
	for _, name := range kinds {
		w.ids[name] = nil
		out, ok := w.both("all of "+name+" "+when, func(app *core.App) (string, error) {
			page, err := app.Records().List(w.t.Context(), record.Root(), name, record.ListParams{PerPage: 1000})
			if err != nil {
				return "", err
			}
			return string(page.Items), nil
		})
		if !ok {
			w.t.Fatalf("%s: %s", name, out)
		}
		var list []struct{ ID string }
		if err := json.Unmarshal([]byte(out), &list); err != nil {
			w.t.Fatal(err)
		}
		for _, r := range list {
			w.ids[name] = append(w.ids[name], r.ID)
		}
	}
}
