package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func newLocal(t *testing.T) (*Local, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "storage")
	l, err := NewLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, dir
}

func put(t *testing.T, l *Local, key, content string) {
	t.Helper()
	if err := l.Put(context.Background(), key, strings.NewReader(content), UnknownSize, Attributes{ContentType: "text/plain"}); err != nil {
		t.Fatalf("Put(%q) error = %v", key, err)
	}
}

func read(l *Local, key string) (string, error) {
	b, err := l.Open(context.Background(), key)
	if err != nil {
		return "", err
	}
	defer b.Close()
	text, err := io.ReadAll(b)
	if err == nil && b.Size() != int64(len(text)) {
		err = fmt.Errorf("Size() = %d, content has %d", b.Size(), len(text))
	}
	return string(text), err
}

func list(t *testing.T, l *Local, prefix string) []string {
	t.Helper()
	var keys []string
	if err := l.List(context.Background(), prefix, func(b Info) error { keys = append(keys, b.Key); return nil }); err != nil {
		t.Fatalf("List(%q) error = %v", prefix, err)
	}
	return keys
}

// files returns every file and folder below dir.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(p string, _ fs.DirEntry, err error) error {
		if p != dir {
			names = append(names, strings.TrimPrefix(p, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestLocalPutAndOpen(t *testing.T) {
	t.Parallel()
	l, dir := newLocal(t)
	ctx := context.Background()
	a := Attributes{ContentType: "image/png", OriginalName: "Ünï \"1\".png"}
	for _, content := range []string{"first", "second, replaced"} {
		if err := l.Put(ctx, "c/r/f.png", strings.NewReader(content), UnknownSize, a); err != nil {
			t.Fatal(err)
		}
		b, err := l.Open(ctx, "c/r/f.png")
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(b)
		if string(text) != content || b.Attributes() != a || b.Size() != int64(len(content)) || b.ModTime().IsZero() {
			t.Errorf("Open = %q %v %d %v, want %q %v", text, b.Attributes(), b.Size(), b.ModTime(), content, a)
		}
		if at, err := b.Seek(2, io.SeekStart); at != 2 || err != nil {
			t.Errorf("Seek = %d, %v", at, err)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	if got, want := files(t, dir), []string{"c", "c/r", "c/r/f.png", "c/r/f.png.attrs"}; !slices.Equal(got, want) {
		t.Errorf("files = %q, want %q", got, want)
	}
}

func TestLocalSidecar(t *testing.T) {
	t.Parallel()
	l, dir := newLocal(t)
	const head = `{"user.cache_control":"","user.content_disposition":"","user.content_encoding":"","user.content_language":"",`
	for _, tt := range []struct {
		a    Attributes
		want string
	}{
		{Attributes{"text/plain", "a.txt"}, head + `"user.content_type":"text/plain","user.metadata":{"original-filename":"a.txt"},"md5":null}`},
		{Attributes{"text/plain", ""}, head + `"user.content_type":"text/plain","user.metadata":null,"md5":null}`},
	} {
		if err := l.Put(context.Background(), "c/r/a", strings.NewReader("hello"), UnknownSize, tt.a); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(dir, "c/r/a.attrs"))
		if err != nil || string(got) != tt.want {
			t.Errorf("sidecar of %v = %s, %v, want %s", tt.a, got, err, tt.want)
		}
	}
}

func TestLocalForeignSidecar(t *testing.T) {
	t.Parallel()
	l, dir := newLocal(t)
	unknown := Attributes{ContentType: "application/octet-stream"}
	for _, tt := range []struct {
		sidecar string
		want    Attributes
	}{
		{"", unknown},
		{"{", unknown},
		{"[]", unknown},
		{`{"user.content_type":"","md5":null}`, unknown},
		{`{"user.content_type":"a/b","user.metadata":{"original-filename":"o","x":"y"},"more":1}`, Attributes{"a/b", "o"}},
	} {
		if err := os.WriteFile(filepath.Join(dir, "f"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if tt.sidecar != "" {
			if err := os.WriteFile(filepath.Join(dir, "f.attrs"), []byte(tt.sidecar), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		b, err := l.Open(context.Background(), "f")
		if err != nil {
			t.Fatal(err)
		}
		if b.Attributes() != tt.want {
			t.Errorf("Attributes with sidecar %q = %v, want %v", tt.sidecar, b.Attributes(), tt.want)
		}
		_ = b.Close()
	}
}

func TestLocalMissing(t *testing.T) {
	t.Parallel()
	l, _ := newLocal(t)
	put(t, l, "c/r/f", "x")
	for _, key := range []string{
		"c/r/other", "c/r", "c", "", ".", "..", "c/r/f/deeper", "c/r/f.attrs", "/c/r/f", "c//r/f", "c/./r/f",
		"c/r/" + strings.Repeat("n", 300), "c/\x00",
	} {
		if _, err := l.Open(context.Background(), key); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Open(%q) = %v, want %v", key, err, fs.ErrNotExist)
		}
		if err := l.Delete(context.Background(), key); err != nil {
			t.Errorf("Delete(%q) = %v, want nil", key, err)
		}
	}
	if got, err := read(l, "c/r/f"); got != "x" || err != nil {
		t.Errorf("the blob beside them = %q, %v", got, err)
	}
}

// Keys of an attacker, and links in the folder, do not lead outside.
func TestLocalStaysInside(t *testing.T) {
	t.Parallel()
	l, dir := newLocal(t)
	ctx := context.Background()
	outside := filepath.Join(filepath.Dir(dir), "outside")
	if err := os.Mkdir(outside, 0o700); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"absolute": outside, "relative": "../outside", "file": secret} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{
		"../outside/secret", "a/../../outside/secret", "/" + secret, secret, "absolute/secret", "relative/secret", "file",
		`..\outside\secret`, "..", "a/..",
	} {
		if text, err := read(l, key); err == nil {
			t.Errorf("Open(%q) reads %q", key, text)
		}
		if err := l.Put(ctx, key, strings.NewReader("overwritten"), UnknownSize, Attributes{}); err == nil && key != "file" {
			if got, _ := read(l, key); got != "overwritten" {
				t.Errorf("Put(%q) went elsewhere", key)
			}
		}
		_ = l.Delete(ctx, key)
		_ = l.DeletePrefix(ctx, key)
	}
	for _, prefix := range []string{"..", "../outside", outside, "absolute", "relative/", "/", ""} {
		_ = l.DeletePrefix(ctx, prefix)
		_ = l.List(ctx, prefix, func(b Info) error {
			if strings.Contains(b.Key, "secret") && !strings.Contains(b.Key, `\`) {
				t.Errorf("List(%q) shows %q", prefix, b.Key)
			}
			return nil
		})
	}
	if got, err := os.ReadFile(secret); string(got) != "secret" || err != nil {
		t.Errorf("the file outside = %q, %v", got, err)
	}
	if got := files(t, outside); !slices.Equal(got, []string{"secret"}) {
		t.Errorf("the folder outside holds %q", got)
	}
}

func TestLocalPutFails(t *testing.T) {
	t.Parallel()
	l, dir := newLocal(t)
	put(t, l, "c/r/kept", "old")
	broken := errors.New("broken")
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	content := func() io.Reader { return io.MultiReader(strings.NewReader("half"), failing{broken}) }
	for _, tt := range []struct {
		ctx  context.Context
		key  string
		r    io.Reader
		want error
	}{
		{context.Background(), "c/r/kept", content(), broken},
		{context.Background(), "new/r/f", content(), broken},
		{cancelled, "new/r/f", strings.NewReader("x"), context.Canceled},
		{context.Background(), "c/r/f.attrs", strings.NewReader("x"), ErrKey},
		{context.Background(), "../f", failing{broken}, broken},
	} {
		if err := l.Put(tt.ctx, tt.key, tt.r, UnknownSize, Attributes{}); !errors.Is(err, tt.want) {
			t.Errorf("Put(%q) = %v, want %v", tt.key, err, tt.want)
		}
	}
	if err := l.Put(context.Background(), "c/r", strings.NewReader("x"), UnknownSize, Attributes{}); err == nil {
		t.Error("Put over a folder = nil, want an error")
	}
	if got, err := read(l, "c/r/kept"); got != "old" || err != nil {
		t.Errorf("the blob that was there = %q, %v", got, err)
	}
	if got, want := list(t, l, ""), []string{"c/r/kept"}; !slices.Equal(got, want) {
		t.Errorf("List = %q, want %q", got, want)
	}
	for _, name := range files(t, dir) {
		if strings.Contains(name, tempPrefix) || strings.HasPrefix(name, "new") {
			t.Errorf("left behind: %s", name)
		}
	}
}

func TestLocalDeleteRemovesEmptyFolders(t *testing.T) {
	t.Parallel()
	l, dir := newLocal(t)
	ctx := context.Background()
	for _, key := range []string{"a/1/f", "a/1/thumbs_f/x", "a/2/f", "b/1/f", "b/1/g"} {
		put(t, l, key, "x")
	}
	for _, step := range []struct {
		do   func() error
		want []string
	}{
		{func() error { return l.DeletePrefix(ctx, "a/1") }, []string{"a/2/f", "b/1/f", "b/1/g"}},
		{func() error { return l.DeletePrefix(ctx, "a/2/") }, []string{"b/1/f", "b/1/g"}},
		{func() error { return l.DeletePrefix(ctx, "b/1/f") }, []string{"b/1/f", "b/1/g"}}, // not a folder
		{func() error { return l.DeletePrefix(ctx, "nothing/here") }, []string{"b/1/f", "b/1/g"}},
		{func() error { return l.Delete(ctx, "b/1/f") }, []string{"b/1/g"}},
		{func() error { return l.Delete(ctx, "b/1/g") }, nil},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if got := list(t, l, ""); !slices.Equal(got, step.want) {
			t.Errorf("List = %q, want %q", got, step.want)
		}
	}
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("left behind: %q", got)
	}
	if err := l.DeletePrefix(ctx, ""); !errors.Is(err, ErrKey) {
		t.Errorf(`DeletePrefix("") = %v, want %v`, err, ErrKey)
	}
}

func TestLocalList(t *testing.T) {
	t.Parallel()
	l, dir := newLocal(t)
	for _, key := range []string{"a/1/f", "a/10/f", "a/1/odd\nname//x", "b/1/__0x2f__"} {
		put(t, l, key, "12345")
	}
	if err := os.WriteFile(filepath.Join(dir, "a/1", tempPrefix+"left"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		prefix string
		want   []string
	}{
		{"", []string{"a/1/f", "a/1/odd\nname//x", "a/10/f", "b/1/__0x2f__"}},
		{"a/1", []string{"a/1/f", "a/1/odd\nname//x"}},
		{"a/", []string{"a/1/f", "a/1/odd\nname//x", "a/10/f"}},
		{"a/1/f", nil},
		{"c", nil},
		{"..", nil},
	} {
		if got := list(t, l, tt.prefix); !slices.Equal(got, tt.want) {
			t.Errorf("List(%q) = %q, want %q", tt.prefix, got, tt.want)
		}
	}
	stop := errors.New("stop")
	if err := l.List(context.Background(), "", func(Info) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("List with a function that fails = %v, want %v", err, stop)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if err := l.List(cancelled, "", func(Info) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("List of a cancelled context = %v", err)
	}
}

// Random operations on the store have the same results as on a map.
func TestLocalBehavesLikeAMap(t *testing.T) {
	t.Parallel()
	l, _ := newLocal(t)
	ctx := context.Background()
	rnd := rand.New(rand.NewPCG(1, 2))
	parts := []string{"a", "b", "..", "x y", "é", "__0x2f__", "c\x01"}
	pick := func() string { return parts[rnd.IntN(len(parts))] }
	model := map[string]string{}
	for step := range 600 {
		key := "c" + pick() + "/" + pick() + "r/" + pick() + "f"
		switch rnd.IntN(5) {
		case 0:
			if err := l.Delete(ctx, key); err != nil {
				t.Fatalf("Delete(%q) = %v", key, err)
			}
			delete(model, key)
		case 1:
			prefix := key[:strings.LastIndexByte(key, '/')]
			if err := l.DeletePrefix(ctx, prefix); err != nil {
				t.Fatalf("DeletePrefix(%q) = %v", prefix, err)
			}
			maps.DeleteFunc(model, func(k, _ string) bool { return strings.HasPrefix(k, prefix+"/") })
		default:
			content := fmt.Sprint("content ", step)
			put(t, l, key, content)
			model[key] = content
		}
	}
	keys := list(t, l, "")
	slices.Sort(keys)
	if want := slices.Sorted(maps.Keys(model)); !slices.Equal(keys, want) {
		t.Errorf("List = %q, want %q", keys, want)
	}
	for key, want := range model {
		if got, err := read(l, key); got != want || err != nil {
			t.Errorf("Open(%q) = %q, %v, want %q", key, got, err, want)
		}
	}
}

// Deleting the last blob of a folder does not remove the folder of a concurrent new blob.
func TestLocalConcurrentPutAndDelete(t *testing.T) {
	t.Parallel()
	l, _ := newLocal(t)
	ctx := context.Background()
	var group sync.WaitGroup
	for g := range 4 {
		group.Go(func() {
			key := fmt.Sprintf("c/r/%d", g)
			for range 50 {
				if err := l.Put(ctx, key, strings.NewReader("x"), UnknownSize, Attributes{}); err != nil {
					t.Errorf("Put(%q) = %v", key, err)
				}
				if err := l.Delete(ctx, key); err != nil {
					t.Errorf("Delete(%q) = %v", key, err)
				}
			}
		})
	}
	group.Wait()
}
