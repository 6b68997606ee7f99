package wire

import (
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/budget"
)

// temporary sets an empty folder for temporary files, and returns a function that counts them.
func temporary(t *testing.T) (files func() int) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	return func() int {
		t.Helper()
		list, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
}

func TestLongTexts(t *testing.T) {
	files := temporary(t)
	for _, length := range []int{lightLength - 20, lightLength, 3*lightLength + 7} {
		value := strings.Repeat("x", length)
		for contentType, text := range map[string]string{jsonType: `{"a":"` + value + `"}`, formType: "a=" + value} {
			for _, gated := range []bool{false, true} {
				body, err := ReadBody(request(contentType, text), DefaultLimit, "bad", nil, budget.Caller{})
				if err != nil {
					t.Fatal(err)
				}
				long := len(text) > lightLength
				if (body.spool != nil) != long || runtime.GOOS != "windows" && files() > 0 {
					t.Errorf("%d bytes of %s: %d temporary files", len(text), contentType, files())
				}
				places := budget.New(budget.Config{Total: 1, Share: 1})
				if gated {
					err = body.Enter(t.Context(), places, budget.Anonymous("192.0.2.1"))
				}
				object, failed := body.Object()
				if err != nil || failed != nil || object["a"] != value {
					t.Errorf("%d bytes of %s: %v, %v, want the value that was sent", len(text), contentType, err, failed)
				}
				if taken := places.Usage().Held > 0; taken != (gated && long) {
					t.Errorf("%d bytes of %s: place taken: %t", len(text), contentType, taken)
				}
				body.Close()
				if files() > 0 || places.Usage().Held > 0 {
					t.Errorf("%d bytes of %s: %d temporary files and %d places taken after Close", len(text), contentType, files(), places.Usage().Held)
				}
			}
		}
	}
}

func TestLongTextsThatAreNotRead(t *testing.T) {
	files := temporary(t)
	long := strings.Repeat(" ", 2*lightLength)
	gone := errors.New("the client has gone away")
	for _, c := range []struct {
		name  string
		limit int64
		rest  io.Reader
		want  fault.Kind
	}{
		{"over the limit", lightLength + 5, strings.NewReader(""), fault.TooLarge},
		{"cut off", DefaultLimit, iotest.ErrReader(gone), fault.Invalid},
	} {
		r := request(jsonType, "")
		r.Body, r.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader(long), c.rest)), -1
		if _, err := ReadBody(r, c.limit, "", nil, budget.Caller{}); fault.KindOf(err) != c.want {
			t.Errorf("%s: %v, want kind %v", c.name, err, c.want)
		}
	}
	body, err := ReadBody(request(jsonType, long), DefaultLimit, "", nil, budget.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	body.Close() // no call has read it
	if files() > 0 {
		t.Errorf("%d temporary files are left", files())
	}
}

// TestLongTextWithoutRoom checks that a failure of the folder for temporary files is an internal
// error, not the client's fault.
func TestLongTextWithoutRoom(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/missing")
	_, err := ReadBody(request(jsonType, strings.Repeat(" ", 2*lightLength)), DefaultLimit, "bad", nil, budget.Caller{})
	if fault.KindOf(err) != fault.Internal || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("ReadBody = %v, want an internal error", err)
	}
}
