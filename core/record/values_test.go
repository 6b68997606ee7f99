package record_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

const notes = `{"name": "notes", "type": "base", "listRule": "open = true", "viewRule": "", "createRule": "", "updateRule": "", "deleteRule": "open = true", "fields": [
	{"name": "title", "type": "text"}, {"name": "n", "type": "number"}, {"name": "open", "type": "bool"},
	{"name": "due", "type": "date"}, {"name": "tags", "type": "select", "values": ["a", "b", "c"], "maxSelect": 3},
	{"name": "one", "type": "select", "values": ["a", "b"], "maxSelect": 1},
	{"name": "data", "type": "json"}, {"name": "at", "type": "geoPoint"},
	{"name": "inner", "type": "text", "hidden": true}]}`

func TestValuesByKind(t *testing.T) {
	t.Parallel()
	b := newBed(t, notes)
	due := time.Date(2026, 3, 4, 5, 6, 7, 8e6, time.UTC)
	r, err := b.Records().NewRecord("notes")
	if err != nil || !r.IsNew() {
		t.Fatalf("NewRecord = %v, %v", r, err)
	}
	values := object{"title": "x", "n": 7.9, "open": true, "due": due, "tags": []string{"b", "a"}, "one": "a",
		"data": json.RawMessage(`{"k":1}`), "at": schema.Point{Lon: 1, Lat: 2}, "inner": "secret"}
	for field, v := range values {
		r.Set(field, v)
	}
	stored, err := b.Records().Save(t.Context(), root, r)
	if err != nil || stored.IsNew() || !r.IsNew() || len(stored.Changed()) != 0 {
		t.Fatalf("Save = %v, %v", stored, failure(err))
	}
	if r, err = b.Records().FindByID(t.Context(), "notes", stored.ID()); err != nil {
		t.Fatal(err)
	}
	for _, r := range []*record.Record{stored, r} {
		got := fmt.Sprint(r.Text("title"), r.Number("n"), r.Int("n"), r.Bool("open"), r.Time("due").Equal(due), r.Strings("tags"), r.Strings("one"),
			string(r.JSON("data")), r.Point("at"))
		if want := `x7.9 7 true true [b a] [a]{"k":1}{1 2}`; got != want {
			t.Errorf("the values are %s, want %s", got, want)
		}
		zero := fmt.Sprint(r.Text("n"), r.Number("title"), r.Int("none"), r.Bool("title"), r.Time("title").IsZero(), r.Strings("n"), r.JSON("n"), r.Point("n"))
		if want := fmt.Sprint("", 0.0, 0, false, true, []string(nil), json.RawMessage(nil), schema.Point{}); zero != want {
			t.Errorf("values of other kinds are %s, want %s", zero, want)
		}
		asJSON, err := json.Marshal(r)
		want, rendered := b.Records().Render(t.Context(), root, r, "")
		if err != nil || rendered != nil || string(asJSON) != string(want) {
			t.Errorf("MarshalJSON = %s, %v, want %s", asJSON, err, want)
		}
	}
}

// Save writes only the fields that were set: concurrent changes of other fields are kept.
func TestSaveWritesOnlyChangedFields(t *testing.T) {
	t.Parallel()
	b := newBed(t, notes)
	id := b.add("notes", object{"title": "x", "n": 1})
	mine := b.stored("notes", id)
	b.set("notes", id, object{"title": "of another"})
	mine.Set("n", 2)
	mine.Set("open", false) // as it was
	if got := mine.Changed(); !slices.Equal(got, []string{"n"}) {
		t.Errorf("Changed = %v, want [n]", got)
	}
	saved, err := b.Records().Save(t.Context(), guest, mine)
	if err != nil || saved.Text("title") != "of another" || saved.Int("n") != 2 {
		t.Errorf("Save = %v, %s", saved, failure(err))
	}
	saved.Set("id", "anotherid000000")
	_, err = b.Records().Save(t.Context(), root, saved)
	check(t, "Save with another id", err, "invalid: Failed to update record. id=validation_pk_change")
	if err := b.delete(root, "notes", id); err != nil {
		t.Fatal(err)
	}
	_, err = b.Records().Save(t.Context(), root, mine)
	check(t, "Save of what is gone", err, "not found")
}

func TestSaveSetsAPassword(t *testing.T) {
	t.Parallel()
	b := newBed(t, people)
	r, err := b.Records().NewRecord("people")
	if err != nil {
		t.Fatal(err)
	}
	r.Set("email", "a@example.com")
	r.Set("password", secret)
	r, err = b.Records().Save(t.Context(), root, r)
	check(t, "Save", err, "ok")
	if !b.knows(r.ID(), secret) {
		t.Error("the password is not stored")
	}
	key := r.Text("tokenKey")
	r.Set("password", other)
	r, err = b.Records().Save(t.Context(), root, r)
	check(t, "Save of a new password", err, "ok")
	if !b.knows(r.ID(), other) || r.Text("tokenKey") == key {
		t.Error("the new password is not stored, or tokens are still valid")
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	b := newBed(t, notes)
	for i, title := range []string{"a", `it's`, `c:\x' || 1=1`, "d"} {
		b.add("notes", object{"title": title, "n": i, "open": i%2 == 0, "inner": "x", "due": time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC)})
	}
	for _, c := range []struct {
		caller record.Caller
		q      record.Query
		want   string
	}{
		{root, record.Query{}, "[a it's c:\\x' || 1=1 d]"},
		{guest, record.Query{}, "[a c:\\x' || 1=1]"},
		{root, record.Query{Sort: "-n", Limit: 2, Offset: 1}, "[c:\\x' || 1=1 it's]"},
		{root, record.Query{Filter: "title = {:t}", Params: object{"t": "it's"}}, "[it's]"},
		{root, record.Query{Filter: "title = {:t}", Params: object{"t": `c:\x' || 1=1`}}, "[c:\\x' || 1=1]"},
		{root, record.Query{Filter: "n > {:n} && open = {:o}", Params: object{"n": 0, "o": true}}, "[c:\\x' || 1=1]"},
		{root, record.Query{Filter: "n = {:n}", Params: object{"n": 3.0}}, "[d]"},
		{root, record.Query{Filter: "due < {:d}", Params: object{"d": time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}}, "[a]"},
		{root, record.Query{Filter: "title = '{:t}'"}, "[]"},
		{root, record.Query{Filter: "title = {:t}"}, "invalid"},
		{root, record.Query{Filter: "title = {:t}", Params: object{"t": []int{1}}}, "invalid"},
		{root, record.Query{Filter: "title = {:t"}, "invalid"},
		{root, record.Query{Filter: "title ="}, "invalid"},
		{root, record.Query{Sort: "nothing"}, "invalid"},
		{guest, record.Query{Filter: "inner = 'x'"}, "invalid"},
		{root, record.Query{Collection: "nothing"}, "not found: Missing collection context."},
		{guest, record.Query{Collection: "_superusers"}, "forbidden: Only superusers can perform this action."},
	} {
		if c.q.Collection == "" {
			c.q.Collection = "notes"
		}
		found, err := b.Records().Find(t.Context(), c.caller, c.q)
		titles := []string{}
		for _, r := range found {
			titles = append(titles, r.Text("title"))
		}
		got := fmt.Sprint(titles)
		if err != nil {
			got = failure(err)
		}
		if got != c.want {
			t.Errorf("Find %+v = %s, want %s", c.q, got, c.want)
		}
	}
}

// TestFindSaysWhatIsWrong checks that the error of Find names the collection and the reason once.
func TestFindSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := newBed(t, notes)
	for filter, want := range map[string]string{
		"title = {:t}": `records of "notes": invalid: missing parameter "t" (at byte 8)`,
		"((":           `records of "notes": invalid: invalid or incomplete filter expression: unexpected end (at byte 2)`,
	} {
		_, err := b.Records().Find(t.Context(), record.Root(), record.Query{Collection: "notes", Filter: filter})
		if err == nil || err.Error() != want {
			t.Errorf("Find %q: %v, want %s", filter, err, want)
		}
	}
}

// TestLookUpsSayWhatIsWrong checks that the errors of look-ups name the collection, and the field
// if it is unknown.
func TestLookUpsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := newBed(t, notes)
	r := b.Records()
	for want, call := range map[string]func() error{
		`records of "nope": there is no such collection: not found`:  func() error { _, err := r.FindByID(t.Context(), "nope", "x"); return err },
		`records of "notes": not found`:                              func() error { _, err := r.FindByID(t.Context(), "notes", "x"); return err },
		`records of "notes": there is no field "nope": not found`:    func() error { _, err := r.FindFirst(t.Context(), "notes", "nope", "x", false); return err },
		`records of "notes": there is no field "missing": not found`: func() error { _, err := r.FindUnique(t.Context(), "notes", "missing", "x"); return err },
		`records of "gone": Missing collection context.`:             func() error { _, err := r.Count(t.Context(), "gone"); return err },
		`records of "new": Missing collection context.`:              func() error { _, err := r.NewRecord("new"); return err },
	} {
		if err := call(); err == nil || err.Error() != want || fault.KindOf(err) != fault.NotFound {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestDeleteWhere(t *testing.T) {
	t.Parallel()
	b := newBed(t, notes)
	for i := range 6 {
		b.add("notes", object{"title": fmt.Sprint("t", i%2), "n": i, "open": i < 4})
	}
	var deleted []string
	b.Hooks().Records.AfterSuccess.BindFunc(func(e *record.WriteEvent) error {
		deleted = append(deleted, fmt.Sprint(e.Record.Int("n")))
		return nil
	}, "notes")
	do := func(c record.Caller, filter string, params object) string {
		n, err := b.Records().DeleteWhere(t.Context(), c, "notes", filter, params)
		return fmt.Sprint(n, " ", failure(err))
	}
	for _, c := range []struct {
		caller record.Caller
		filter string
		want   string
	}{
		{root, "", "0 invalid"},
		{root, "n =", "0 invalid"},
		{root, "n = 100", "0 ok"},
		{guest, "title = {:t}", "2 ok"}, // of three records one is not open
		{root, "title = {:t}", "1 ok"},
	} {
		if got := do(c.caller, c.filter, object{"t": "t0"}); got != c.want {
			t.Errorf("DeleteWhere %q = %s, want %s", c.filter, got, c.want)
		}
	}
	if n := b.count("notes"); n != 3 || fmt.Sprint(deleted) != "[0 2 4]" {
		t.Errorf("%d records are left, the hooks saw %v", n, deleted)
	}
	if _, err := b.Records().DeleteWhere(t.Context(), guest, "_superusers", "id != ''", nil); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("DeleteWhere of superusers by a guest: %v", err)
	}
}

// A record that an earlier deletion has deleted by cascade is not an error.
func TestDeleteWhereWithCascade(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.collections(map[string]string{"nodes": `{"name": "up", "type": "relation", "collectionId": "<nodes>", "cascadeDelete": true}`})
	top := b.add("nodes", object{"id": "a00000000000000"})
	b.add("nodes", object{"id": "b00000000000000", "up": top})
	n, err := b.Records().DeleteWhere(t.Context(), root, "nodes", "id != ''", nil)
	if n != 1 || err != nil || b.count("nodes") != 0 {
		t.Errorf("DeleteWhere = %d, %s, %d are left", n, failure(err), b.count("nodes"))
	}
}

// A Set that cannot be stored is a mistake of the program, and not ignored silently.
func TestSetOfWhatCannotBeStored(t *testing.T) {
	t.Parallel()
	b := newBed(t, `{"name": "logs", "type": "base", "createRule": "", "fields": [{"name": "title", "type": "text"}, {"name": "made", "type": "autodate", "onCreate": true}]}`)
	id := b.add("logs", object{"title": "x"})
	for field, want := range map[string]string{
		"titel": "record: Set of logs.titel: there is no such field",
		"made":  "record: Set of logs.made: only the server sets autodate fields",
	} {
		for name, r := range map[string]*record.Record{"new": record.Blank(b.Snapshot().Find("logs")), "stored": b.stored("logs", id)} {
			r.Set("title", "y")
			r.Set(field, "2020-01-01")
			_, err := b.Records().Save(t.Context(), root, r.Clone())
			check(t, "Save of a "+name+" record", err, "internal: "+want)
		}
		remove := b.Hooks().Records.Before.BindFunc(func(e *record.WriteEvent) error { e.Record.Set(field, "2020-01-01"); return nil })
		_, err := b.create(guest, "logs", object{"title": "y"})
		check(t, "Create with a hook", err, "internal: hook before a write: "+want)
		remove()
	}
	if n := b.count("logs"); n != 1 || b.value("logs", id, "title") != "x" {
		t.Errorf("%d records, title %v: something was stored", n, b.value("logs", id, "title"))
	}
}

// Go code need not repeat a password; clients who are superusers must.
func TestRootNeedNotRepeatPasswords(t *testing.T) {
	t.Parallel()
	b := newBed(t, people)
	id := b.add("people", object{"email": "a@example.com", "password": secret})
	if !b.knows(id, secret) {
		t.Error("the password is not stored")
	}
	b.set("people", id, object{"password": other})
	if !b.knows(id, other) {
		t.Error("the new password is not stored")
	}
	_, err := b.create(root, "people", object{"email": "b@example.com", "password": secret, "passwordConfirm": other})
	check(t, "Create with another repetition", err, "invalid: Failed to create record. passwordConfirm=validation_values_mismatch")
	admin := b.add("_superusers", object{"email": "a@example.com", "password": secret})
	_, err = b.create(b.as("_superusers", admin), "people", object{"email": "b@example.com", "password": secret})
	check(t, "Create by a superuser", err, "invalid: Failed to create record. passwordConfirm=validation_required")
}

func TestActionsHaveNames(t *testing.T) {
	t.Parallel()
	if got := fmt.Sprint(record.ActionCreate, record.ActionUpdate, record.ActionUpsert, record.ActionDelete, record.Action(9)); got != "create update upsert delete Action(9)" {
		t.Errorf("the actions are %s", got)
	}
}
