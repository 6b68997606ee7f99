package core_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/coretest/s3test"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// bucket returns the settings of the server's bucket.
func bucket(server *s3test.Server, secret string) string {
	return fmt.Sprintf(`{"enabled":true,"endpoint":%q,"bucket":%q,"region":%q,"accessKey":%q,"secret":%q,"forcePathStyle":true}`,
		server.URL, s3test.Bucket, s3test.Region, s3test.AccessKey, secret)
}

func TestBackupsInABucket(t *testing.T) {
	if enginetest.Postgres() {
		t.Skip("of SQLite")
	}
	t.Parallel()
	server := s3test.Start(t)
	app := coretest.New(t)
	coretest.Collection(t, app, `{"name":"docs","type":"base"}`)
	if _, err := app.Backups().Create(t.Context(), record.Root(), "here.zip"); err != nil {
		t.Fatal(err)
	}
	patch(t, app, `{"backups":{"s3":`+bucket(server, s3test.Secret)+`}}`)
	coretest.Create(t, app, "docs", nil)
	b := app.Backups()
	if _, err := b.Create(t.Context(), record.Root(), "there.zip"); err != nil {
		t.Fatal(err)
	}
	if got := server.Keys(); len(got) != 1 || got[0] != "there.zip" {
		t.Errorf("in the bucket are %q", got)
	}
	list, err := b.List(t.Context(), record.Root())
	if err != nil || len(list) != 1 || list[0].Key != "there.zip" || list[0].Modified.IsZero() {
		t.Errorf("List = %v, %v", list, err)
	}
	coretest.Create(t, app, "docs", nil)
	if err := b.Restore(t.Context(), record.Root(), "there.zip"); err != nil {
		t.Fatal(err)
	}
	if got := total(t, app, "docs"); got != 1 {
		t.Errorf("%d docs, want 1", got)
	}
	if err := b.Delete(t.Context(), record.Root(), "there.zip"); err != nil || len(server.Keys()) != 0 {
		t.Errorf("Delete = %v, left %q", err, server.Keys())
	}
	// A restore brings back the settings of the archive, which do not have the bucket.
	patch(t, app, `{"backups":{"s3":{"enabled":false}}}`)
	if list, err := b.List(t.Context(), record.Root()); err != nil || len(list) != 1 || list[0].Key != "here.zip" {
		t.Errorf("List = %v, %v", list, err)
	}
}

// A failed backup leaves no part in the bucket.
func TestBackupToABucketThatFails(t *testing.T) {
	if enginetest.Postgres() {
		t.Skip("of SQLite")
	}
	t.Parallel()
	server := s3test.Start(t)
	server.Fail = func(r *http.Request) int {
		if r.Method == http.MethodPut {
			return http.StatusForbidden
		}
		return 0
	}
	app := coretest.New(t)
	patch(t, app, `{"backups":{"s3":`+bucket(server, s3test.Secret)+`}}`)
	if _, err := app.Backups().Create(t.Context(), record.Root(), "a.zip"); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("Create = %v", err)
	}
	if server.Uploads() != 0 || len(server.Keys()) != 0 {
		t.Errorf("left are %d uploads and %q", server.Uploads(), server.Keys())
	}
	if !app.Backups().Ready() {
		t.Errorf("not Ready afterwards")
	}
}

func TestTestS3(t *testing.T) {
	t.Parallel()
	server, refused := s3test.Start(t), ""
	server.Fail = func(r *http.Request) int {
		if r.Method == refused {
			return http.StatusForbidden
		}
		return 0
	}
	app := coretest.New(t)
	try := func(caller record.Caller, name string) error {
		return app.TestS3(t.Context(), caller, core.S3TestForm{Filesystem: name})
	}
	for name, want := range map[string]string{"": "Cannot be blank", "disk": "Must be a valid value", "storage": "not enabled", "backups": "not enabled"} {
		if err := try(record.Root(), name); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("TestS3(%q) = %v, want %s", name, err, want)
		}
	}
	patch(t, app, `{"s3":`+bucket(server, s3test.Secret)+`,"backups":{"s3":`+bucket(server, "wrong-secret")+`}}`)
	if err := try(record.Root(), "storage"); err != nil || len(server.Keys()) != 0 {
		t.Errorf("TestS3 = %v, left %q", err, server.Keys())
	}
	err := try(record.Root(), "backups")
	if fault.KindOf(err) != fault.Invalid || !strings.HasPrefix(err.Error(), "Failed to test the S3 filesystem. Raw error: ") ||
		!strings.Contains(err.Error(), "SignatureDoesNotMatch") || strings.Contains(err.Error(), "wrong-secret") {
		t.Errorf("TestS3 with another secret = %v", err)
	}
	for method, want := range map[string]string{
		http.MethodPut: "Raw error: write: ", http.MethodGet: "Raw error: read, after a file was written: ", http.MethodDelete: "Raw error: delete, after a file was written and read: ",
	} {
		refused = method
		if err := try(record.Root(), "storage"); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("TestS3 without %s = %v, want %q", method, err, want)
		}
	}
	refused = ""
	if err := try(record.Caller{}, "storage"); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("for a guest: %v", err)
	}
}
