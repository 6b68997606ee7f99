package pocketbase_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/pocketbase"
)

// many returns statements that make a collection with that many records.
func many(name string, n int) []string {
	return []string{
		`INSERT INTO _collections (id, type, name, fields, listRule) VALUES ('pbc_` + name + `', 'base', '` + name + `', '[{"id":"i","name":"id","type":"text","primaryKey":true,"system":true,"required":true,"pattern":"^[a-z0-9]+$"},
			{"id":"t","name":"title","type":"text"},{"id":"n","name":"n","type":"number"},{"id":"b","name":"ok","type":"bool"},{"id":"g","name":"tags","type":"select","values":["a","b"],"maxSelect":2},
			{"id":"r","name":"owner","type":"relation","collectionId":"_pb_users_auth_","maxSelect":1},{"id":"j","name":"data","type":"json"},{"id":"c","name":"created","type":"autodate","onCreate":true}]', '')`,
		`CREATE TABLE ` + name + ` (id TEXT PRIMARY KEY NOT NULL, title TEXT DEFAULT '' NOT NULL, n NUMERIC DEFAULT 0 NOT NULL, ok BOOLEAN DEFAULT FALSE NOT NULL,
			tags JSON DEFAULT '[]' NOT NULL, owner TEXT DEFAULT '' NOT NULL, data JSON DEFAULT NULL, created TEXT DEFAULT '' NOT NULL)`,
		fmt.Sprintf(`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < %d) INSERT INTO %s SELECT lower(hex(randomblob(7))) || 'x',
			'This is the title of number ' || i, i / 4.0, i %% 2, '["b","a"]', 'abc123def456ghi', '{"i":' || i || '}', '2024-05-06 07:08:09.123Z' FROM c`, n, name),
	}
}

// TestManyRecords logs the speed of importing records.
func TestManyRecords(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 5_000
	}
	app, report := imported(t, source(t, fresh, many("notes", n)...))
	count, err := app.Records().Count(context.Background(), "notes")
	if err != nil || count != n {
		t.Errorf("Count() = %d, %v, want %d", count, err, n)
	}
	t.Logf("%d records in %v: %.0f a second", report.Records, report.Took, float64(report.Records)/report.Took.Seconds())
}

// TestLogIsRead: the latest writes are in the write-ahead log beside the database.
func TestLogIsRead(t *testing.T) {
	dir := source(t, fresh)
	c := openSource(t, dir) // while the database is open, the log is not moved into the file
	defer c.Close()
	run(t, c, `PRAGMA wal_autocheckpoint = 0`, `INSERT INTO users (id, email, tokenKey) VALUES ('inthelog0000001', 'log@example.com', 'x')`)
	if info, err := os.Stat(filepath.Join(dir, "data.db-wal")); err != nil || info.Size() == 0 {
		t.Fatalf("the log is empty: %v", err)
	}
	app, _ := imported(t, dir)
	if items := list(t, app, "users"); len(items) != 1 || items[0]["id"] != "inthelog0000001" {
		t.Errorf("users = %v, want the one in the log", items)
	}
}

func TestFilesAreAsTheyWere(t *testing.T) {
	dir := source(t, lived)
	files := map[string]string{
		"storage/_pb_users_auth_/abc123def456ghi/face_0123456789.png":                                    "png",
		"storage/_pb_users_auth_/abc123def456ghi/face_0123456789.png.attrs":                              `{"user.content_type":"image/png","user.metadata":{"original-filename":"Face.png"}}`,
		"storage/_pb_users_auth_/abc123def456ghi/thumbs_face_0123456789.png/100x100_face_0123456789.png": "thumb",
		"storage/pbc_kinds/kinds0000000001/one_0123456789.txt":                                           "without attributes",
		"storage/orphan/x/y.txt": "of no collection",
	}
	at := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	for name, content := range files {
		file(t, dir, name, content)
		if err := os.Chtimes(filepath.Join(dir, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	file(t, dir, "backups/old.zip", "zip")
	file(t, dir, "auxiliary.db", "logs")
	app, report := imported(t, dir)
	for name, content := range files {
		path := filepath.Join(app.Config.Dir, name)
		got, err := os.ReadFile(path)
		if err != nil || string(got) != content {
			t.Errorf("%s = %q, %v, want %q", name, got, err, content)
		}
		if info, err := os.Stat(path); err == nil && (!info.ModTime().Equal(at) || info.Mode().Perm() != 0o600) {
			t.Errorf("%s is of %v with the mode %v, want %v and 0600", name, info.ModTime(), info.Mode(), at)
		}
	}
	blob, err := app.Blobs().Open(context.Background(), "_pb_users_auth_/abc123def456ghi/face_0123456789.png")
	if err != nil {
		t.Fatal(err)
	}
	defer blob.Close()
	if got := blob.Attributes(); got.ContentType != "image/png" || got.OriginalName != "Face.png" {
		t.Errorf("attributes = %+v", got)
	}
	if report.Files != int64(len(files)) {
		t.Errorf("%d files were copied, want %d", report.Files, len(files))
	}
	for _, line := range []string{"storage: orphan belongs to no collection", "auxiliary.db: the log of requests", "backups: backups, which PocketBase can read"} {
		if !strings.Contains(report.String(), "- "+line+"\n") {
			t.Errorf("the report does not say %q:\n%s", line, report)
		}
	}
}

func TestEncryptedSettings(t *testing.T) {
	key := strings.Repeat("0123456789abcdef", 2)
	dir := source(t, fresh)
	c := openSource(t, dir)
	defer c.Close()
	encrypt := func(key, plain string) {
		block, err := aes.NewCipher([]byte(key))
		if err != nil {
			t.Fatal(err)
		}
		gcm, err := cipher.NewGCM(block)
		if err != nil {
			t.Fatal(err)
		}
		nonce := []byte("twelve bytes")
		run(t, c, `UPDATE _params SET value = '`+base64.StdEncoding.EncodeToString(gcm.Seal(nonce, nonce, []byte(plain), nil))+`' WHERE id = 'settings'`)
	}
	to := func() core.Config { return destination(t) }
	encrypt(key, `{"meta":{"appName":"Sealed"},"s3":{"enabled":true,"bucket":"far","secret":"hush"}}`)
	refused(t, pocketbase.Config{Source: dir, App: to()}, "--encryption-env")
	refused(t, pocketbase.Config{Source: dir, App: to(), Key: strings.ToUpper(key)}, "the key is not the one")
	refused(t, pocketbase.Config{Source: dir, App: to(), Key: "short"}, "the key has 5 bytes, not 16, 24 or 32")
	for _, size := range []int{16, 24, 32} {
		encrypt(key[:size], `{"meta":{"appName":"Sealed"},"s3":{"enabled":true,"bucket":"far","secret":"hush"}}`)
		into := to()
		report, err := pocketbase.Import(context.Background(), pocketbase.Config{Source: dir, App: into, Key: key[:size]})
		if err != nil {
			t.Fatalf("Import() with a key of %d bytes = %v", size, err)
		}
		if s := coretest.Open(t, into).Settings().Current(); s.Meta.AppName != "Sealed" || s.S3.Secret != "hush" {
			t.Errorf("settings = %+v", s)
		}
		for _, text := range []string{"stored in plain text now", "the files in the bucket far"} {
			if !strings.Contains(report.String(), text) {
				t.Errorf("the report does not say %q:\n%s", text, report)
			}
		}
	}
	encrypt(key, `"no settings"`)
	refused(t, pocketbase.Config{Source: dir, App: to(), Key: key}, "though they could be decrypted")
	run(t, c, `UPDATE _params SET value = '%%%' WHERE id = 'settings'`)
	refused(t, pocketbase.Config{Source: dir, App: to(), Key: key}, "neither JSON nor encrypted")
}

// TestInterruptedImportLeavesNothing ends the context at each reported step.
func TestInterruptedImportLeavesNothing(t *testing.T) {
	dir := source(t, lived, many("notes", 3000)...)
	file(t, dir, "storage/_pb_users_auth_/abc123def456ghi/face_0123456789.png", "png")
	steps := 0
	progress := func(string, int64, int64) { steps++ }
	if _, err := pocketbase.Import(context.Background(), pocketbase.Config{Source: dir, App: destination(t), Progress: progress}); err != nil {
		t.Fatal(err)
	}
	all, places := steps, 10
	if testing.Short() {
		places = 3
	}
	for at := 1; at <= all; at += max(2, all/places) {
		ctx, cancel := context.WithCancel(context.Background())
		steps = 0
		to := destination(t)
		_, err := pocketbase.Import(ctx, pocketbase.Config{Source: dir, App: to, Progress: func(string, int64, int64) {
			if steps++; steps == at {
				cancel()
			}
		}})
		cancel()
		if err == nil && at > all-2 {
			continue // the import was done
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("step %d of %d: Import() = %v, want context.Canceled", at, all, err)
		}
		if got := tree(t, filepath.Dir(to.Dir)); strings.Count(got, "\n") != 1 {
			t.Errorf("step %d of %d left behind:\n%s", at, all, got)
		}
		if to.DB != "" {
			if _, err := pocketbase.Import(context.Background(), pocketbase.Config{Source: dir, App: to}); err != nil {
				t.Errorf("another import after one that was interrupted: %v", err)
			}
		}
	}
}

// TestFolderThatExists imports into an existing empty folder, such as a mounted volume, which stays
// the same folder.
func TestFolderThatExists(t *testing.T) {
	dir := source(t, lived)
	to := core.Config{Dir: t.TempDir()}
	before, err := os.Stat(to.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pocketbase.Import(context.Background(), pocketbase.Config{Source: dir, App: to}); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(to.Dir)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the folder is another one now: %v", err)
	}
	entries, err := os.ReadDir(to.Dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if got, want := strings.Join(names, " "), "backups data.db import-report.txt storage"; got != want {
		t.Errorf("the folder holds %s, want %s", got, want)
	}
}

func TestFoldersAboveAreMadeAndRemoved(t *testing.T) {
	above := t.TempDir()
	to := core.Config{Dir: filepath.Join(above, "a", "b", "data")}
	refused(t, pocketbase.Config{Source: t.TempDir(), App: to}, "there is no data.db")
	if _, err := os.Stat(filepath.Join(above, "a")); !os.IsNotExist(err) {
		t.Errorf("the folders above were left: %v", err)
	}
	if _, err := pocketbase.Import(context.Background(), pocketbase.Config{Source: source(t, fresh), App: to}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(to.Dir, "data.db")); err != nil {
		t.Error(err)
	}
}
