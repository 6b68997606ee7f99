package blob

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var png = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00")

func newUpload(t *testing.T, name string, content []byte) *Upload {
	t.Helper()
	u, err := NewUpload(name, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }, int64(len(content)))
	if err != nil {
		t.Fatalf("NewUpload(%q) error = %v", name, err)
	}
	return u
}

func TestNewUpload(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, content           string
		mediaType, prefix, tail string
	}{
		{"noext", "plain words", "text/plain", "noext_", ".txt"},
		{"pic.jpg", string(png), "image/png", "pic_", ".jpg"}, // the content decides the type, the client the name
		{"pic", string(png), "image/png", "pic_", ".png"},
		{"page", "<!DOCTYPE html><html></html>", "text/html", "page_", ".html"},
		{"data", "\x00\x01\x02\x03", "application/octet-stream", "data_", ""},
		{"../../up.txt", "x", "text/plain", "up", ".txt"},
	} {
		u := newUpload(t, tt.name, []byte(tt.content))
		if u.MediaType != tt.mediaType {
			t.Errorf("NewUpload(%q).MediaType = %q, want %q", tt.name, u.MediaType, tt.mediaType)
		}
		if !strings.HasPrefix(u.Name, tt.prefix) || !strings.HasSuffix(u.Name, tt.tail) || tt.tail == "" && strings.Contains(u.Name, ".") {
			t.Errorf("NewUpload(%q).Name = %q, want %q…%q", tt.name, u.Name, tt.prefix, tt.tail)
		}
	}
}

func TestNewUploadOriginalName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{"Ünï.txt", "Ünï.txt"},
		{"a/b/c.txt", "c.txt"},
		{strings.Repeat("x", 300), strings.Repeat("x", 255)},
		{"x" + strings.Repeat("é", 200), "x" + strings.Repeat("é", 127)},
		{"xx" + strings.Repeat("é", 200), "xx" + strings.Repeat("é", 126)},
	} {
		if got := newUpload(t, tt.in, nil).OriginalName; got != tt.want {
			t.Errorf("NewUpload(%q).OriginalName = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestNewUploadUnreadable(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	if _, err := NewUpload("a", func() (io.ReadCloser, error) { return nil, broken }, 1); !errors.Is(err, broken) {
		t.Errorf("NewUpload with an open that fails = %v, want %v", err, broken)
	}
	reads := func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("x"), failing{broken})), nil
	}
	if _, err := NewUpload("a", reads, 1); !errors.Is(err, broken) {
		t.Errorf("NewUpload with a read that fails = %v, want %v", err, broken)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestUploadIs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		detected string
		types    []string
		want     bool
	}{
		{"image/png", []string{"image/png"}, true},
		{"image/png", []string{"image/jpeg", "IMAGE/PNG"}, true},
		{"image/png", []string{"image/jpeg"}, false},
		{"image/png", nil, false},
		{"application/pdf", []string{"application/x-pdf"}, true},
		{"audio/mpeg", []string{"audio/mp3"}, true},
		{"text/plain", []string{"text/plain; charset=utf-8"}, true},
		{"text/html", []string{"text/plain"}, false}, // a kind of text, but not the allowed type
		{"x/unheard-of", []string{"x/unheard-of"}, true},
		{"x/unheard-of", []string{"", "x"}, false},
	} {
		u := &Upload{MediaType: tt.detected}
		if got := u.Is(tt.types...); got != tt.want {
			t.Errorf("Upload{%q}.Is(%q) = %v, want %v", tt.detected, tt.types, got, tt.want)
		}
	}
}

func TestUploadsOfPrograms(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, []byte("plain"), 0o600); err != nil {
		t.Fatal(err)
	}
	fromPath, err := FromPath(path)
	if err != nil {
		t.Fatal(err)
	}
	fromBytes, err := FromBytes("notes.txt", []byte("plain"))
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range []*Upload{fromPath, fromBytes} {
		for range 2 {
			r, err := u.Open()
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(r)
			if err := errors.Join(err, r.Close()); err != nil || string(text) != "plain" || u.Size != 5 || u.MediaType != "text/plain" || u.OriginalName != "notes.txt" {
				t.Errorf("%+v has %q, %v", u, text, err)
			}
		}
	}
	for _, path := range []string{filepath.Dir(path), path + ".none", ""} {
		if _, err := FromPath(path); err == nil {
			t.Errorf("FromPath(%q): no error", path)
		}
	}
}
