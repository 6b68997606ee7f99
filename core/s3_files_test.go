package core_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/s3test"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// addDoc stores a document with a file that has the content.
func addDoc(t *testing.T, app *core.App, content string) (*record.Record, error) {
	t.Helper()
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }
	u, err := blob.NewUpload("填报 指南.txt", open, int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	return app.Records().Create(t.Context(), record.Root(), "docs", record.Input{Files: map[string][]*blob.Upload{"file": {u}}})
}

// keyOf returns the key of the file of a document.
func keyOf(r *record.Record) string {
	return r.Collection().ID + "/" + r.ID() + "/" + r.Text("file")
}

func TestFilesInABucket(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	app := coretest.New(t)
	coretest.Collection(t, app, `{"name":"docs","type":"base","fields":[{"name":"file","type":"file"}]}`)
	local, err := addDoc(t, app, "on the disk")
	if err != nil {
		t.Fatal(err)
	}
	patch(t, app, `{"s3":`+bucket(server, s3test.Secret)+`}`)
	r, err := addDoc(t, app, "in the bucket")
	if err != nil {
		t.Fatal(err)
	}
	if got := server.Keys(); len(got) != 1 || got[0] != keyOf(r) {
		t.Errorf("in the bucket are %q, want %q", got, keyOf(r))
	}
	b, err := app.Blobs().Open(t.Context(), keyOf(r))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(b)
	if string(text) != "in the bucket" || err != nil || b.Attributes().OriginalName != "填报 指南.txt" || !strings.HasPrefix(b.Attributes().ContentType, "text/plain") {
		t.Errorf("the file is %q of %+v, %v", text, b.Attributes(), err)
	}
	b.Close()
	if _, err := app.Blobs().Open(t.Context(), keyOf(local)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is on the disk: %v", err)
	}
	if err := app.Records().Delete(t.Context(), record.Root(), "docs", r.ID()); err != nil {
		t.Fatal(err)
	}
	if err := app.Removals().Settle(t.Context()); err != nil || len(server.Keys()) != 0 {
		t.Errorf("after the deletion are %q, %v", server.Keys(), err)
	}
	patch(t, app, `{"s3":{"enabled":false}}`)
	if b, err = app.Blobs().Open(t.Context(), keyOf(local)); err != nil {
		t.Fatalf("when the bucket is off again: %v", err)
	}
	b.Close()
}

// TestBucketThatIsAway: no half of a write is stored, and the fault says that the failure is
// temporary.
func TestBucketThatIsAway(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	var status atomic.Int64
	server.Fail = func(r *http.Request) int {
		if r.Method == http.MethodPut {
			return int(status.Load())
		}
		return 0
	}
	app := coretest.New(t)
	coretest.Collection(t, app, `{"name":"docs","type":"base","fields":[{"name":"file","type":"file","maxSize":100000000}]}`)
	patch(t, app, `{"s3":`+bucket(server, s3test.Secret)+`}`)
	status.Store(http.StatusForbidden) // permanent: it is not tried again
	large := string(bytes.Repeat([]byte("0123456789abcdef"), 2<<20))
	if _, err := addDoc(t, app, large); err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("refused: %v", err)
	}
	if n := total(t, app, "docs"); n != 0 || server.Uploads() != 0 {
		t.Errorf("%d records and %d parts of uploads are left", n, server.Uploads())
	}
	status.Store(0)
	if _, err := addDoc(t, app, "x"); err != nil {
		t.Fatal(err)
	}
	patch(t, app, `{"s3":{"endpoint":"http://127.0.0.1:1"}}`)
	if _, err := addDoc(t, app, "x"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("away: %v", err)
	}
	if n := total(t, app, "docs"); n != 1 {
		t.Errorf("%d records are stored", n)
	}
}
