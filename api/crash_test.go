package api_test

import (
	"database/sql"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite" // another implementation of SQLite, to check the database with

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/enginetest"
)

// kills returns how often the server is killed: LOAM_KILLS if it is set, or the default.
func kills(t *testing.T) int {
	t.Helper()
	if text := os.Getenv("LOAM_KILLS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("LOAM_KILLS: %v", err)
		}
		return n
	}
	if testing.Short() {
		return 2
	}
	return 15
}

// TestKill kills the real binary while 32 clients write, repeatedly on the same folder and
// sometimes during the start, and checks that every acknowledged write is stored.
func TestKill(t *testing.T) {
	p := prepare(t, coretest.DB(t))
	p.start()
	p.count()
	l := newLedger()
	rng := rand.New(rand.NewPCG(11, uint64(time.Now().UnixNano())))
	rounds, lost := kills(t), 0
	for round := range rounds {
		target := l.acknowledged.Load() + 1 + rng.Int64N(400)
		work := p.load(l, 32, strconv.Itoa(round), rng.Uint64())
		for tick := time.NewTicker(time.Millisecond); l.acknowledged.Load() < target && !t.Failed(); {
			<-tick.C
		}
		p.signal(syscall.SIGKILL)
		_ = p.wait() // its exit status says that it was killed
		work.Wait()
		if round%3 == 2 {
			p.killStarting(time.Duration(rng.Int64N(int64(80 * time.Millisecond))))
		}
		p.start()
		lost += l.judge(p)
		p.inspect()
		if t.Failed() {
			break
		}
	}
	t.Logf("%d rounds, %d acknowledged writes, %d lost, %d cut off", rounds, l.acknowledged.Load(), lost, l.unknown)
	p.signal(syscall.SIGTERM)
	if err := p.wait(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, &p.stderr)
	}
}

// killStarting starts the program and kills it after a time that may be too short for its start.
func (p *program) killStarting(after time.Duration) {
	p.t.Helper()
	cmd := p.command()
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	<-time.After(after)
	if err := cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	_ = cmd.Wait() // its exit status says that it was killed
}

// inspect checks the database: its pages are sound, and the change log has each write of a record
// exactly once.
func (p *program) inspect() {
	p.t.Helper()
	if p.db == "" {
		p.integrity()
	}
	db := enginetest.OpenAt(p.t, p.dir, p.db)
	defer db.Close()                                                                          // keeps the log of a killed server
	const ofNotes = `"collection" = (SELECT "id" FROM "_collections" WHERE "name" = 'notes')` // the log has sign-ins too
	for what, query := range map[string]string{
		"records whose creation is not in the change log once": `SELECT count(*) FROM "notes" LEFT JOIN
			(SELECT "record", count(*) AS "times" FROM "_changes" WHERE "action" = 'create' GROUP BY "record") AS "c"
			ON "c"."record" = "notes"."id" WHERE "times" IS NULL OR "times" <> 1`,
		"records whose deletion is in the change log": `SELECT count(*) FROM "notes" WHERE
			"id" IN (SELECT "record" FROM "_changes" WHERE "action" = 'delete')`,
		"records created and not deleted, more than there are": `SELECT count(*) - (SELECT count(*) FROM "notes")
			- (SELECT count(*) FROM "_changes" WHERE "action" = 'delete' AND "kind" = 'record' AND ` + ofNotes + `)
			FROM "_changes" WHERE "action" = 'create' AND "kind" = 'record' AND ` + ofNotes,
		"updates of the counter, more than it counts": `SELECT count(*) - (SELECT "n" FROM "notes" WHERE "key" = 'counter')
			FROM "_changes" WHERE "record" = 'counter00000000' AND "action" = 'update'`,
	} {
		if n := enginetest.Number(p.t, db, query); n != 0 {
			p.t.Errorf("%d %s", n, what)
		}
	}
	if p.db == "" { // PostgreSQL skips numbers
		if n := enginetest.Number(p.t, db, `SELECT max("seq") - min("seq") + 1 - count(DISTINCT "seq") FROM "_changes"`); n != 0 {
			p.t.Errorf("%d numbers are missing in the change log", n)
		}
	}
	seqs := map[string]int64{} // each batch is one transaction of the change log
	enginetest.Each(p.t, db, `SELECT "key", "seq" FROM "notes" JOIN "_changes" ON "record" = "notes"."id" AND "action" = 'create'
		WHERE "key" LIKE '%/%'`, func(key string, seq int64) {
		batch, _, _ := strings.Cut(key, "/")
		if first, known := seqs[batch]; known && seq != first {
			p.t.Errorf("batch %s is in transactions %d and %d", batch, first, seq)
		}
		seqs[batch] = seq
	})
}

// integrity checks every page of the database with another implementation of SQLite.
func (p *program) integrity() {
	p.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.dir, "data.db")+"?mode=ro")
	if err != nil {
		p.t.Fatal(err)
	}
	defer db.Close()
	var said string
	if err := db.QueryRowContext(p.t.Context(), `PRAGMA integrity_check`).Scan(&said); err != nil || said != "ok" {
		p.t.Errorf("integrity check: %s, %v", said, err)
	}
}
