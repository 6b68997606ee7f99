package record_test

import (
	"fmt"
	"testing"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// told returns a history as text, the newest change first.
func (b *bed) told(id string, limit int) string {
	b.t.Helper()
	h, err := b.Records().History(b.t.Context(), root, "notes", id, limit)
	if err != nil {
		b.t.Fatal(failure(err))
	}
	text := ""
	for _, r := range h.Revisions {
		text += string(r.Action)
		for _, v := range r.Values {
			text += fmt.Sprintf(" %s %v>%v", v.Field.Name, v.Before, v.After)
		}
		text += "; "
	}
	if h.Since.IsZero() {
		b.t.Error("the log holds something, and does not say since when")
	}
	return fmt.Sprint(text, h.More)
}

// Each change has its own values before and after it, even if the record was deleted and created
// again since.
func TestHistory(t *testing.T) {
	t.Parallel()
	b := newBed(t, notes)
	id := b.add("notes", object{"title": "a", "n": 1})
	b.set("notes", id, object{"n": 2, "tags": []string{"c", "a"}})
	b.set("notes", id, object{"n": 3})
	const before = "update n 2>3; update n 1>2 tags []>[c a]; create; "
	if got := b.told(id, 9); got != before+"false" {
		t.Errorf("History = %s", got)
	}
	if err := b.delete(root, "notes", id); err != nil {
		t.Fatal(err)
	}
	if got := b.told(id, 9); got != "delete; "+before+"false" {
		t.Errorf("after the delete: %s", got)
	}
	b.add("notes", object{"id": id, "title": "new"})
	b.set("notes", id, object{"title": "newer"})
	if got := b.told(id, 3); got != "update title new>newer; create; delete; true" {
		t.Errorf("after a new one: %s", got)
	}
	if _, err := b.Records().History(t.Context(), record.Caller{}, "notes", id, 9); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("a guest reads the history: %v", err)
	}
	if _, err := b.Records().History(t.Context(), root, "nothing", id, 9); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an unknown collection: %v", err)
	}
}
