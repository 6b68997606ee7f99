package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/record"
)

// smallDisk returns the folder of a mounted file system of the size.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "small")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		if errors.Is(err, syscall.EPERM) {
			t.Skip("needs the right to mount")
		}
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// TestUploadOnAFullDisk fills a small file system with uploads. An upload without room, of a file
// or of a row, is answered with 503 and leaves nothing, and all stored files can be read.
func TestUploadOnAFullDisk(t *testing.T) {
	dir := smallDisk(t, "3m")
	app := core.New(core.Config{Dir: filepath.Join(dir, "data")})
	if err := app.Open(context.Background(), core.Serve); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.Close() }) // fails: no room for the last checkpoint
	_, err := app.Collections().Create(t.Context(), record.Root(), []byte(`{"name":"files","listRule":"","createRule":"","fields":[{"name":"f","type":"file","maxSize":1000000}]}`))
	if err != nil {
		t.Fatal(err)
	}
	h, err := (&api.Program{App: app}).Handler()
	if err != nil {
		t.Fatal(err)
	}
	content := bytes.Repeat([]byte("0123456789"), 10_000)
	for i := range 60 {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, _ := form.CreateFormFile("f", fmt.Sprintf("%d.txt", i))
		part.Write(content)
		form.Close()
		r := httptest.NewRequest("POST", "/api/collections/files/records", io.NopCloser(&body))
		r.Header.Set("Content-Type", form.FormDataContentType())
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code == 200 {
			continue
		}
		if w.Code != 503 {
			t.Errorf("upload %d = %d %s, want 503", i, w.Code, w.Body)
		}
		if i == 0 {
			t.Fatal("not even one upload fits")
		}
		return
	}
	t.Error("60 uploads of 100 kB fit into 3 MB")
}

// TestUploadWithoutTemporarySpace checks that a body that does not fit into the folder of temporary
// files is answered with 503 and leaves nothing, while smaller bodies are accepted.
func TestUploadWithoutTemporarySpace(t *testing.T) {
	temporary := smallDisk(t, "2m")
	p := prepare(t, "")
	p.env = []string{"TMPDIR=" + temporary}
	p.start()
	form := func(size int) (contentType, body string) {
		var text bytes.Buffer
		w := multipart.NewWriter(&text)
		part, _ := w.CreateFormFile("file", "a.bin")
		part.Write(bytes.Repeat([]byte("x"), size))
		w.Close()
		return w.FormDataContentType(), text.String()
	}
	largeForm, large := form(8 << 20)
	fittingForm, fitting := form(3 << 19)
	for _, tt := range []struct {
		name, contentType, body string
		status                  int
	}{
		{"a form", largeForm, large, 503},
		{"JSON", "application/json", `{"text":"` + strings.Repeat("x", 8<<20) + `"}`, 503},
		{"a form with room", fittingForm, fitting, 200},
		{"JSON in memory", "application/json", `{"key":"k"}`, 200},
	} {
		res, err := p.client.Post(p.url+"/api/collections/notes/records", tt.contentType, strings.NewReader(tt.body))
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != tt.status || tt.status == 503 && !strings.Contains(string(text), "There is no space left for the body of this request.") {
			t.Errorf("%s = %d %s, %v, want %d", tt.name, res.StatusCode, text, err, tt.status)
		}
		if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
			t.Errorf("%s: in the folder of temporary files is %v, %v", tt.name, left, err)
		}
		var stat syscall.Statfs_t
		if err := syscall.Statfs(temporary, &stat); err != nil || stat.Bfree != stat.Blocks {
			t.Errorf("%s: %d of %d blocks are free, %v", tt.name, stat.Bfree, stat.Blocks, err)
		}
	}
}
