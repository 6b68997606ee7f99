package record_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
)

func TestRequiredPasswordOfABaseCollection(t *testing.T) {
	t.Parallel()
	b := newBed(t, `{"name": "locks", "type": "base", "fields": [
		{"name": "pin", "type": "password", "cost": 4, "required": true}, {"name": "free", "type": "password", "cost": 4}]}`)
	_, err := b.create(root, "locks", nil)
	check(t, "Create without", err, "invalid: Failed to create record. pin=validation_required")
	id := b.add("locks", object{"pin": "1234", "free": "1234"})
	hash := b.value("locks", id, "pin")
	b.set("locks", id, object{"free": ""})
	if got := b.value("locks", id, "pin"); got != hash {
		t.Errorf("pin = %v after an update of another field, want %v", got, hash)
	}
	if got := b.value("locks", id, "free"); got != "" {
		t.Errorf("free = %v after it was cleared", got)
	}
	_, err = b.update(root, "locks", id, object{"pin": ""})
	check(t, "Update that clears it", err, "invalid: Failed to update record. pin=validation_required")
}

// The messages and parameters of failures that only a write can find.
func TestFailureMessages(t *testing.T) {
	t.Parallel()
	b := newBed(t, docs, people)
	b.add("docs", object{"title": "taken"})
	text, page := file(t, "a.txt", "more than twenty bytes"), file(t, "a.html", "<html></html>")
	person := b.person(object{})
	type files = map[string][]*blob.Upload
	for _, tt := range []struct {
		collection, id string
		body           object
		files          files
		field          string
		message        string
		params         string
	}{
		{"docs", "", object{"title": "taken"}, nil, "title", "Value must be unique", "null"},
		{"docs", "", object{"many": []any{"x", "y"}}, nil, "many", "Invalid new files: [x y]", `{"invalidFiles":["x","y"]}`},
		{"docs", "", nil, files{"one": {text}}, "one", "Failed to upload a.txt - the maximum allowed file size is 20 bytes", `{"file":"a.txt","maxSize":20}`},
		{"docs", "", nil, files{"one": {page}}, "one", `"` + page.Name + `" mime type must be one of: text/plain`, "null"},
		{"docs", "", nil, files{"many": {{Name: "a/b", Size: 1}}}, "many", "Must be in a valid format", "null"},
		{"docs", "", nil, files{"many": {{Name: ".hidden", Size: 1}}}, "many", "Must be in a valid format", "null"},
		{"docs", "", nil, files{"many": {text, page, text, page, {Name: "c"}, {Name: "d"}}}, "many", "The maximum allowed files is 3", `{"maxSelect":3}`},
		{"people", person, object{"password": other, "passwordConfirm": other, "oldPassword": other}, nil, "", "", ""},
		{"people", person, object{"password": other, "passwordConfirm": secret}, nil, "passwordConfirm", "Values don't match", "null"},
		{"people", person, object{"id": "x"}, nil, "id", "The record primary key cannot be changed", "null"},
		{"users", "", object{"id": person, "email": "a@example.com", "password": other, "passwordConfirm": other}, nil, "id", "Invalid or duplicated auth record id", "null"},
	} {
		_, err := b.send(root, tt.collection, tt.id, tt.body, tt.files)
		if tt.field == "" {
			check(t, "a superuser needs no old password", err, "ok")
			continue
		}
		var f *fault.Error
		if !errors.As(err, &f) || f.Fields[tt.field] == nil {
			t.Errorf("%v: %s, want a failure of %s", tt.body, failure(err), tt.field)
			continue
		}
		leaf := f.Fields[tt.field]
		params, err := json.Marshal(leaf.Params)
		if err != nil {
			t.Fatal(err)
		}
		if leaf.Message != tt.message || string(params) != tt.params {
			t.Errorf("%v: %s: %q %s, want %q %s", tt.body, tt.field, leaf.Message, params, tt.message, tt.params)
		}
	}
}

// A JSON text with a repeated key is refused, unless it is stored already.
func TestRepeatedKeysOfJSON(t *testing.T) {
	t.Parallel()
	b := newBed(t, `{"name": "notes", "type": "base", "fields": [{"name": "t", "type": "text"}, {"name": "j", "type": "json"}]}`)
	const twice = `{"a":1,"a":2}`
	id := b.add("notes", object{"j": `{"a":1,"b":{"a":2}}`})
	for _, text := range []any{twice, json.RawMessage(twice), `[{"x":{"b":1,"\u0062":1}}]`} {
		if _, err := b.update(root, "notes", id, object{"j": text}); !strings.Contains(failure(err), "validation_invalid_json") {
			t.Errorf("update to %v: %s", text, failure(err))
		}
		if _, err := b.create(root, "notes", object{"j": text}); !strings.Contains(failure(err), "validation_invalid_json") {
			t.Errorf("create with %v: %s", text, failure(err))
		}
	}
	err := b.Records().Config().Store.Write(t.Context(), func(tx store.Tx) error {
		_, err := tx.Exec(`UPDATE "notes" SET "j" = $1`, store.Text(twice))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b.set("notes", id, object{"t": "new"})
	b.set("notes", id, object{"j": json.RawMessage(twice)})
	if got := string(b.value("notes", id, "j").(json.RawMessage)); got != twice {
		t.Errorf("stored is %s, want %s", got, twice)
	}
	if _, err := b.update(root, "notes", id, object{"j": `{"a":2,"a":2}`}); err == nil {
		t.Error("another text with a key twice was taken")
	}
}
