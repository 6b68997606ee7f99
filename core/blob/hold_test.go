package blob

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestHold(t *testing.T) {
	t.Parallel()
	l, _ := newLocal(t)
	put := func(key string) {
		t.Helper()
		if err := l.Put(t.Context(), key, strings.NewReader(key), UnknownSize, Attributes{}); err != nil {
			t.Fatal(err)
		}
	}
	left := func() (keys []string) {
		t.Helper()
		if err := l.List(t.Context(), "", func(b Info) error { keys = append(keys, b.Key); return nil }); err != nil {
			t.Fatal(err)
		}
		return keys
	}
	for _, key := range []string{"c/a/1", "c/a/2", "c/b/again", "c/b/forgotten", "d/x"} {
		put(key)
	}
	release, inner := l.Hold(), l.Hold()
	if err := l.Delete(t.Context(), "d/x"); err != nil {
		t.Fatal(err)
	}
	if err := l.DeletePrefix(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	put("c/b/again")
	if got := left(); len(got) != 5 {
		t.Errorf("while they are held there are %q", got)
	}
	if err := inner(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := left(); len(got) != 5 {
		t.Errorf("while one still holds them there are %q", got)
	}
	if err := release(t.Context(), func(p string) bool { return p == "c/b/forgotten" }); err != nil {
		t.Fatal(err)
	}
	if got := left(); !slices.Equal(got, []string{"c/b/again", "c/b/forgotten"}) {
		t.Errorf("in the end there are %q", got)
	}
	if err := l.Delete(t.Context(), "c/b/again"); err != nil {
		t.Fatal(err)
	}
	if got := left(); len(got) != 1 {
		t.Errorf("a deletion after that leaves %q", got)
	}
}

func TestTreeRemovesOnlyWhatIsOlder(t *testing.T) {
	t.Parallel()
	l, _ := newLocal(t)
	if err := l.Put(t.Context(), "c/r/f", strings.NewReader("x"), 1, Attributes{}); err != nil {
		t.Fatal(err)
	}
	tree := l.Tree()
	if err := tree.RemoveOlder("c/r/f", time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := tree.Stat("c/r/f"); err != nil {
		t.Errorf("a younger file is gone: %v", err)
	}
	for range 2 { // what is not there is no failure
		if err := tree.RemoveOlder("c/r/f", time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tree.Remove("c/r/f.attrs"); err != nil {
		t.Fatal(err)
	}
	if _, err := tree.Stat("c"); err == nil {
		t.Errorf("the empty folder is still there")
	}
	for _, p := range []string{"../x", "/x", "a/../../x", "a/.tmp-x", ".", ""} {
		if ValidPath(p) {
			t.Errorf("ValidPath(%q)", p)
		}
	}
}
