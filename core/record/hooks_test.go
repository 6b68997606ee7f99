package record_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/record"
)

const (
	tasks = `{"name": "tasks", "listRule": "", "viewRule": "", "createRule": "title != 'secret'", "updateRule": "done = false", "deleteRule": "done = false",
		"fields": [{"name": "title", "type": "text", "required": true}, {"name": "n", "type": "number"}, {"name": "done", "type": "bool"},
			{"name": "hint", "type": "text", "hidden": true}]}`
	audits = `{"name": "audits", "listRule": "", "fields": [{"name": "what", "type": "text", "max": 50}, {"name": "file", "type": "file"}]}`
)

// hookBed returns a bed whose hooks have a short time limit.
func hookBed(t testing.TB, limit time.Duration, collections ...string) *bed {
	t.Helper()
	b := newBed(t)
	b.App = coretest.Open(t, core.Config{Dir: t.TempDir(), HookLimit: limit})
	for _, definition := range collections {
		coretest.Collection(t, b.App, definition)
	}
	return b
}

func TestBeforeChangesTheRecord(t *testing.T) {
	t.Parallel()
	b := newBed(t, tasks)
	var saw []string
	b.Hooks().Records.Before.BindFunc(func(e *record.WriteEvent) error {
		original := "-"
		if e.Original != nil {
			original = e.Original.Text("title")
		}
		saw = append(saw, fmt.Sprint(e.Action, " ", original, " ", e.Record.Text("title")))
		if e.Record.Text("title") == "" {
			e.Record.Set("title", "untitled")
		}
		e.Record.Set("n", e.Record.Get("n").(float64)+1)
		return nil
	}, "tasks")
	o, err := b.create(guest, "tasks", nil)
	check(t, "create", err, "ok")
	if o["title"] != "untitled" || o["n"] != 1.0 {
		t.Errorf("created %v", o)
	}
	o, err = b.update(guest, "tasks", o["id"].(string), object{"title": "x", "n+": 5})
	check(t, "update", err, "ok")
	if o["title"] != "x" || o["n"] != 7.0 {
		t.Errorf("updated %v", o)
	}
	check(t, "delete", b.delete(guest, "tasks", o["id"].(string)), "ok")
	want := fmt.Sprint([]string{"create - ", "update untitled x", "delete - x"})
	if got := fmt.Sprint(saw); got != want {
		t.Errorf("the hook saw %s, want %s", got, want)
	}
}

func TestBeforeRefuses(t *testing.T) {
	t.Parallel()
	b := newBed(t, tasks)
	ran := 0
	var answer error
	b.Hooks().Records.Before.BindFunc(func(e *record.WriteEvent) error {
		ran++
		e.Record.Set("title", strings.Repeat("x", 6000))
		return answer
	})
	_, err := b.create(guest, "tasks", object{"title": "secret"})
	if fault.KindOf(err) != fault.Invalid || ran != 0 {
		t.Errorf("a denied caller: %v, the hook ran %d times", err, ran)
	}
	_, err = b.create(guest, "tasks", object{"title": "x"})
	var f *fault.Error
	if !errors.As(err, &f) || f.Fields["title"] == nil {
		t.Errorf("what the hook set is not valid: %v, want a leaf at title", err)
	}
	answer = fault.New(fault.Forbidden, "Not on Sundays.")
	if _, err = b.create(guest, "tasks", object{"title": "x"}); err != answer {
		t.Errorf("the hook refuses: %v, want its fault", err)
	}
	if n := b.count("tasks"); n != 0 {
		t.Errorf("%d records are stored", n)
	}
}

func TestBeforeSetsAPassword(t *testing.T) {
	t.Parallel()
	b := newBed(t, people)
	var plain atomic.Value
	plain.Store("set-by-a-hook")
	b.Hooks().Records.Before.BindFunc(func(e *record.WriteEvent) error {
		e.Record.Set("password", plain.Load())
		return nil
	})
	o, err := b.create(root, "people", object{"email": "a@example.com"})
	check(t, "create", err, "ok")
	id := o["id"].(string)
	stored := func() *record.Record {
		r, err := b.Records().FindByID(t.Context(), "people", id)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := stored()
	if ok, err := b.Passwords().Compare(t.Context(), first.Text("password"), "set-by-a-hook"); !ok || err != nil {
		t.Errorf("the password that the hook has set is not the record's: %v", err)
	}
	plain.Store("set-once-more")
	_, err = b.update(root, "people", id, object{"name": "x"})
	check(t, "update", err, "ok")
	if second := stored(); second.Text("tokenKey") == first.Text("tokenKey") {
		t.Error("a new password has left the tokens valid")
	}
	plain.Store("short")
	if _, err = b.update(root, "people", id, object{"name": "y"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a password that is too short: %v", err)
	}
}

// Another write changes the record while the hook runs, a number of times.
func TestBeforeRunsAgainWhenTheRecordHasMoved(t *testing.T) {
	t.Parallel()
	for _, times := range []int{0, 1, 3, 10} {
		b := newBed(t, tasks)
		id := b.add("tasks", object{"title": "x"})
		var runs, inside int
		busy := false
		b.Hooks().Records.Before.BindFunc(func(e *record.WriteEvent) error {
			if busy {
				return nil
			}
			runs++
			if e.Records != b.Records() {
				inside++
			}
			if runs <= times {
				busy = true
				defer func() { busy = false }()
				in := record.Input{Body: object{"n+": 1}}
				if _, err := e.Records.Update(e.Context, root, "tasks", id, in); err != nil {
					return err
				}
			}
			e.Record.Set("title", fmt.Sprint("saw ", e.Original.Get("n")))
			return nil
		}, "tasks")
		o, err := b.update(guest, "tasks", id, object{"n+": 100})
		check(t, "update", err, "ok")
		moved := min(times, 4) // the fourth time runs inside of the transaction
		if want := min(times, 3) + 1; runs != want || inside != max(0, want-3) {
			t.Errorf("%d changes: the hook ran %d times, %d of them inside, want %d", times, runs, inside, want)
		}
		if o["n"] != float64(100+moved) {
			t.Errorf("%d changes: n = %v, want %d: a change was lost", times, o["n"], 100+moved)
		}
	}
}

func TestInTx(t *testing.T) {
	t.Parallel()
	b := newBed(t, tasks, audits)
	log, _, err := b.Changes().Subscribe(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	hooks := &b.Hooks().Records
	var after []string
	hooks.AfterSuccess.BindFunc(func(e *record.WriteEvent) error {
		after = append(after, e.Collection().Name)
		if n := b.count("audits"); n == 0 {
			t.Error("AfterSuccess ran before the commit")
		}
		return errors.New("nobody minds")
	})
	upload := file(t, "a.txt", "text")
	hooks.InTx.BindFunc(func(e *record.WriteEvent) error {
		in := record.Input{Body: object{"what": e.Record.Text("title")}, Files: map[string][]*blob.Upload{"file": {upload}}}
		if _, err := e.Records.Create(e.Context, root, "audits", in); err != nil {
			return err
		}
		if e.Record.Text("title") == "undo" {
			return fault.New(fault.TooMany, "Undone.")
		}
		return nil
	}, "tasks")
	b.add("tasks", object{"title": "keep"})
	batch, err := log.Next(t.Context())
	if err != nil || len(batch.Changes) != 2 || batch.Changes[0].Seq != batch.Changes[1].Seq {
		t.Errorf("the change log has %v, %v, want both records in one transaction", batch.Changes, err)
	}
	if got := fmt.Sprint(after); got != "[audits tasks]" {
		t.Errorf("AfterSuccess ran for %s", got)
	}
	if _, err := b.create(root, "tasks", object{"title": "undo"}); fault.KindOf(err) != fault.TooMany {
		t.Errorf("the hook undoes: %v", err)
	}
	_, err = b.Records().Batch(t.Context(), []record.Op{
		create(root, "tasks", object{"title": "undone with it"}), create(root, "tasks", object{"title": "undo"})})
	if err == nil {
		t.Error("a batch with a hook that undoes: no error")
	}
	if _, err := b.create(root, "tasks", object{"title": strings.Repeat("too long for the audit", 9)}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("what the hook writes is not valid: %v", err)
	}
	if tasks, audits := b.count("tasks"), b.count("audits"); tasks != 1 || audits != 1 {
		t.Errorf("%d tasks and %d audits are stored, want one of each", tasks, audits)
	}
	b.expectFiles("after all", "audits", upload)
	if len(after) != 2 {
		t.Errorf("AfterSuccess ran for %v", after)
	}
}

func TestInTxWithTheWrongService(t *testing.T) {
	t.Parallel()
	b := newBed(t, tasks, audits)
	hooks := &b.Hooks().Records
	remove := hooks.InTx.BindFunc(func(e *record.WriteEvent) error {
		_, err := b.Records().Create(e.Context, root, "audits", record.Input{})
		return err
	}, "tasks")
	began := time.Now()
	if _, err := b.create(root, "tasks", object{"title": "x"}); err == nil || !strings.Contains(err.Error(), "the service of its event") {
		t.Errorf("a write with another service: %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v to find out", took)
	}
	remove()
	hooks.InTx.BindFunc(func(e *record.WriteEvent) error { // each task creates another task
		_, err := e.Records.Create(e.Context, root, "tasks", record.Input{Body: object{"title": "x"}})
		return err
	}, "tasks")
	if _, err := b.create(root, "tasks", object{"title": "x"}); err == nil || !strings.Contains(err.Error(), "too deep") {
		t.Errorf("hooks of hooks: %v", err)
	}
	if n := b.count("tasks") + b.count("audits"); n != 0 {
		t.Errorf("%d records are stored", n)
	}
}

func TestHooksThatMisbehave(t *testing.T) {
	t.Parallel()
	b := hookBed(t, 100*time.Millisecond, tasks, audits)
	hooks := &b.Hooks().Records
	forever, late := make(chan struct{}), make(chan error, 1)
	misdeeds := map[string]struct {
		do   func(*record.WriteEvent) error
		want func(error) bool
	}{
		"panic": {func(*record.WriteEvent) error { panic("oh") }, func(err error) bool {
			var p *hook.PanicError
			return errors.As(err, &p)
		}},
		"never returns": {func(*record.WriteEvent) error { <-forever; return nil }, func(err error) bool { return errors.Is(err, hook.ErrTimeout) }},
		"comes late": {func(e *record.WriteEvent) error {
			<-e.Context.Done()
			<-forever
			_, err := e.Records.Create(t.Context(), root, "audits", record.Input{})
			late <- err
			return nil
		}, func(err error) bool { return errors.Is(err, hook.ErrTimeout) }},
	}
	for name, misdeed := range misdeeds {
		for where, h := range map[string]*hook.Hook[*record.WriteEvent]{"Before": &hooks.Before, "InTx": &hooks.InTx} {
			if name == "comes late" && where == "Before" {
				continue // there it may
			}
			remove := h.BindFunc(misdeed.do, "tasks")
			if _, err := b.create(root, "tasks", object{"title": "x"}); !misdeed.want(err) || fault.KindOf(err) != fault.Internal {
				t.Errorf("%s in %s: %v", name, where, err)
			}
			remove()
			b.add("audits", nil) // the writer is free
		}
	}
	close(forever)
	if err := <-late; err == nil {
		t.Error("a hook has written after its transaction was over")
	}
	if n := b.count("tasks"); n != 0 {
		t.Errorf("%d tasks are stored", n)
	}
}

// A write that is called inside of a transaction and waits for the writer would wait forever; it
// must be detected. Reads are allowed.
func TestNestedUse(t *testing.T) {
	t.Parallel()
	b := newBed(t, tasks, audits)
	id := b.add("tasks", object{"title": "x"})
	uses := map[string]func(e *record.WriteEvent) error{
		"records": func(e *record.WriteEvent) error {
			_, err := b.Records().Create(e.Context, root, "audits", record.Input{})
			return err
		},
		"batch": func(e *record.WriteEvent) error {
			_, err := b.Records().Batch(e.Context, []record.Op{create(root, "audits", object{})})
			return err
		},
		"truncate": func(e *record.WriteEvent) error { return b.Records().Truncate(e.Context, root, "audits") },
		"collections": func(e *record.WriteEvent) error {
			_, err := b.Collections().Create(e.Context, record.Root(), []byte(`{"name": "more"}`))
			return err
		},
		"settings": func(e *record.WriteEvent) error {
			_, err := b.Settings().Patch(e.Context, record.Root(), []byte(`{"meta": {"appName": "x"}}`))
			return err
		},
	}
	for name, use := range uses {
		remove := b.Hooks().Records.InTx.BindFunc(func(e *record.WriteEvent) error {
			if _, err := b.Records().FindByID(e.Context, "tasks", id); err != nil {
				t.Errorf("%s: a read beside the transaction: %v", name, err)
			}
			return use(e)
		}, "tasks")
		began := time.Now()
		_, err := b.create(root, "tasks", object{"title": "y"})
		if fault.KindOf(err) != fault.Internal || errors.Is(err, hook.ErrTimeout) {
			t.Errorf("%s: %v, want that it is found out", name, err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: it took %v to find out", name, took)
		}
		remove()
	}
	if n := b.count("tasks"); n != 1 || b.count("audits") != 0 || b.Snapshot().Find("more") != nil {
		t.Errorf("%d tasks and %d audits are stored", n, b.count("audits"))
	}
}

func TestEnrichThatMisbehaves(t *testing.T) {
	t.Parallel()
	forever := make(chan struct{})
	defer close(forever)
	var panicked *hook.PanicError
	for name, c := range map[string]struct {
		limit time.Duration
		do    func(*bed, *record.EnrichEvent) error
		want  func(error) bool
	}{
		"never returns": {50 * time.Millisecond, func(*bed, *record.EnrichEvent) error { <-forever; return nil },
			func(err error) bool { return errors.Is(err, hook.ErrTimeout) }},
		"panics": {0, func(*bed, *record.EnrichEvent) error { panic("oh") }, func(err error) bool { return errors.As(err, &panicked) }},
		"writes": {0, func(b *bed, e *record.EnrichEvent) error {
			_, err := b.Records().Create(e.Context, root, "audits", record.Input{})
			return err
		}, func(err error) bool { return err != nil && !errors.Is(err, hook.ErrTimeout) }},
		"reads": {0, func(b *bed, e *record.EnrichEvent) error {
			n, err := b.Records().Count(e.Context, "tasks")
			e.Add("tasks", n)
			return err
		}, func(err error) bool { return err == nil }},
	} {
		b := hookBed(t, c.limit, tasks, audits)
		id := b.add("tasks", object{"title": "x"})
		get := func() error {
			_, err := b.Records().Get(t.Context(), guest, "tasks", id, "")
			return err
		}
		remove := b.Hooks().Records.Enrich.BindFunc(func(e *record.EnrichEvent) error { return c.do(b, e) }, "tasks")
		if err := get(); !c.want(err) {
			t.Errorf("a hook that %s: %v", name, err)
		}
		_, err := b.Records().Batch(t.Context(), []record.Op{create(root, "tasks", object{"title": "y"})})
		if !c.want(err) {
			t.Errorf("in a batch, a hook that %s: %v", name, err)
		}
		remove()
		if err := get(); err != nil {
			t.Errorf("after a hook that %s: %v", name, err)
		}
		if n := b.count("audits"); n != 0 {
			t.Errorf("a hook that %s: %d audits are stored", name, n)
		}
	}
}

func TestBatchWithBefore(t *testing.T) {
	t.Parallel()
	b := newBed(t, tasks)
	var saw []string
	b.Hooks().Records.Before.BindFunc(func(e *record.WriteEvent) error {
		n, err := e.Records.Count(e.Context, "tasks")
		saw = append(saw, fmt.Sprint(e.Action, " ", n))
		e.Record.Set("n", float64(n))
		return err
	})
	const id = "abcdefghij12345"
	results, err := b.Records().Batch(t.Context(), []record.Op{
		create(guest, "tasks", object{"id": id, "title": "x"}), update(guest, "tasks", id, object{"title": "y"}), create(guest, "tasks", object{"title": "z"})})
	check(t, "Batch", err, "ok")
	if got := fmt.Sprint(saw); got != "[create 0 update 1 create 1]" {
		t.Errorf("the hooks saw %s", got)
	}
	if !strings.Contains(string(results[1].Record), `"n":1,`) {
		t.Errorf("the update gave %s", results[1].Record)
	}
}

func TestAfterFailure(t *testing.T) {
	t.Parallel()
	b := newBed(t, tasks)
	var saw []string
	b.Hooks().Records.AfterFailure.BindFunc(func(e *record.WriteEvent) error {
		saw = append(saw, fmt.Sprint(e.Action, " ", e.Record.Text("title"), " ", fault.KindOf(e.Err)))
		return errors.New("nobody minds")
	})
	_, err := b.create(guest, "tasks", object{"n": 1})
	check(t, "create", err, "invalid: Failed to create record. title=validation_required")
	if _, err := b.update(guest, "tasks", "nothing", nil); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	b.add("tasks", object{"title": "x"})
	want := fmt.Sprint([]string{fmt.Sprint("0  ", fault.Invalid), fmt.Sprint("0  ", fault.NotFound)})
	if got := fmt.Sprint(saw); len(saw) != 2 {
		t.Errorf("AfterFailure saw %s, want %s", got, want)
	}
}

func TestEnrich(t *testing.T) {
	t.Parallel()
	b := newBed(t, tasks, people)
	coretest.Collection(t, b.App, `{"name": "steps", "viewRule": "", "listRule": "", "fields": [{"name": "task", "type": "relation", "collectionId": "`+
		b.Snapshot().Find("tasks").ID+`"}]}`)
	task := b.add("tasks", object{"title": "x", "hint": "psst", "n": 2})
	b.person(object{})
	step := b.add("steps", object{"task": task})
	read := func() map[string]string {
		t.Helper()
		out := map[string]string{}
		page, err := b.Records().List(t.Context(), guest, "tasks", record.ListParams{})
		check(t, "List", err, "ok")
		out["list"] = string(page.Items)
		one, err := b.Records().Get(t.Context(), guest, "tasks", task, "")
		check(t, "Get", err, "ok")
		out["get"] = string(one)
		related, err := b.Records().Get(t.Context(), guest, "steps", step, "task")
		check(t, "Get", err, "ok")
		out["expand"] = string(related)
		mine, err := b.Records().Get(t.Context(), root, "steps", step, "task")
		check(t, "Get", err, "ok")
		out["superuser"] = string(mine)
		page, err = b.Records().List(t.Context(), root, "people", record.ListParams{})
		check(t, "List", err, "ok")
		out["people"] = string(page.Items)
		return out
	}
	plain := read()
	hooks := &b.Hooks().Records
	remove := hooks.Enrich.BindFunc(func(*record.EnrichEvent) error { return nil })
	for name, got := range read() {
		if got != plain[name] {
			t.Errorf("%s with a hook that does nothing: %s, want %s", name, got, plain[name])
		}
	}
	remove()
	remove = hooks.Enrich.BindFunc(func(e *record.EnrichEvent) error {
		e.Hide("n", "collectionName")
		e.Record.Set("title", e.Record.Text("hint"))
		e.Add("double", 2*e.Record.Get("n").(float64))
		e.Add("title", "taken")
		return nil
	}, "tasks")
	for name, got := range read() {
		want := name != "people"
		if has := strings.Contains(got, `"double":4`) && strings.Contains(got, `"title":"psst"`) && !strings.Contains(got, `"n":2`); has != want {
			t.Errorf("%s is enriched: %v, want %v: %s", name, has, want, got)
		}
	}
	o, err := b.create(guest, "tasks", object{"title": "y"})
	check(t, "create", err, "ok")
	if o["double"] != 0.0 {
		t.Errorf("the answer to a create is %v", o)
	}
	remove()
	for name, got := range read() {
		if name != "list" && got != plain[name] {
			t.Errorf("%s without the hook: %s, want %s", name, got, plain[name])
		}
	}
	failed := errors.New("failed")
	hooks.Enrich.BindFunc(func(*record.EnrichEvent) error { return failed })
	if _, err := b.Records().Get(t.Context(), guest, "tasks", task, ""); !errors.Is(err, failed) {
		t.Errorf("Get with a hook that fails: %v", err)
	}
	if _, err := b.Records().List(t.Context(), guest, "tasks", record.ListParams{}); !errors.Is(err, failed) {
		t.Errorf("List with a hook that fails: %v", err)
	}
}

func TestRequestHooks(t *testing.T) {
	t.Parallel()
	b := newBed(t, tasks)
	id := b.add("tasks", object{"title": "x", "n": 1})
	b.add("tasks", object{"title": "y", "n": 2})
	hooks := &b.Hooks().Records
	var saw []string
	hooks.Request.BindFunc(func(e *record.RequestEvent) error {
		err := e.Next()
		saw = append(saw, fmt.Sprint(e.Operation, " ", err == nil))
		return err
	}, "tasks")
	hooks.Request.BindFunc(func(e *record.RequestEvent) error {
		switch e.Operation {
		case record.OpList:
			e.List.Filter = "n > 1"
		case record.OpUpdate:
			e.Input.Body["n"] = 7
		case record.OpDelete:
			return fault.New(fault.Forbidden, "")
		}
		return nil
	})
	page, err := b.Records().List(t.Context(), guest, "tasks", record.ListParams{})
	check(t, "List", err, "ok")
	if page.TotalItems != 1 {
		t.Errorf("the list has %d items, want 1", page.TotalItems)
	}
	_, err = b.Records().Get(t.Context(), guest, "tasks", id, "")
	check(t, "Get", err, "ok")
	if o, err := b.update(guest, "tasks", id, object{"title": "z"}); err != nil || o["n"] != 7.0 {
		t.Errorf("update = %v, %v", o, err)
	}
	if err := b.delete(guest, "tasks", id); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("delete: %v", err)
	}
	_, err = b.Records().Batch(t.Context(), []record.Op{update(guest, "tasks", id, object{}), remove(guest, "tasks", id)})
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("batch: %v", err)
	}
	want := "[list true view true update true delete false update true delete false]"
	if got := fmt.Sprint(saw); got != want {
		t.Errorf("the hook saw %s, want %s", got, want)
	}
}

func TestHooksAtTheSameTime(t *testing.T) {
	t.Parallel()
	b := newBed(t, tasks, audits)
	id := b.add("tasks", object{"title": "x"})
	hooks := &b.Hooks().Records
	hooks.Before.BindFunc(func(e *record.WriteEvent) error { e.Record.Set("title", "y"); return nil }, "tasks")
	hooks.InTx.BindFunc(func(e *record.WriteEvent) error {
		_, err := e.Records.Create(e.Context, root, "audits", record.Input{})
		return err
	}, "tasks")
	hooks.Enrich.BindFunc(func(e *record.EnrichEvent) error { e.Add("x", 1); return nil })
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for range 10 {
				if _, err := b.Records().Update(t.Context(), guest, "tasks", id, record.Input{Body: object{"n+": 1}}); err != nil {
					t.Error(err)
				}
				if _, err := b.Records().List(t.Context(), guest, "audits", record.ListParams{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	running.Wait()
	r, err := b.Records().FindByID(t.Context(), "tasks", id)
	if err != nil || r.Get("n") != 80.0 || b.count("audits") != 80 {
		t.Errorf("n = %v with %d audits, %v, want 80 of each", r.Get("n"), b.count("audits"), err)
	}
}
