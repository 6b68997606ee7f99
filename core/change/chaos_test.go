package change_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/postgres"
	"github.com/loambase/loam/internal/pgtest"
	"github.com/loambase/loam/migrations"
)

// node is one process that uses the PostgreSQL database.
type node struct {
	*postgres.DB
	log *change.Log
}

func newNode(t *testing.T, url, name string) node {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	n := node{db, change.New(change.Config{Store: db, Node: name, Log: slog.New(slog.DiscardHandler)})}
	db.OnForeignWrite(func(_ context.Context, logged bool) error { n.log.Wrote(logged); return nil })
	return n
}

// run opens the log and follows it until the test ends.
func (n node) run(t *testing.T) {
	t.Helper()
	if err := n.log.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { n.log.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
}

type migration struct {
	tx store.Tx
	c  store.Migrator
}

func (m migration) Exec(sql string) error {
	_, err := m.tx.Exec(m.c.Migration(sql))
	return err
}

const counters = 200

// chaotic adds 1 to a counter, with pauses wherever another transaction may overtake it. Some
// transactions are rolled back.
func (n node) chaotic(r *rand.Rand) error {
	pause := func(of int, most time.Duration) {
		if r.IntN(of) == 0 {
			time.Sleep(rand.N(most)) // the overtaking is tested
		}
	}
	err := n.Write(context.Background(), func(tx store.Tx) error {
		id := strconv.Itoa(1 + r.IntN(counters))
		rows, err := tx.Query(`UPDATE "counters" SET "n" = "n" + 1 WHERE "id" = $1 RETURNING "n"`, store.Text(id))
		if err != nil {
			return err
		}
		rows.Next()
		before := strconv.FormatInt(rows.Int(0)-1, 10)
		if err := rows.Close(); err != nil {
			return err
		}
		pause(4, 4*time.Millisecond)
		c := change.Change{Kind: change.Record, Collection: "counters", Record: id, Action: change.Update, Before: []byte(before)}
		if err := n.log.Append(tx, []change.Change{c}); err != nil {
			return err
		}
		pause(3, 6*time.Millisecond)
		if r.IntN(100) < 3 {
			return errUndone
		}
		return nil
	})
	if errors.Is(err, errUndone) {
		return nil
	}
	return err
}

var errUndone = errors.New("undone")

// naive is a reader that remembers the highest number that it has seen.
type naive struct{ seen, last int64 }

func (n *naive) read(db store.Store) error {
	return db.Read(context.Background(), func(r store.Reader) error {
		rows, err := r.Query(`SELECT "seq" FROM "_changes" WHERE "seq" > $1 ORDER BY "seq"`, store.Int(n.last))
		if err != nil {
			return err
		}
		for rows.Next() {
			n.seen, n.last = n.seen+1, rows.Int(0)
		}
		return rows.Close()
	})
}

func TestChaos(t *testing.T) {
	t.Parallel()
	const writers, each = 16, 60
	url := pgtest.URL(t)
	here, there := newNode(t, url, "here"), newNode(t, url, "there")
	err := here.Exclusive(t.Context(), func(tx store.Tx) error {
		m := migration{tx, here.Migrator()}
		for _, step := range migrations.System() {
			if err := step.Up(m); err != nil {
				return err
			}
		}
		if err := m.Exec(`CREATE TABLE "counters" ("id" {text} PRIMARY KEY, "n" {int} NOT NULL)`); err != nil {
			return err
		}
		for id := range counters {
			if err := m.Exec(fmt.Sprintf(`INSERT INTO "counters" VALUES ('%d', 0)`, id+1)); err != nil {
				return err
			}
		}
		return m.Exec(`CREATE TABLE "other" ("n" {int})`)
	})
	if err != nil {
		t.Fatal(err)
	}
	here.run(t)
	s, _ := subscribe(t, here.log, "")

	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 1))
			n := []node{here, there}[w%2]
			for range each {
				if err := n.chaotic(r); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writing.Go(func() { long(t, url) })

	simple, finished := naive{}, make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() {
		for done := false; !done; {
			select {
			case <-finished:
				done = true
			default:
			}
			if err := simple.read(here); err != nil {
				t.Error(err)
			}
		}
	})
	writing.Wait()
	close(finished)
	reading.Wait()

	committed := int64(0)
	if err := here.Read(t.Context(), func(r store.Reader) error {
		rows, err := r.Query(`SELECT count(*) FROM "_changes"`)
		if err != nil {
			return err
		}
		rows.Next()
		committed = rows.Int(0)
		return rows.Close()
	}); err != nil {
		t.Fatal(err)
	}
	list, _ := receive(t, s, int(committed))
	next := map[string]int{}
	for i, c := range list {
		if i > 0 && c.Seq <= list[i-1].Seq {
			t.Fatalf("transaction %d after %d", c.Seq, list[i-1].Seq)
		}
		if want := strconv.Itoa(next[c.Record]); string(c.Before) != want {
			t.Fatalf("counter %s: was %s, want %s", c.Record, c.Before, want)
		}
		next[c.Record]++
	}
	lost := committed - simple.seen
	t.Logf("%d transactions: the feed delivered %d and lost %d, a reader that remembers the last number lost %d",
		committed, len(list), committed-int64(len(list)), lost)
	if lost == 0 {
		t.Error("a reader that remembers the last number has lost nothing: the test proves nothing")
	}
}

// long runs a slow transaction of another program.
func long(t *testing.T, url string) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close(ctx)
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO "other" VALUES (1)`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "SELECT pg_sleep(0.5)")
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
