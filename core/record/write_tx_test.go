package record_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// retrying is a store that runs each write twice, as after a conflict: the first run is rolled
// back.
type retrying struct{ store.Store }

func (s retrying) Write(ctx context.Context, fn func(store.Tx) error) error {
	return s.Store.Write(ctx, func(tx store.Tx) error {
		again := errors.New("again")
		if err := tx.Savepoint(func() error {
			if err := fn(tx); err != nil {
				return err
			}
			return again
		}); !errors.Is(err, again) {
			return err
		}
		return fn(tx)
	})
}

func TestWritesMayBeRetried(t *testing.T) {
	t.Parallel()
	b := newBed(t, docs, people)
	c := b.Records().Config()
	c.Store = retrying{c.Store}
	var told []change.Change
	b.Changes().Observe(func(changes []change.Change) { told = append(told, changes...) })
	service := record.New(c)

	first, second := file(t, "one.txt", "1"), file(t, "two.txt", "2")
	r, err := service.Create(t.Context(), guest, "docs", record.Input{Files: map[string][]*blob.Upload{"one": {first}}})
	o, err := b.answer(service, guest, r, err)
	if err != nil {
		t.Fatal(failure(err))
	}
	id := o["id"].(string)
	_, err = service.Update(t.Context(), guest, "docs", id, record.Input{Files: map[string][]*blob.Upload{"one": {second}, "many+": {first}}})
	check(t, "Update", err, "ok")
	b.expectFiles("update", "docs", first, second)
	person := b.person(object{})
	_, err = service.Batch(t.Context(), []record.Op{
		update(guest, "people", person, object{"password": other, "passwordConfirm": other, "oldPassword": secret}),
		remove(guest, "docs", id),
	})
	check(t, "Batch", err, "ok")
	b.expectFiles("delete", "docs")
	if !b.knows(person, other) {
		t.Error("the new password is not stored")
	}
	var actions []change.Action
	told = slices.DeleteFunc(told, func(ch change.Change) bool { return ch.Record != id && ch.Record != person })
	for _, ch := range told {
		actions = append(actions, ch.Action)
	}
	if want := []change.Action{change.Create, change.Update, change.Create, change.Update, change.Delete}; !slices.Equal(actions, want) {
		t.Errorf("told %v, want %v", actions, want)
	}
}

// counting is a store that counts the transactions that begin.
type counting struct {
	store.Store
	writes int
}

func (s *counting) Write(ctx context.Context, fn func(store.Tx) error) error {
	s.writes++
	return s.Store.Write(ctx, fn)
}

// A write that begins again leaves no file of its first attempt, neither under a drawn id nor under
// an id that was sent.
func TestFilesOfAWriteThatBeginsAgain(t *testing.T) {
	t.Parallel()
	b := newBed(t, docs)
	for _, id := range []string{"", "abcdefghijklmno"} {
		c := b.Records().Config()
		now := b.Snapshot()
		earlier := schema.NewSnapshot(0, now.All())
		moment := &counting{Store: c.Store}
		c.Store = moment
		c.Snapshot = func() *schema.Snapshot { // replaced when the first transaction begins
			if moment.writes == 0 {
				return earlier
			}
			return now
		}
		body := map[string]any{}
		if id != "" {
			body["id"] = id
		}
		upload := file(t, "one.txt", "1")
		r, err := record.New(c).Create(t.Context(), root, "docs", record.Input{Body: body, Files: map[string][]*blob.Upload{"one": {upload}}})
		if err != nil || moment.writes != 2 {
			t.Fatalf("%s after %d transactions", failure(err), moment.writes)
		}
		b.expectFiles("create", "docs", upload)
		check(t, "Delete", b.Records().Delete(t.Context(), root, "docs", r.ID()), "ok")
		b.expectFiles("delete", "docs")
	}
}

// unsure is a store whose commits succeed and say that they failed.
type unsure struct{ store.Store }

var errUnsure = errors.New("the connection was lost")

func (s unsure) Write(ctx context.Context, fn func(store.Tx) error) error {
	if err := s.Store.Write(ctx, fn); err != nil {
		return err
	}
	return errUnsure
}

// A commit with an unknown outcome may have stored a record, so its files stay.
func TestFilesStayAfterAnUnknownCommit(t *testing.T) {
	t.Parallel()
	b := newBed(t, docs)
	c := b.Records().Config()
	c.Store = unsure{c.Store}
	service := record.New(c)
	upload := file(t, "a.txt", "a")
	in := record.Input{Body: object{"title": "once"}, Files: map[string][]*blob.Upload{"one": {upload}}}
	if _, err := service.Create(t.Context(), guest, "docs", in); !errors.Is(err, errUnsure) {
		t.Errorf("Create = %v, want %v", err, errUnsure)
	}
	b.expectFiles("create", "docs", upload)
	if _, err := service.Create(t.Context(), guest, "docs", in); errors.Is(err, errUnsure) {
		t.Errorf("Create of what is not unique = %v", err)
	}
	b.expectFiles("refused create", "docs", upload)
}

// The removal of a file removes its thumbs too.
func TestThumbsGoWithTheFile(t *testing.T) {
	t.Parallel()
	b := newBed(t, docs)
	upload := file(t, "a.txt", "a")
	o, err := b.upload(guest, "docs", "", "many", upload)
	if err != nil {
		t.Fatal(failure(err))
	}
	id := o["id"].(string)
	thumb := b.Snapshot().Find("docs").ID + "/" + id + "/thumbs_" + upload.Name + "/100x100_" + upload.Name
	if err := b.Blobs().Put(t.Context(), thumb, strings.NewReader("t"), 1, blob.Attributes{}); err != nil {
		t.Fatal(err)
	}
	b.set("docs", id, object{"many-": upload.Name})
	b.expectFiles("remove", "docs")
}

// A refused write must not hash a password: at this cost one hash would take days.
func TestRefusedWritesHashNothing(t *testing.T) {
	t.Parallel()
	b := newBed(t, people)
	id := b.person(object{})
	fields := `{"fields": [
		{"name": "password", "type": "password", "cost": 31, "min": 8, "required": true, "hidden": true, "system": true},
		{"name": "email", "type": "email", "required": false, "system": true},
		{"name": "name", "type": "text", "max": 5}, {"name": "boss", "type": "text"}]`
	b.configure("people", fields+`, "createRule": "name != 'denied'", "updateRule": "name != 'denied'"}`)
	password := func(body object) object {
		body["password"], body["passwordConfirm"] = secret, secret
		return body
	}
	const bad = "invalid: Failed to create record."
	_, err := b.create(guest, "people", password(object{"name": "denied"}))
	check(t, "Create that is denied", err, bad)
	_, err = b.create(guest, "people", password(object{"name": "too long"}))
	check(t, "Create with a wrong field", err, bad+" name=validation_max_text_constraint")
	_, err = b.create(guest, "people", object{"password": secret})
	check(t, "Create with a wrong form", err, bad+" passwordConfirm=validation_required")
	_, err = b.update(root, "people", "nothing", password(object{}))
	check(t, "Update of nothing", err, "not found")
	_, err = b.update(guest, "people", id, password(object{"oldPassword": other}))
	check(t, "Update with a wrong password", err, "invalid: Failed to update record. oldPassword=validation_invalid_old_password")
	b.set("people", id, object{"name": "x"})
}
