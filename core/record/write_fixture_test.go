package record_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// bed is an app on real storage, with collections of the test's own.
type bed struct {
	*core.App
	t     testing.TB
	clock *atomic.Int64 // milliseconds since 2026-01-01
}

// object is a record, or a body.
type object = map[string]any

var (
	guest = record.Caller{}
	root  = record.Root()
)

func newBed(t testing.TB, collections ...string) *bed {
	t.Helper()
	b := &bed{t: t, clock: &atomic.Int64{}}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	b.App = coretest.Open(t, core.Config{Dir: t.TempDir(), Now: func() time.Time {
		return start.Add(time.Duration(b.clock.Load()) * time.Millisecond)
	}})
	for _, definition := range collections {
		coretest.Collection(t, b.App, definition)
	}
	return b
}

func (b *bed) create(c record.Caller, collection string, body object) (object, error) {
	b.t.Helper()
	r, err := b.Records().Create(b.t.Context(), c, collection, record.Input{Body: body})
	return b.answer(b.Records(), c, r, err)
}

func (b *bed) update(c record.Caller, collection, id string, body object) (object, error) {
	b.t.Helper()
	r, err := b.Records().Update(b.t.Context(), c, collection, id, record.Input{Body: body})
	return b.answer(b.Records(), c, r, err)
}

func (b *bed) delete(c record.Caller, collection, id string) error {
	b.t.Helper()
	return b.Records().Delete(b.t.Context(), c, collection, id)
}

// answer returns the record of a write as its caller gets it.
func (b *bed) answer(s *record.Service, c record.Caller, r *record.Record, err error) (object, error) {
	b.t.Helper()
	if err != nil {
		return nil, err
	}
	return b.decode(s.Render(b.t.Context(), c, r, ""))
}

func (b *bed) decode(out []byte, err error) (object, error) {
	b.t.Helper()
	if err != nil {
		return nil, err
	}
	var o object
	if err := json.Unmarshal(out, &o); err != nil {
		b.t.Fatalf("the answer %q is not an object: %v", out, err)
	}
	return o, nil
}

// add creates a record as root, which must succeed, and returns its id.
func (b *bed) add(collection string, body object) string {
	b.t.Helper()
	o, err := b.create(root, collection, body)
	if err != nil {
		b.t.Fatalf("create in %s %v: %s", collection, body, failure(err))
	}
	return o["id"].(string)
}

// set updates a record as root, which must succeed.
func (b *bed) set(collection, id string, body object) object {
	b.t.Helper()
	o, err := b.update(root, collection, id, body)
	if err != nil {
		b.t.Fatalf("update %s/%s %v: %s", collection, id, body, failure(err))
	}
	return o
}

// stored returns the record as it is stored, nil if there is none.
func (b *bed) stored(collection, id string) *record.Record {
	b.t.Helper()
	r, err := b.Records().FindByID(b.t.Context(), collection, id)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		b.t.Fatalf("find %s/%s: %v", collection, id, err)
	}
	return r
}

// value returns a field of a stored record.
func (b *bed) value(collection, id, field string) any {
	b.t.Helper()
	r := b.stored(collection, id)
	if r == nil {
		b.t.Fatalf("%s/%s is gone", collection, id)
	}
	return r.Get(field)
}

func (b *bed) count(collection string) int {
	b.t.Helper()
	n, err := b.Records().Count(b.t.Context(), collection)
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

// as returns a caller who has signed in as a stored record.
func (b *bed) as(collection, id string) record.Caller {
	b.t.Helper()
	r := b.stored(collection, id)
	if r == nil {
		b.t.Fatalf("%s/%s is gone", collection, id)
	}
	return record.Caller{Auth: r}
}

// configure changes a collection.
func (b *bed) configure(collection, body string) {
	b.t.Helper()
	if _, err := b.Collections().Update(b.t.Context(), record.Root(), collection, []byte(body)); err != nil {
		b.t.Fatalf("update collection %s: %s", collection, failure(err))
	}
}

// files returns the names of all stored files of a collection.
func (b *bed) files(collection string) []string {
	b.t.Helper()
	list := []string{}
	if err := b.Removals().Settle(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	err := b.Blobs().List(b.t.Context(), b.Snapshot().Find(collection).ID, func(f blob.Info) error {
		list = append(list, f.Key[strings.LastIndexByte(f.Key, '/')+1:])
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// file returns an upload of a text.
func file(t testing.TB, name, content string) *blob.Upload {
	t.Helper()
	u, err := blob.NewUpload(name, func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader([]byte(content))), nil
	}, int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// failure returns an error on one line: kind, message, then field=code of each leaf.
func failure(err error) string {
	if err == nil {
		return "ok"
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		return "internal: " + err.Error()
	}
	text := f.Kind.String()
	if f.Message != "" {
		text += ": " + f.Message
	}
	for _, leaf := range leaves("", f.Fields) {
		text += " " + leaf
	}
	return text
}

func leaves(prefix string, fields fault.Fields) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		f := fields[name]
		switch {
		case f.Inner != nil:
			list = append(list, fmt.Sprintf("%s%s=%s(%s)", prefix, name, f.Code, failure(f.Inner)))
		case f.Code != "":
			list = append(list, prefix+name+"="+f.Code)
		}
		list = append(list, leaves(prefix+name+".", f.Fields)...)
	}
	return list
}

// check compares the failure of an error.
func check(t testing.TB, what string, err error, want string) {
	t.Helper()
	if got := failure(err); got != want {
		t.Errorf("%s: %s, want %s", what, got, want)
	}
}
