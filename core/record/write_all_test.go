package record_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/where"
)

// writeAll runs the operations as the caller by the present collections.
func (b *bed) writeAll(c record.Caller, ops ...record.Op) ([][]string, error) {
	for i := range ops {
		ops[i].Caller = c
	}
	return b.Records().WriteAll(b.t.Context(), b.Snapshot(), ops)
}

func TestWriteAll(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.collections(map[string]string{
		"tasks":  `{"name": "n", "type": "number"}, {"name": "owner", "type": "text"}, {"name": "list", "type": "relation", "collectionId": "<lists>"}`,
		"lists":  `{"name": "title", "type": "text"}`,
		"audits": `{"name": "task", "type": "relation", "collectionId": "<tasks>"}`,
	})
	for i := range 4 {
		b.add("tasks", object{"id": fmt.Sprintf("t%014d", i), "n": i})
	}
	update := func(w where.Expr, most int, body object) record.Op {
		return record.Op{Action: record.ActionUpdate, Collection: "tasks", Where: w, AtMost: most, Input: record.Input{Body: body}}
	}
	// Each write reads the results of the writes before it. The ids have no record that a write did
	// not match.
	ids, err := b.writeAll(root,
		update(where.Compare("n", where.GreaterEqual, 2), 5, object{"n+": 10}),
		update(where.Compare("n", where.GreaterEqual, 10), 2, object{"owner": "ann"}),
		update(where.Compare("n", where.Equal, 2), 1, object{"owner": "bob"}),
		record.Op{Action: record.ActionDelete, Collection: "tasks", Where: where.Compare("owner", where.Equal, "ann"), AtMost: 2})
	if want := "[[t00000000000002 t00000000000003] [t00000000000002 t00000000000003] [] [t00000000000002 t00000000000003]]"; fmt.Sprint(ids) != want || err != nil {
		t.Errorf("WriteAll = %v, %v, want %s", ids, err, want)
	}
	// More matching records than the maximum, or a later failure, leave nothing behind.
	for _, second := range []record.Op{
		update(where.Compare("n", where.Less, 100), 1, object{"n": 7}),
		{Action: record.ActionDelete, Collection: "tasks", ID: "nothing"},
		update(where.Compare("nothing", where.Less, 100), 1, object{}),
	} {
		_, err = b.writeAll(root, update(where.Compare("n", where.Equal, 0), 1, object{"owner": "never"}), second)
		var at *record.OpError
		if !errors.As(err, &at) || at.Op != 1 || errors.Is(err, record.ErrTooManyMatch) != (second.AtMost == 1 && second.Input.Body["n"] != nil) {
			t.Errorf("%+v: %v", second, err)
		}
	}
	if n, _ := b.Records().Find(t.Context(), root, record.Query{Collection: "tasks", Filter: "owner = 'never' || n = 7"}); len(n) > 0 {
		t.Errorf("%d records were changed", len(n))
	}
	// Links hold the ids of earlier writes, even if a hook has changed the ids.
	b.Hooks().Records.Before.BindFunc(func(e *record.WriteEvent) error {
		if e.Action == record.ActionCreate {
			e.Record.Set("id", "l00000000000000")
		}
		return nil
	}, "lists")
	create := func(collection string, links ...record.Link) record.Op {
		return record.Op{Action: record.ActionCreate, Collection: collection, Links: links}
	}
	ids, err = b.writeAll(root, create("lists"), create("tasks", record.Link{Field: "list"}), create("audits", record.Link{Field: "task", Op: 1}))
	if err != nil {
		t.Fatal(err)
	}
	task, err := b.decode(b.Records().Get(t.Context(), root, "audits", ids[2][0], "task.list"))
	if err != nil || task["task"] != ids[1][0] || ids[0][0] != "l00000000000000" {
		t.Errorf("the audit is %v, %v, of %v", task, err, ids)
	}
	if list := task["expand"].(object)["task"].(object)["list"]; list != ids[0][0] {
		t.Errorf("the task is in the list %v", list)
	}
}

// If a record matches for several concurrent callers, one of them writes it.
func TestMatchesAreJudgedInTheTransaction(t *testing.T) {
	t.Parallel()
	b := newBed(t, `{"name": "jobs", "type": "base", "listRule": "", "updateRule": "owner = '' && @request.body.owner != 'nobody'", "fields": [{"name": "owner", "type": "text"}, {"name": "n", "type": "number"}]}`)
	b.add("jobs", object{})
	var mu sync.Mutex
	var claimed []string
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			ids, err := b.writeAll(guest, record.Op{Action: record.ActionUpdate, Collection: "jobs", Where: where.Compare("owner", where.Equal, ""), AtMost: 1,
				Input: record.Input{Body: object{"owner": fmt.Sprint("w", i)}}})
			mu.Lock()
			defer mu.Unlock()
			if claimed = append(claimed, ids[0]...); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(claimed) != 1 {
		t.Errorf("claimed %d times", len(claimed))
	}
	// Records that the rule of the action denies are left out, even if the rule is about the body.
	b.add("jobs", object{})
	for _, body := range []object{{"owner": "nobody"}, {"owner": "nobody", "n+": 1}} {
		ids, err := b.writeAll(guest, record.Op{Action: record.ActionUpdate, Collection: "jobs", Where: where.Compare("id", where.NotEqual, ""), AtMost: 9, Input: record.Input{Body: body}})
		if err != nil || len(ids[0]) != 0 {
			t.Errorf("%v: %v, %v", body, ids, err)
		}
	}
}

// A handler that refuses an operation also sees the write of each matching record.
func TestRequestHooksOfMatches(t *testing.T) {
	t.Parallel()
	b := newBed(t, notes)
	b.Hooks().Records.Request.BindFunc(func(e *record.RequestEvent) error {
		if e.Operation == record.OpDelete && e.AtMost > 0 {
			return fault.New(fault.Forbidden, "")
		}
		return e.Next()
	}, "notes")
	_, err := b.writeAll(root, record.Op{Action: record.ActionDelete, Collection: "notes", Where: where.Compare("n", where.Equal, 1), AtMost: 1})
	if fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a refused delete: %v", err)
	}
}

func TestWriteAllByOtherCollections(t *testing.T) {
	t.Parallel()
	b := newBed(t, notes)
	before := b.Snapshot()
	if _, err := b.Collections().Update(t.Context(), root, "notes", []byte(`{"listRule": null}`)); err != nil {
		t.Fatal(err)
	}
	ops := []record.Op{{Caller: root, Action: record.ActionCreate, Collection: "notes"}}
	_, err := b.Records().WriteAll(t.Context(), before, ops)
	if !errors.Is(err, record.ErrCollectionsChanged) || b.count("notes") != 0 {
		t.Errorf("WriteAll = %v", err)
	}
	if _, err := b.Records().WriteAll(t.Context(), nil, ops); err != nil || b.count("notes") != 1 {
		t.Errorf("WriteAll without a snapshot = %v", err)
	}
}
