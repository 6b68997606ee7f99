package blob

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func local(t *testing.T) (*Local, string) {
	t.Helper()
	dir := t.TempDir()
	l, err := NewLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l, dir
}

func TestSwapSendsNewCallsToTheNewStore(t *testing.T) {
	t.Parallel()
	first, _ := local(t)
	second, _ := local(t)
	w := NewSwap(first)
	const key = "c/r/f.txt"
	if err := w.Put(t.Context(), key, strings.NewReader("first"), 5, Attributes{}); err != nil {
		t.Fatal(err)
	}
	open, err := w.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if earlier := w.Set(second); earlier != Store(first) || w.Current() != Store(second) {
		t.Errorf("Set returned %v and left %v", earlier, w.Current())
	}
	if text, err := io.ReadAll(open); err != nil || string(text) != "first" {
		t.Errorf("a blob that was open reads %q, %v", text, err)
	}
	if _, err := w.Open(t.Context(), key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open in the new store: %v, want none", err)
	}
	if err := w.Put(t.Context(), key, strings.NewReader("second"), UnknownSize, Attributes{}); err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := w.List(t.Context(), "", func(Info) error { n++; return nil }); err != nil || n != 1 {
		t.Errorf("List: %d keys, %v, want 1", n, err)
	}
	if err := w.DeletePrefix(t.Context(), "c/r"); err != nil {
		t.Error(err)
	}
	if err := w.Delete(t.Context(), key); err != nil {
		t.Error(err)
	}
	if _, err := first.Open(t.Context(), key); err != nil {
		t.Errorf("deleting in the new store reached the earlier one: %v", err)
	}
}

func TestPutRefusesAnotherSize(t *testing.T) {
	t.Parallel()
	l, dir := local(t)
	const key = "c/r/f.txt"
	if err := l.Put(t.Context(), key, strings.NewReader("stays"), 5, Attributes{}); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int64{0, 3, 6} {
		if err := l.Put(t.Context(), key, strings.NewReader("later"), size, Attributes{}); err == nil {
			t.Errorf("Put of 5 bytes as %d: no error", size)
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, key)); err != nil || string(text) != "stays" {
		t.Errorf("the blob is %q, %v", text, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "c/r", tempPrefix+"*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	l, dir := local(t)
	if err := l.Put(t.Context(), "c/r/f.txt", strings.NewReader("x"), 1, Attributes{}); err != nil {
		t.Fatal(err)
	}
	now, err := l.Time()
	if err != nil || time.Since(now).Abs() > time.Minute {
		t.Errorf("the time is %v, %v", now, err)
	}
	for name, age := range map[string]time.Duration{tempPrefix + "old": 2 * time.Hour, tempPrefix + "new": 0, "f.txt": 3 * time.Hour} {
		p := filepath.Join(dir, "c/r", name)
		if name != "f.txt" {
			if err := os.WriteFile(p, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chtimes(p, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := l.Sweep(t.Context(), now.Add(-time.Hour)); n != 1 || err != nil {
		t.Errorf("Sweep = %d, %v, want 1 file", n, err)
	}
	for name, want := range map[string]bool{tempPrefix + "old": false, tempPrefix + "new": true, "f.txt": true} {
		if _, err := os.Stat(filepath.Join(dir, "c/r", name)); (err == nil) != want {
			t.Errorf("%s is there: %t, want %t", name, err == nil, want)
		}
	}
}
