package core_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/disktest"
)

const (
	powerWriters = 6
	powerWrites  = 30 // of each writer
	powerKept    = 4  // posts that each writer leaves
)

// TestPowerCut cuts the power under the services: acknowledged writes are stored, each transaction
// as a whole with its entries in the change log, and the definitions of collections fit their
// tables.
func TestPowerCut(t *testing.T) {
	if enginetest.Postgres() {
		t.Skip("the disk is that of SQLite")
	}
	cuts := 100
	if testing.Short() {
		cuts = 20
	}
	disk := disktest.Default(t)
	app := coretest.New(t)
	if err := disk.SyncFolder(""); err != nil { // opening the store does the same
		t.Fatal(err)
	}
	coretest.Collection(t, app, `{"name":"posts","fields":[{"name":"w","type":"number"},{"name":"i","type":"number"}]}`)
	posts := app.Snapshot().Find("posts").ID
	coretest.Collection(t, app, `{"name":"comments","fields":[{"name":"text","type":"text"},
		{"name":"post","type":"relation","collectionId":"`+posts+`","cascadeDelete":true}]}`)
	coretest.Create(t, app, "posts", map[string]any{"id": "counter00000000", "w": -1, "i": 0})
	first := disk.Len()
	var work sync.WaitGroup
	for w := range powerWriters {
		work.Go(func() {
			for i := range powerWrites {
				if _, err := app.Records().Batch(context.Background(), powerBatch(w, i)); err != nil {
					t.Errorf("Batch() = %v", err)
					return
				}
				disk.Note(fmt.Sprintf("stored %d %d", w, i))
			}
		})
	}
	work.Go(func() {
		for k := range powerWrites / 3 {
			fields := `"fields":[{"name":"a","type":"text"},{"name":"b","type":"text"}],"indexes":["CREATE UNIQUE INDEX t%d_a ON t%d (a)"]`
			coretest.Collection(t, app, fmt.Sprintf(`{"name":"t%d",`+fields+`}`, k, k, k))
			disk.Note(fmt.Sprintf("defined %d", k))
			configure(t, app, fmt.Sprintf("t%d", k), `{"indexes":[],"fields":[{"name":"c","type":"number"}]}`)
		}
	})
	work.Wait()
	last := disk.Len()
	rng := rand.New(rand.NewPCG(9, 9))
	acknowledged := 0
	for n := range cuts {
		dir := t.TempDir()
		notes, err := disk.Cut(first+rng.IntN(last-first), rng, dir)
		if err != nil {
			t.Fatal(err)
		}
		acknowledged += len(notes)
		if n%20 == 0 {
			servesAgain(t, dir, notes)
		}
		afterCut(t, dir, notes)
		if t.Failed() {
			t.Fatalf("after power cut %d of the run", n)
		}
	}
	t.Logf("%d power cuts, %d acknowledged writes looked for", cuts, acknowledged)
}

// powerBatch returns the writes that create a post with two comments, count it, and delete an older
// post, whose comments are deleted too.
func powerBatch(w, i int) []record.Op {
	op := func(a record.Action, collection, id string, body map[string]any) record.Op {
		return record.Op{Caller: coretest.Root(), Action: a, Collection: collection, ID: id, Input: record.Input{Body: body}}
	}
	id := fmt.Sprintf("p%06d%08d", w, i)
	ops := []record.Op{op(record.ActionCreate, "posts", "", map[string]any{"id": id, "w": w, "i": i})}
	for range 2 {
		ops = append(ops, op(record.ActionCreate, "comments", "", map[string]any{"post": id, "text": strings.Repeat("text ", 50)}))
	}
	ops = append(ops, op(record.ActionUpdate, "posts", "counter00000000", map[string]any{"i+": 1}))
	if i >= powerKept {
		ops = append(ops, op(record.ActionDelete, "posts", fmt.Sprintf("p%06d%08d", w, i-powerKept), nil))
	}
	return ops
}

// servesAgain opens an app on the folder after a power cut, and writes.
func servesAgain(t *testing.T, dir string, notes []string) {
	t.Helper()
	app := core.New(core.Config{Dir: dir})
	if err := app.Open(t.Context(), core.Serve); err != nil {
		t.Fatalf("Open() after a power cut = %v", err)
	}
	for _, note := range notes {
		var k int
		if _, err := fmt.Sscanf(note, "defined %d", &k); err == nil {
			coretest.Create(t, app, fmt.Sprintf("t%d", k), nil)
		}
	}
	if err := app.Close(); err != nil {
		t.Error(err)
	}
}

// afterCut compares the stored data after a power cut with the acknowledged writes.
func afterCut(t *testing.T, dir string, notes []string) {
	t.Helper()
	db := enginetest.OpenAt(t, dir, "")
	defer db.Close()
	err := db.Read(t.Context(), func(r store.Reader) error {
		one := func(format string, args ...any) (n int) {
			rows, err := r.Query(fmt.Sprintf(format, args...))
			if err != nil {
				t.Fatal(err)
			}
			if rows.Next() {
				n = int(rows.Float(0))
			}
			if err := rows.Close(); err != nil {
				t.Fatal(err)
			}
			return n
		}
		want := func(what string, got, want int) {
			if got != want {
				t.Errorf("%s: %d, want %d", what, got, want)
			}
		}
		sum := 0
		for w := range powerWriters {
			n := one(`SELECT coalesce(max("i"), -1) + 1 FROM "posts" WHERE "w" = %d`, w)
			sum += n
			want("posts of a writer", one(`SELECT count(*) FROM "posts" WHERE "w" = %d`, w), min(n, powerKept))
			want("their comments", one(`SELECT count(*) FROM "comments" JOIN "posts" ON "posts"."id" = "post" WHERE "w" = %d`, w), 2*min(n, powerKept))
			for _, note := range notes {
				var i int
				if _, err := fmt.Sscanf(note, fmt.Sprintf("stored %d %%d", w), &i); err == nil && i >= n {
					t.Errorf("write %d of writer %d was acknowledged and is lost", i, w)
				}
			}
		}
		want("comments of no post", one(`SELECT count(*) FROM "comments" WHERE "post" NOT IN (SELECT "id" FROM "posts")`), 0)
		want("the counter", one(`SELECT "i" FROM "posts" WHERE "id" = 'counter00000000'`), sum)
		want("the counter in the change log", one(`SELECT count(*) FROM "_changes" WHERE "record" = 'counter00000000' AND "action" = 'update'`), sum)
		want("transactions of one post", one(`SELECT count(*) FROM (SELECT "seq" FROM "_changes" WHERE "action" = 'create'
			AND "kind" = 'record' GROUP BY "seq" HAVING count(*) = 3)`), sum)
		want("holes in the change log", one(`SELECT max("seq") - min("seq") + 1 - count(DISTINCT "seq") FROM "_changes"`), 0)
		for _, note := range notes {
			var k int
			if _, err := fmt.Sscanf(note, "defined %d", &k); err == nil {
				want("definitions of a collection", one(`SELECT count(*) FROM "_collections" WHERE "name" = 't%d'`, k), 1)
			}
		}
		want("collections without a table", one(`SELECT count(*) FROM "_collections" WHERE "name" NOT IN (SELECT "name" FROM "sqlite_schema")`), 0)
		want("tables without a collection", one(`SELECT count(*) FROM "sqlite_schema" WHERE "type" = 'table'
			AND "name" LIKE 't_' AND "name" NOT IN (SELECT "name" FROM "_collections")`), 0)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
