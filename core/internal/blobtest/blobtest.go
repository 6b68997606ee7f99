// Package blobtest has the tests that every blob.Store must pass.
package blobtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core/blob"
)

// Run tests the stores that open returns, each of them empty. large is the size of a blob that
// the store writes in more than one piece.
func Run(t *testing.T, large int, open func(t *testing.T) blob.Store) {
	for name, test := range map[string]func(*testing.T, *store){
		"put and open":    putAndOpen,
		"large":           func(t *testing.T, s *store) { largeBlobs(t, s, large) },
		"announced":       func(t *testing.T, s *store) { announcedBlobs(t, s, large) },
		"failed put":      failedPut,
		"keys":            keys,
		"list and delete": listAndDelete,
		"missing":         missing,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, &store{open(t), t})
		})
	}
}

// store is a Store with its test.
type store struct {
	blob.Store
	t *testing.T
}

func (s *store) put(key, text string) {
	s.t.Helper()
	if err := s.Put(s.t.Context(), key, strings.NewReader(text), int64(len(text)), blob.Attributes{ContentType: "text/plain"}); err != nil {
		s.t.Fatal(err)
	}
}

// get returns the contents of a blob, "" for a missing one.
func (s *store) get(key string) string {
	s.t.Helper()
	b, err := s.Open(s.t.Context(), key)
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	if err != nil {
		s.t.Fatal(err)
	}
	defer b.Close()
	text, err := io.ReadAll(b)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

func (s *store) keys(prefix string) (list []string) {
	s.t.Helper()
	err := s.List(s.t.Context(), prefix, func(b blob.Info) error {
		if b.Size != int64(len(b.Key)) || time.Since(b.ModTime).Abs() > time.Hour {
			s.t.Errorf("List says %+v", b)
		}
		list = append(list, b.Key)
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

func putAndOpen(t *testing.T, s *store) {
	a := blob.Attributes{ContentType: "text/x-test", OriginalName: "Ünï 100%.txt"}
	if err := s.Put(t.Context(), "c/r/f.txt", strings.NewReader("earlier"), blob.UnknownSize, a); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), "c/r/f.txt", strings.NewReader("0123456789"), 10, a); err != nil {
		t.Fatal(err)
	}
	b, err := s.Open(t.Context(), "c/r/f.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if b.Size() != 10 || b.Attributes() != a || time.Since(b.ModTime()).Abs() > time.Hour {
		t.Errorf("Size %d, Attributes %+v, ModTime %v", b.Size(), b.Attributes(), b.ModTime())
	}
	text := make([]byte, 3)
	for _, c := range []struct {
		offset int64
		whence int
		want   string
	}{{0, io.SeekStart, "012"}, {2, io.SeekCurrent, "567"}, {-3, io.SeekEnd, "789"}, {1, io.SeekStart, "123"}} {
		if _, err := b.Seek(c.offset, c.whence); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(b, text); err != nil || string(text) != c.want {
			t.Errorf("at %d, %d: %q, %v, want %q", c.offset, c.whence, text, err, c.want)
		}
	}
	if _, err := b.Seek(-1, io.SeekStart); err == nil {
		t.Errorf("Seek before the beginning: no error")
	}
	if n, err := b.Seek(0, io.SeekEnd); n != 10 || err != nil {
		t.Errorf("Seek to the end = %d, %v", n, err)
	}
	if n, err := b.Read(text); n != 0 || err != io.EOF {
		t.Errorf("Read at the end = %d, %v", n, err)
	}
	s.put("c/r/empty", "")
	if b, err := s.Open(t.Context(), "c/r/empty"); err != nil || b.Size() != 0 {
		t.Errorf("an empty blob: %v", err)
	}
}

func largeBlobs(t *testing.T, s *store, large int) {
	random := rand.NewChaCha8([32]byte{})
	for _, size := range []int{large - 1, large, large + 1, 3*large + 7} {
		text := make([]byte, size)
		_, _ = random.Read(text) // it never fails
		for _, announced := range []int64{int64(size), blob.UnknownSize} {
			if err := s.Put(t.Context(), "c/r/large", bytes.NewReader(text), announced, blob.Attributes{}); err != nil {
				t.Fatalf("Put of %d bytes, announced as %d: %v", size, announced, err)
			}
			if got := s.get("c/r/large"); got != string(text) {
				t.Errorf("of %d bytes %d came back, or others", size, len(got))
			}
		}
	}
	b, err := s.Open(t.Context(), "c/r/large")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.Seek(int64(2*large), io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(b); err != nil || len(rest) != large+7 {
		t.Errorf("from the middle %d bytes came, %v", len(rest), err)
	}
	// A failure in the middle leaves the blob unchanged.
	before := s.get("c/r/large")
	broken := errors.New("broken")
	half := io.MultiReader(io.LimitReader(random, int64(large+large/2)), failing{broken})
	if err := s.Put(t.Context(), "c/r/large", half, blob.UnknownSize, blob.Attributes{}); !errors.Is(err, broken) {
		t.Errorf("Put of what breaks off = %v", err)
	}
	if err := s.Put(t.Context(), "c/r/large", io.LimitReader(random, int64(2*large)), int64(2*large+1), blob.Attributes{}); err == nil {
		t.Errorf("Put of less than was announced: no error")
	}
	if s.get("c/r/large") != before {
		t.Errorf("a Put that failed has changed the blob")
	}
}

func failedPut(t *testing.T, s *store) {
	s.put("c/r/f", "stays")
	broken := errors.New("broken")
	if err := s.Put(t.Context(), "c/r/f", io.MultiReader(strings.NewReader("la"), failing{broken}), 5, blob.Attributes{}); !errors.Is(err, broken) {
		t.Errorf("Put of what breaks off = %v", err)
	}
	for _, size := range []int64{0, 3, 6} {
		if err := s.Put(t.Context(), "c/r/f", strings.NewReader("later"), size, blob.Attributes{}); err == nil {
			t.Errorf("Put of 5 bytes as %d: no error", size)
		}
	}
	if got := s.get("c/r/f"); got != "stays" {
		t.Errorf("the blob is %q", got)
	}
}

func keys(t *testing.T, s *store) {
	odd := []string{"c/r/a b+c&d=e?f#g%h.txt", "c/r/ünï 🌍.txt", "@auto 1.zip", "c/r/a__0x2f__b", "c//r", "c/r/a\nb", "c/r/~!*'()_", "c/../r"}
	for _, key := range odd {
		s.put(key, key)
		if got := s.get(key); got != key {
			t.Errorf("the blob %q is %q", key, got)
		}
	}
	slices.Sort(odd)
	if got := s.keys(""); !slices.Equal(got, odd) {
		t.Errorf("List gives %q, want %q", got, odd)
	}
	for _, key := range []string{"", ".", "..", "/etc/passwd", "a/..", "a/./b", "\xff"} {
		if err := s.Put(t.Context(), key, strings.NewReader("x"), 1, blob.Attributes{}); !errors.Is(err, blob.ErrKey) {
			t.Errorf("Put(%q) = %v, want ErrKey", key, err)
		}
	}
}

func listAndDelete(t *testing.T, s *store) {
	for _, key := range []string{"c/a/1", "c/a/2", "c/a/3", "c/a/4", "c/ab/5", "c/b/6", "d/7"} {
		s.put(key, key)
	}
	if got := s.keys("c/a"); !slices.Equal(got, []string{"c/a/1", "c/a/2", "c/a/3", "c/a/4"}) {
		t.Errorf("below c/a: %q", got)
	}
	stop := errors.New("enough")
	if err := s.List(t.Context(), "", func(blob.Info) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("List that is stopped = %v", err)
	}
	if err := errors.Join(s.DeletePrefix(t.Context(), "c/a"), s.Delete(t.Context(), "d/7")); err != nil {
		t.Fatal(err)
	}
	if got := s.keys(""); !slices.Equal(got, []string{"c/ab/5", "c/b/6"}) {
		t.Errorf("left are %q", got)
	}
	if err := s.DeletePrefix(t.Context(), ""); !errors.Is(err, blob.ErrKey) {
		t.Errorf("DeletePrefix of everything = %v", err)
	}
}

func missing(t *testing.T, s *store) {
	for _, key := range []string{"none", "c/r/none", "../up", ""} {
		if _, err := s.Open(t.Context(), key); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Open(%q) = %v", key, err)
		}
		if err := s.Delete(t.Context(), key); err != nil {
			t.Errorf("Delete(%q) = %v", key, err)
		}
	}
	if err := s.DeletePrefix(t.Context(), "none"); err != nil {
		t.Errorf("DeletePrefix = %v", err)
	}
	if got := s.keys("none"); len(got) != 0 {
		t.Errorf("List gives %q", got)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// announcedBlobs checks that blobs have no name before their announcement is durable.
func announcedBlobs(t *testing.T, s *store, large int) {
	for _, size := range []int{0, 1, large, 2*large + 3} {
		text := strings.Repeat("x", size)
		key := fmt.Sprintf("c/r/%d", size)
		asked := 0
		announced := func() error {
			asked++
			if b, err := s.Open(t.Context(), key); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%d bytes are there before they were announced: %v", size, err)
				_ = b.Close() // the test has failed
			}
			return nil
		}
		for _, known := range []int64{int64(size), blob.UnknownSize} {
			a := blob.Attributes{ContentType: "text/plain", OriginalName: "x.txt"}
			if err := blob.PutAnnounced(t.Context(), s.Store, key, strings.NewReader(text), known, a, announced); err != nil || asked == 0 {
				t.Fatalf("PutAnnounced of %d bytes = %v, asked %d times", size, err, asked)
			}
			if got := s.get(key); got != text {
				t.Errorf("of %d bytes %d came back", size, len(got))
			}
			if err := s.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
			refused := errors.New("refused")
			err := blob.PutAnnounced(t.Context(), s.Store, key, strings.NewReader(text), known, a, func() error { return refused })
			if _, missing := s.Open(t.Context(), key); !errors.Is(err, refused) || !errors.Is(missing, fs.ErrNotExist) {
				t.Errorf("PutAnnounced of %d bytes that cannot be announced = %v, then %v", size, err, missing)
			}
		}
	}
}
