package need

import (
	"runtime"
	"testing"
)

// recorder is a testing.TB that records whether it was skipped or failed.
type recorder struct {
	testing.TB
	ended string
}

func (r *recorder) Helper()      {}
func (r *recorder) Fatal(...any) { r.end("failed") }
func (r *recorder) Skip(...any)  { r.end("skipped") }

func (r *recorder) end(how string) {
	r.ended = how
	runtime.Goexit()
}

func TestProgram(t *testing.T) {
	for _, c := range []struct{ ci, name, ended string }{
		{"", "go", ""},
		{"true", "go", ""},
		{"", "./no-such-program", "skipped"},
		{"true", "./no-such-program", "failed"},
		{"true", "no-such-program", "failed"},
	} {
		t.Setenv("CI", c.ci)
		r := &recorder{TB: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			if path := Program(r, c.name); path == "" {
				t.Errorf("CI=%q %s: no path", c.ci, c.name)
			}
		}()
		<-done
		if r.ended != c.ended {
			t.Errorf("CI=%q %s: %q, want %q", c.ci, c.name, r.ended, c.ended)
		}
	}
}
