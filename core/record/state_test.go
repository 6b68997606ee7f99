package record_test

import (
	"fmt"
	"testing"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
)

// logged returns the changes of a record as the feed delivers them.
func (b *bed) logged(collection, id string) []change.Change {
	b.t.Helper()
	var list []change.Change
	err := b.Records().Config().Store.Read(b.t.Context(), func(r store.Reader) error {
		rows, err := r.Query(`SELECT "seq", "n", "action", "collection", "before" FROM "_changes" WHERE "record" = $1 ORDER BY "seq", "n"`, store.Text(id))
		if err != nil {
			return err
		}
		for rows.Next() {
			list = append(list, change.Change{Kind: change.Record, Record: id, Seq: rows.Int(0), N: int(rows.Int(1)),
				Action: change.Action(rows.Text(2)), Collection: rows.Text(3), Before: []byte(rows.Text(4))})
		}
		return rows.Close()
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

// states returns the states around each change: title and number, "-" for no record.
func (b *bed) states(list []change.Change, title string) string {
	b.t.Helper()
	show := func(r *record.Record) string {
		if r == nil {
			return "-"
		}
		return fmt.Sprint(r.Text(title), r.Int("n"), string(r.JSON("data")), r.Strings("tags"))
	}
	text := ""
	for _, c := range list {
		before, after, err := b.Records().StateAt(b.t.Context(), c)
		if err != nil {
			b.t.Fatalf("StateAt %+v: %s", c, failure(err))
		}
		text += show(before) + " > " + show(after) + "; "
	}
	return text
}

// Each of several quick updates has its own states, even if they are asked for late; the same is
// true of deletes, and of several changes of one record in one transaction.
func TestStateAt(t *testing.T) {
	t.Parallel()
	b := newBed(t, notes)
	id := b.add("notes", object{"title": "a", "n": 1, "data": object{"k": 1}})
	b.set("notes", id, object{"n": 2})
	b.set("notes", id, object{"title": "b", "tags": []string{"c", "a"}})
	b.set("notes", id, object{"n": 3, "data": nil})
	const updates = `- > a1{"k":1}[]; a1{"k":1}[] > a2{"k":1}[]; a2{"k":1}[] > b2{"k":1}[c a]; b2{"k":1}[c a] > b3[c a]; `
	if got := b.states(b.logged("notes", id), "title"); got != updates {
		t.Errorf("after three updates:\n%s, want\n%s", got, updates)
	}
	if err := b.delete(root, "notes", id); err != nil {
		t.Fatal(err)
	}
	const deleted = updates + "b3[c a] > -; "
	if got := b.states(b.logged("notes", id), "title"); got != deleted {
		t.Errorf("after the delete:\n%s, want\n%s", got, deleted)
	}
	_, err := b.Records().Batch(t.Context(), []record.Op{create(root, "notes", object{"id": id, "title": "new"}),
		update(root, "notes", id, object{"n+": 1}), update(root, "notes", id, object{"n+": 1})})
	check(t, "Batch", err, "ok")
	const again = deleted + "- > new0[]; new0[] > new1[]; new1[] > new2[]; "
	if got := b.states(b.logged("notes", id), "title"); got != again {
		t.Errorf("after a new one with the same id:\n%s, want\n%s", got, again)
	}

	title := b.Snapshot().Find("notes").Field("title").ID
	b.configure("notes", `{"fields": [{"id": "`+title+`", "name": "headline", "type": "text"}, {"name": "n", "type": "number"}, {"name": "data", "type": "json"},
		{"name": "tags", "type": "select", "values": ["a", "b", "c"], "maxSelect": 3}], "listRule": null, "deleteRule": null}`)
	list := b.logged("notes", id)
	_, after, err := b.Records().StateAt(t.Context(), list[2])
	if err != nil || after.Text("headline") != "b" {
		t.Errorf("the state of a renamed field: %v, %s", after, failure(err))
	}
	old, err := b.Records().BeforeOf(list[2])
	if err != nil || old.Text("headline") != "a" || old.ID() != id {
		t.Errorf("BeforeOf = %v, %v", old, err)
	}
}

func TestStateAtHidesSecretsAndKnowsItsLimits(t *testing.T) {
	t.Parallel()
	b := newBed(t, people)
	id := b.person(object{})
	b.set("people", id, object{"password": other, "passwordConfirm": other})
	list := b.logged("people", id)
	before, after, err := b.Records().StateAt(t.Context(), list[1])
	if err != nil || before.Text("password")+before.Text("tokenKey")+after.Text("password")+after.Text("tokenKey") != "" {
		t.Errorf("StateAt = %v, %v, %v, want no secrets", before, after, err)
	}
	gone := list[1]
	gone.N += 7 // as if pruned
	if _, _, err := b.Records().StateAt(t.Context(), gone); fault.KindOf(err) != fault.NotFound {
		t.Errorf("StateAt of a change that the log does not hold: %v", err)
	}
	gone.Collection = "nothing"
	if _, _, err := b.Records().StateAt(t.Context(), gone); fault.KindOf(err) != fault.NotFound {
		t.Errorf("StateAt in a collection that is gone: %v", err)
	}
	gone.Kind = change.Settings
	if _, _, err := b.Records().StateAt(t.Context(), gone); err == nil {
		t.Error("StateAt of a change of the settings is no error")
	}
}
