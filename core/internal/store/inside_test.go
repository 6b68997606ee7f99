package store

import "testing"

type receiver struct{}

//go:noinline
func (*receiver) call(fn func()) { fn() }

func TestIsInside(t *testing.T) {
	t.Parallel()
	name := FunctionName((*receiver).call)
	if IsInside(name) {
		t.Error("IsInside outside of anything = true")
	}
	(&receiver{}).call(func() {
		if !IsInside(name) {
			t.Errorf("IsInside(%q) within it = false", name)
		}
		done := make(chan bool)
		go func() { done <- IsInside(name) }()
		if <-done {
			t.Error("IsInside on another goroutine = true")
		}
	})
	if err := Inside(func() error {
		if !IsInside(name) {
			t.Error("IsInside within Inside = false")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
