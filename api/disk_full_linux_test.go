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
	"syscall"
	"testing"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/record"
)

// TestUploadOnAFullDisk fills a small file system with uploads: what has no room is 503
// for files as for rows, nothing of it is left, and what is stored can be read.
func TestUploadOnAFullDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "small")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=3m"); err != nil {
		if errors.Is(err, syscall.EPERM) {
			t.Skip("needs the right to mount")
		}
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	app := core.New(core.Config{Dir: filepath.Join(dir, "data")})
	if err := app.Open(context.Background(), core.Serve); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.Close() }) // there is no room for its last checkpoint
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
