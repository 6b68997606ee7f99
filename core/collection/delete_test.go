package collection_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
)

func TestDelete(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	people := w.create(`{"name":"people","type":"auth"}`)
	w.exec(`INSERT INTO "_mfas" ("collectionRef", "recordRef", "method") VALUES ('` + people.ID + `', 'r', 'm'), ('other', 'r', 'm')`)
	key := people.ID + "/rec/a.txt"
	w.must(w.blobs.Put(ctx, key, strings.NewReader("x"), 1, blob.Attributes{}))

	w.must(w.Delete(ctx, record.Root(), "PEOPLE"))
	w.must(w.removals.Settle(ctx))
	if _, err := w.get("people"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Get of a deleted collection = %v, want not found", err)
	}
	if got := w.indexes("people"); len(got) != 0 {
		t.Errorf("left in the database: %q", got)
	}
	if got := w.rows(1, `SELECT "collectionRef" FROM "_mfas"`); !slices.Equal(got, []string{"other"}) {
		t.Errorf("left in _mfas: %q, want only that of another collection", got)
	}
	if _, err := w.blobs.Open(ctx, key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file of a deleted collection: %v, want that it does not exist", err)
	}
}

func TestDeleteRefuses(t *testing.T) {
	w := newWorld(t)
	w.create(`{"name":"target","id":"target_id","fields":[{"name":"me","type":"relation","collectionId":"target_id"}]}`)
	w.create(`{"name":"zeta","fields":[{"name":"r","type":"relation","collectionId":"target_id"},{"name":"q","type":"relation","collectionId":"target_id"}]}`)
	w.create(`{"name":"alpha","fields":[{"name":"r","type":"relation","collectionId":"target_id"}]}`)
	before := w.state()
	for name, want := range map[string]struct {
		kind    fault.Kind
		message string
	}{
		"_superusers": {fault.Invalid, "Failed to delete collection."},
		"target":      {fault.Invalid, "Failed to delete collection probably due to existing reference in alpha, zeta."},
		"nope":        {fault.NotFound, ""},
	} {
		err := w.Delete(context.Background(), record.Root(), name)
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != want.kind || e.Message != want.message {
			t.Errorf("Delete(%s) = %v, want %v %q", name, err, want.kind, want.message)
		}
	}
	if after := w.state(); after != before {
		t.Errorf("refused deletions changed\n%s\nto\n%s", before, after)
	}
	w.must(w.Delete(context.Background(), record.Root(), "zeta"))
	w.must(w.Delete(context.Background(), record.Root(), "alpha"))
	w.must(w.Delete(context.Background(), record.Root(), "target"))
}

func TestTruncate(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.create(`{"name":"target","id":"target_id"}`)
	w.create(`{"name":"needs","fields":[{"name":"r","type":"relation","collectionId":"target_id","required":true}]}`)
	w.exec(`INSERT INTO "target" ("id") VALUES ('one'), ('two')`)
	w.exec(`INSERT INTO "needs" ("id", "r") VALUES ('x', 'two')`)

	err := w.truncate(ctx, "TARGET")
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Invalid || !strings.HasPrefix(e.Message, "Failed to truncate collection") {
		t.Errorf("Truncate of required records = %v, want that it fails", err)
	}
	if got := w.rows(1, `SELECT count(*) FROM "target"`); !slices.Equal(got, []string{"2"}) {
		t.Errorf("%s records left after a failed truncate, want 2", got)
	}
	w.must(w.truncate(ctx, "needs"))
	w.must(w.truncate(ctx, "target"))
	if got := w.rows(1, `SELECT (SELECT count(*) FROM "target") + (SELECT count(*) FROM "needs")`); !slices.Equal(got, []string{"0"}) {
		t.Errorf("%s records left after truncating, want 0", got)
	}
	if err := w.truncate(ctx, "nope"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Truncate of no collection = %v, want not found", err)
	}
}

// Another program may have dropped the table or view of a collection.
func TestDeleteWithoutTable(t *testing.T) {
	for _, dropped := range []string{"posts", "titles", "shouts"} {
		t.Run(dropped, func(t *testing.T) {
			w := newWorld(t)
			w.create(`{"name":"posts","fields":[{"name":"title","type":"text"}]}`)
			w.create(`{"name":"titles","type":"view","viewQuery":"SELECT id, title FROM posts"}`)
			w.create(`{"name":"shouts","type":"view","viewQuery":"SELECT id, upper(title) AS shout FROM titles"}`)
			w.dropElsewhere(dropped)
			for _, name := range []string{"shouts", "titles", "posts"} {
				if err := w.Delete(context.Background(), record.Root(), name); err != nil {
					t.Errorf("Delete(%s) without %s = %v", name, dropped, err)
				}
			}
			w.create(`{"name":"titles","fields":[{"name":"title","type":"text"}]}`)
		})
	}
}

// dropElsewhere drops the table posts, or a view, as another program does. PostgreSQL also drops the views that read it.
func (w *world) dropElsewhere(name string) {
	w.t.Helper()
	kind, more := "VIEW ", ""
	if name == "posts" {
		kind = "TABLE "
	}
	if enginetest.Postgres() {
		more = " CASCADE"
	}
	w.exec("DROP " + kind + store.Quote(name) + more)
}
