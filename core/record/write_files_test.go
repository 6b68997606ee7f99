package record_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/internal/removal"
	"github.com/loambase/loam/core/record"
)

const docs = `{
	"name": "docs", "type": "base", "createRule": "@request.body.title != 'denied'", "updateRule": "title != 'locked'", "deleteRule": "", "viewRule": "",
	"fields": [
		{"name": "title", "type": "text"},
		{"name": "one", "type": "file", "maxSize": 20, "mimeTypes": ["text/plain"]},
		{"name": "many", "type": "file", "maxSelect": 3}
	],
	"indexes": ["CREATE UNIQUE INDEX idx_docs_title ON docs (title) WHERE title != ''"]
}`

// upload sends files for one field of a record, which is created if id is "".
func (b *bed) upload(c record.Caller, collection, id, key string, files ...*blob.Upload) (object, error) {
	b.t.Helper()
	return b.send(c, collection, id, nil, map[string][]*blob.Upload{key: files})
}

func (b *bed) send(c record.Caller, collection, id string, body object, files map[string][]*blob.Upload) (object, error) {
	b.t.Helper()
	in := record.Input{Body: body, Files: files}
	if id == "" {
		r, err := b.Records().Create(b.t.Context(), c, collection, in)
		return b.answer(b.Records(), c, r, err)
	}
	r, err := b.Records().Update(b.t.Context(), c, collection, id, in)
	return b.answer(b.Records(), c, r, err)
}

func names(files ...*blob.Upload) []string {
	list := []string{}
	for _, f := range files {
		list = append(list, f.Name)
	}
	slices.Sort(list)
	return list
}

// expectFiles checks the stored files of a collection.
func (b *bed) expectFiles(what, collection string, want ...*blob.Upload) {
	b.t.Helper()
	if got, want := b.files(collection), names(want...); !slices.Equal(got, want) {
		b.t.Errorf("%s: the stored files are %q, want %q", what, got, want)
	}
}

func TestFilesFollowTheRecord(t *testing.T) {
	t.Parallel()
	b := newBed(t, docs)
	a, c, d, e := file(t, "a.txt", "a"), file(t, "c.txt", "c"), file(t, "d.txt", "d"), file(t, "e.txt", "e")
	o, err := b.send(guest, "docs", "", nil, map[string][]*blob.Upload{"one": {a}, "many": {c, d}})
	if err != nil {
		t.Fatal(failure(err))
	}
	id := o["id"].(string)
	b.expectFiles("create", "docs", a, c, d)
	if o["one"] != a.Name || !slices.Equal(b.value("docs", id, "many").([]string), []string{c.Name, d.Name}) {
		t.Errorf("created %v", o)
	}
	stored, err := b.Blobs().Open(t.Context(), b.Snapshot().Find("docs").ID+"/"+id+"/"+a.Name)
	if err != nil {
		t.Fatal(err)
	}
	defer stored.Close()
	if content, _ := io.ReadAll(stored); string(content) != "a" || stored.Attributes() != (blob.Attributes{ContentType: "text/plain", OriginalName: "a.txt"}) {
		t.Errorf("stored %q with %+v", content, stored.Attributes())
	}

	if _, err = b.upload(guest, "docs", id, "+many", e); err != nil {
		t.Fatal(failure(err))
	}
	b.expectFiles("prepend", "docs", a, c, d, e)
	b.set("docs", id, object{"many-": []any{c.Name, e.Name}, "title": "x"})
	b.expectFiles("remove", "docs", a, d)
	b.set("docs", id, object{"title": "y"})
	b.expectFiles("leave alone", "docs", a, d)
	f, g := file(t, "f.txt", "f"), file(t, "g.txt", "g")
	if _, err = b.upload(guest, "docs", id, "one", f, g); err != nil {
		t.Fatal(failure(err))
	}
	b.expectFiles("two for a field of one: the last", "docs", d, g)
	b.set("docs", id, object{"many": nil})
	b.expectFiles("clear", "docs", g)
	check(t, "Delete", b.delete(guest, "docs", id), "ok")
	b.expectFiles("delete", "docs")
}

func TestFilesValidate(t *testing.T) {
	t.Parallel()
	b := newBed(t, docs)
	kept := file(t, "kept.txt", "x")
	o, err := b.upload(guest, "docs", "", "many", kept)
	if err != nil {
		t.Fatal(failure(err))
	}
	id := o["id"].(string)
	b.add("docs", object{"title": "taken"})
	locked := b.add("docs", object{"title": "locked"})
	text := func() *blob.Upload { return file(t, "t.txt", "text") }
	type files = map[string][]*blob.Upload
	for _, tt := range []struct {
		name  string
		id    string
		body  object
		files files
		want  string
	}{
		{"create: too large", "", nil, files{"one": {file(t, "l.txt", strings.Repeat("x", 21))}}, "invalid: Failed to create record. one=validation_file_size_limit"},
		{"create: type", "", nil, files{"one": {file(t, "p.txt", "<html></html>")}}, "invalid: Failed to create record. one=validation_invalid_mime_type"},
		{"create: unknown name", "", object{"one": "x.txt"}, nil, "invalid: Failed to create record. one=validation_invalid_file"},
		{"create: too many", "", nil, files{"many": {text(), text(), text(), text()}}, "invalid: Failed to create record. many=validation_too_many_files"},
		{"create: another field", "", object{"title": "taken"}, files{"one": {text()}}, "invalid: Failed to create record. title=validation_not_unique"},
		{"create: id", "", object{"id": "../../x"}, files{"one": {text()}}, "invalid: Failed to create record. id=validation_min_text_constraint"},
		{"create: denied", "", object{"title": "denied"}, files{"one": {text()}}, "invalid: Failed to create record."},
		{"update: missing", "nothing", nil, files{"one": {text()}}, "not found"},
		{"update: denied", locked, nil, files{"one": {text()}}, "not found"},
		{"update: too many", id, nil, files{"many+": {text(), text(), text()}}, "invalid: Failed to update record. many=validation_too_many_files"},
		{"update: a name of another field", id, object{"one": kept.Name}, nil, "invalid: Failed to update record. one=validation_invalid_file"},
		{"update: another field", id, object{"title": "taken"}, files{"many": {text()}}, "invalid: Failed to update record. title=validation_not_unique"},
	} {
		_, err := b.send(guest, "docs", tt.id, tt.body, tt.files)
		check(t, tt.name, err, tt.want)
		b.expectFiles(tt.name, "docs", kept)
	}
}

// failingBlobs refuses to store files whose name is bad.
type failingBlobs struct{ blob.Store }

var errBlob = errors.New("disk is on fire")

func (f failingBlobs) Put(ctx context.Context, key string, r io.Reader, size int64, a blob.Attributes) error {
	if strings.Contains(key, "bad") {
		return errBlob
	}
	return f.Store.Put(ctx, key, r, size, a)
}

func TestFilesThatCannotBeStored(t *testing.T) {
	t.Parallel()
	b := newBed(t, docs)
	c := b.Records().Config()
	c.Blobs = failingBlobs{c.Blobs}
	service := record.New(c)
	in := record.Input{Files: map[string][]*blob.Upload{"many": {file(t, "good.txt", "x"), file(t, "bad.txt", "x")}}}
	if _, err := service.Create(t.Context(), guest, "docs", in); !errors.Is(err, errBlob) {
		t.Errorf("Create = %v, want %v", err, errBlob)
	}
	b.expectFiles("failed create", "docs")
	if n := b.count("docs"); n != 0 {
		t.Errorf("%d records are stored", n)
	}
}

// The files of a record that is created again with the id of a deleted record stay, even if the
// files of the old record are removed later.
func TestFilesOfAnIDThatIsUsedAgain(t *testing.T) {
	t.Parallel()
	b := newBed(t, docs)
	old, fresh := file(t, "old.txt", "x"), file(t, "fresh.txt", "x")
	id := "abcdefghij12345"
	if _, err := b.send(guest, "docs", "", object{"id": id}, map[string][]*blob.Upload{"one": {old}}); err != nil {
		t.Fatal(failure(err))
	}
	_, err := b.Records().Batch(t.Context(), []record.Op{
		{Action: record.ActionDelete, Collection: "docs", ID: id},
		{Action: record.ActionCreate, Collection: "docs", Input: record.Input{Body: object{"id": id}, Files: map[string][]*blob.Upload{"one": {fresh}}}},
	})
	check(t, "Batch", err, "ok")
	b.expectFiles("batch", "docs", fresh)
}

// Files that no record names are removed with the record in whose folder they lie, whatever deletes
// it. Files that are being stored stay: they may belong to a newer record with the same id.
func TestFilesThatNoRecordNames(t *testing.T) {
	t.Parallel()
	b := newBed(t, docs)
	service := b.Records()
	for _, tt := range []struct {
		name   string
		delete func(id string) error
	}{
		{"delete", func(id string) error { return service.Delete(t.Context(), root, "docs", id) }},
		{"batch", func(id string) error {
			_, err := service.Batch(t.Context(), []record.Op{{Caller: root, Action: record.ActionDelete, Collection: "docs", ID: id}})
			return err
		}},
		{"truncate", func(string) error { return service.Truncate(t.Context(), root, "docs") }},
	} {
		id := b.add("docs", object{"title": tt.name})
		folder := b.Snapshot().Find("docs").ID + "/" + id
		uploads, durable := b.Removals().Announce(t.Context(), []removal.Entry{{Folder: folder, Names: []string{"fresh.txt"}}})
		if err := durable(); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"old.txt", "thumbs_old.png/100x100", "fresh.txt"} {
			if err := b.Blobs().Put(t.Context(), folder+"/"+name, strings.NewReader("x"), 1, blob.Attributes{}); err != nil {
				t.Fatal(err)
			}
		}
		check(t, tt.name, tt.delete(id), "ok")
		if got := b.files("docs"); !slices.Equal(got, []string{"fresh.txt"}) {
			t.Errorf("%s leaves the files %q, want only the fresh one", tt.name, got)
		}
		uploads.Drop(t.Context())
		b.expectFiles(tt.name, "docs")
	}
}

// TestWritesWaitForNoRemoval deletes while files are held, as during a backup.
func TestWritesWaitForNoRemoval(t *testing.T) {
	t.Parallel()
	b := newBed(t, docs)
	upload := file(t, "a.txt", "x")
	o, err := b.upload(guest, "docs", "", "one", upload)
	if err != nil {
		t.Fatal(failure(err))
	}
	release, err := b.Removals().Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	check(t, "Delete", b.Records().Delete(t.Context(), guest, "docs", o["id"].(string)), "ok")
	key := b.Snapshot().Find("docs").ID + "/" + o["id"].(string) + "/" + upload.Name
	held, err := b.Blobs().Open(t.Context(), key)
	if err != nil {
		t.Fatalf("a file that is held: %v", err)
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	release()
	b.expectFiles("delete", "docs")
}
