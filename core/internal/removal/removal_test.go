package removal_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/removal"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/migrations"
)

// bed is a queue with a separate database and separate files.
type bed struct {
	*removal.Queue
	t       *testing.T
	store   store.Store
	blobs   *blob.Local
	broken  atomic.Bool  // no file can be deleted
	away    atomic.Bool  // the database refuses writes
	leaves  atomic.Bool  // the database goes away when the next file is deleted
	now     atomic.Int64 // seconds
	records map[string][]string
	thumbs  func(folder string) error // Config.Thumbs; nil: no thumb is being made
}

func newBed(t *testing.T) *bed {
	t.Helper()
	dir := t.TempDir()
	b := &bed{t: t, store: enginetest.OpenAt(t, dir, enginetest.URL(t)), records: map[string][]string{}}
	t.Cleanup(func() { b.must(b.store.Close()) })
	var err error
	b.blobs, err = blob.NewLocal(dir + "/storage")
	b.must(err)
	t.Cleanup(func() { b.must(b.blobs.Close()) })
	b.must(b.store.Exclusive(t.Context(), func(tx store.Tx) error {
		steps := migrations.System()
		return steps[len(steps)-1].Up(execer{tx, b.store.Migrator()})
	}))
	b.now.Store(1e9)
	b.Queue = b.another()
	return b
}

// another returns the queue of another process.
func (b *bed) another() *removal.Queue {
	return removal.New(removal.Config{
		Store: leaving{b.store, b}, Blobs: breaking{b.blobs, b}, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Unix(b.now.Load(), 0) },
		Names: func(_ store.Reader, collection, record string) ([]string, bool, error) {
			names, found := b.records[collection+"/"+record]
			return names, found, nil
		},
		Thumbs: func(_ context.Context, folder string) error {
			if b.thumbs == nil {
				return nil
			}
			return b.thumbs(folder)
		},
	})
}

type execer struct {
	tx      store.Tx
	dialect store.Migrator
}

func (e execer) Exec(sql string) error {
	_, err := e.tx.Exec(e.dialect.Migration(sql))
	return err
}

// breaking is a store of files that can be made to fail.
type breaking struct {
	blob.Store
	bed *bed
}

var errBroken = errors.New("the store is broken")

func (b breaking) Delete(ctx context.Context, key string) error {
	if b.bed.broken.Load() {
		return errBroken
	}
	if b.bed.leaves.Swap(false) {
		b.bed.away.Store(true)
	}
	return b.Store.Delete(ctx, key)
}

// leaving is a database that can be made to refuse writes.
type leaving struct {
	store.Store
	bed *bed
}

var errAway = errors.New("the database is away")

func (l leaving) Write(ctx context.Context, fn func(store.Tx) error) error {
	if l.bed.away.Load() {
		return errAway
	}
	return l.Store.Write(ctx, fn)
}

func (b *bed) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bed) put(keys ...string) {
	b.t.Helper()
	for _, key := range keys {
		b.must(b.blobs.Put(b.t.Context(), key, strings.NewReader("x"), 1, blob.Attributes{}))
	}
}

func (b *bed) add(entries ...removal.Entry) {
	b.t.Helper()
	b.must(b.store.Write(b.t.Context(), func(tx store.Tx) error { return b.Add(tx, entries) }))
}

func (b *bed) announce(entries ...removal.Entry) *removal.Upload {
	b.t.Helper()
	u, durable := b.Announce(b.t.Context(), entries)
	b.must(durable())
	return u
}

func (b *bed) keep(u *removal.Upload) error { return b.store.Write(b.t.Context(), u.Keep) }

// queued returns the ids of all entries in the table, due or not.
func (b *bed) queued() (ids []string) {
	b.t.Helper()
	b.must(b.store.Read(b.t.Context(), func(r store.Reader) (err error) {
		ids, err = store.Texts(r, `SELECT "id" FROM "_removals"`)
		return err
	}))
	return ids
}

// expect removes the files of due entries and compares the remaining files.
func (b *bed) expect(what string, want ...string) {
	b.t.Helper()
	b.must(b.Settle(b.t.Context()))
	got := []string{}
	b.must(b.blobs.List(b.t.Context(), "", func(i blob.Info) error { got = append(got, i.Key); return nil }))
	if !slices.Equal(got, want) {
		b.t.Errorf("%s: there are %q, want %q", what, got, want)
	}
}

func TestNamedFilesGo(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.put("c/r/a", "c/r/thumbs_a/100x100_a", "c/r/b", "c/r/ab", "c/r2/a")
	b.records["c/r"] = []string{"b"} // a record names the file, although it is queued
	b.add(removal.Entry{Folder: "c/r", Names: []string{"a", "b", "missing"}})
	b.expect("names", "c/r/ab", "c/r/b", "c/r2/a")
	b.must(b.Settle(t.Context()))
	b.must(b.store.Write(t.Context(), func(tx store.Tx) error { // rolled back
		return errors.Join(b.Add(tx, []removal.Entry{{Folder: "c/r2", Names: []string{"a"}}}), tx.Savepoint(func() error { return nil }))
	}))
	b.expect("another", "c/r/ab", "c/r/b")
	errUndone := errors.New("undone")
	err := b.store.Write(t.Context(), func(tx store.Tx) error {
		return errors.Join(b.Add(tx, []removal.Entry{{Folder: "c/r", Names: []string{"ab"}}}), errUndone)
	})
	if !errors.Is(err, errUndone) {
		t.Fatal(err)
	}
	b.expect("a transaction that was undone", "c/r/ab", "c/r/b")
}

// TestFoldersGo: folders are removed, except files of records that exist again, and unfinished
// uploads.
func TestFoldersGo(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	for i := range 130 { // more than are removed in one turn
		b.put("c/gone/" + string(rune('a'+i%26)) + string(rune('a'+i/26)))
	}
	b.put("c/gone/thumbs_x/1_x", "c/again/old", "c/new/fresh", "c/new/other", "d/r/x")
	b.records["c/again"] = nil
	u := b.announce(removal.Entry{Folder: "c/new", Names: []string{"fresh"}})
	b.add(removal.Entry{Folder: "c/gone", Rest: true}, removal.Entry{Folder: "c/again", Rest: true}, removal.Entry{Folder: "c/new", Rest: true})
	b.expect("records", "c/again/old", "c/new/fresh", "d/r/x")
	delete(b.records, "c/again")
	b.add(removal.Entry{Folder: "c", Rest: true})
	b.expect("a collection", "c/new/fresh", "d/r/x")
	b.records["c/new"] = []string{"fresh"}
	b.must(b.keep(u))
	b.add(removal.Entry{Folder: "c", Rest: true})
	b.expect("a collection that is there again", "c/new/fresh", "d/r/x")
}

// TestUploads tests uploads that are kept, dropped, or cut off by the end of the process.
func TestUploads(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	entry := func(name string) removal.Entry { return removal.Entry{Folder: "c/r", Names: []string{name}} }
	kept, dropped, late := b.announce(entry("kept")), b.announce(entry("dropped")), b.announce(entry("late"))
	b.announce(entry("cut"))
	b.put("c/r/cut", "c/r/dropped", "c/r/kept", "c/r/late")
	b.must(b.keep(kept))
	b.records["c/r"] = []string{"kept"}
	kept.Drop(t.Context()) // as after a commit whose result is unknown
	dropped.Drop(t.Context())
	b.expect("dropped", "c/r/cut", "c/r/kept", "c/r/late")
	if err := b.keep(dropped); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("Keep of what was removed = %v", err)
	}
	b.now.Add(2 * 3600)
	b.expect("after the lease", "c/r/kept")
	if err := b.keep(late); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("Keep after the lease = %v", err)
	}
	cut := b.announce(entry("cut"))
	b.put("c/r/cut")
	b.expect("before the process ends", "c/r/cut", "c/r/kept")
	b.must(b.another().Recover(t.Context()))
	b.expect("when it has ended", "c/r/kept")
	if err := b.keep(cut); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("Keep of another process = %v", err)
	}
	if u := b.announce(); u != nil {
		t.Error("an upload of nothing")
	}
}

// TestFilesThatCannotBeRemoved: such files are tried again, and do not delay others.
func TestFilesThatCannotBeRemoved(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.put("c/r/a", "c/r/b")
	b.broken.Store(true)
	b.add(removal.Entry{Folder: "c/r", Names: []string{"a"}})
	if err := b.Settle(t.Context()); !errors.Is(err, errBroken) {
		t.Errorf("Settle = %v", err)
	}
	b.broken.Store(false)
	b.add(removal.Entry{Folder: "c/r", Names: []string{"b"}})
	b.expect("others", "c/r/a")
	b.now.Add(120)
	b.expect("later")
}

// TestHold: no files are removed before release is called.
func TestHold(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.put("c/r/a")
	release, err := b.Hold(t.Context())
	b.must(err)
	b.add(removal.Entry{Folder: "c/r", Names: []string{"a"}})
	ctx, cancel := context.WithCancel(t.Context())
	running := make(chan error)
	go func() { running <- b.Run(ctx) }()
	if _, err := b.Hold(canceled(ctx)); !errors.Is(err, context.Canceled) {
		t.Errorf("Hold of what is held = %v", err)
	}
	cancel()
	b.must(<-running)
	release()
	b.expect("released")
}

func canceled(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}

// TestThumbsThatAreBeingMade checks that the entries of deleted files stay in the table until no
// thumb of the files is being made.
func TestThumbsThatAreBeingMade(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	files := map[string]string{"c/r": "c/r/a", "c/gone": "c/gone/b"}
	b.put("c/r/a", "c/gone/b")
	var asked []string
	b.thumbs = func(folder string) error {
		asked = append(asked, folder)
		if _, err := b.blobs.Open(t.Context(), files[folder]); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Open of %s while thumbs are waited for = %v, want %v", files[folder], err, fs.ErrNotExist)
		}
		if n := len(b.queued()); n != 2 {
			t.Errorf("%d entries are in the table while thumbs are waited for, want 2", n)
		}
		return nil
	}
	b.add(removal.Entry{Folder: "c/r", Names: []string{"a"}}, removal.Entry{Folder: "c/gone", Rest: true})
	b.expect("thumbs are made")
	if want := []string{"c/gone", "c/r"}; !slices.Equal(slices.Sorted(slices.Values(asked)), want) || len(b.queued()) != 0 {
		t.Errorf("thumbs of %q were waited for, want %q; %d entries are left", asked, want, len(b.queued()))
	}
}

// TestTwoProcesses: two processes share the queue, and leave each other's claimed entries alone
// until the claim ends.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.put("c/r/a")
	b.add(removal.Entry{Folder: "c/r", Names: []string{"a"}})
	release, err := b.Hold(t.Context())
	b.must(err)
	settled := make(chan error)
	go func() { settled <- b.Settle(t.Context()) }()
	for claimed := false; !claimed; {
		b.must(b.store.Read(t.Context(), func(r store.Reader) error {
			rows, err := r.Query(`SELECT 1 FROM "_removals" WHERE "due" > 0`)
			if err != nil {
				return err
			}
			claimed = rows.Next()
			return rows.Close()
		}))
	}
	other := b.another()
	b.must(other.Settle(t.Context()))
	if _, err := b.blobs.Open(t.Context(), "c/r/a"); err != nil {
		t.Errorf("a file that another process is at: %v", err)
	}
	b.now.Add(3600)
	b.must(other.Settle(t.Context()))
	if _, err := b.blobs.Open(t.Context(), "c/r/a"); err == nil {
		t.Error("the file is still there")
	}
	release()
	b.must(<-settled)
}

// If the database goes away while files are removed, the entries of the removed files leave the
// table when the database is back, and the other entries are due then.
func TestDatabaseGoesAway(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.put("posts/a/one.txt", "posts/b/two.txt")
	b.add(removal.Entry{Folder: "posts/a", Names: []string{"one.txt"}})
	b.leaves.Store(true)
	if err := b.Settle(t.Context()); !errors.Is(err, errAway) {
		t.Fatalf("Settle: %v, want %v", err, errAway)
	}
	if err := b.Settle(t.Context()); !errors.Is(err, errAway) {
		t.Fatalf("Settle again: %v, want %v", err, errAway)
	}
	b.away.Store(false)
	b.add(removal.Entry{Folder: "posts/b", Names: []string{"two.txt"}})
	b.must(b.Settle(t.Context()))
	if ids := b.queued(); len(ids) > 0 {
		t.Errorf("the entries %v are left", ids)
	}
}
