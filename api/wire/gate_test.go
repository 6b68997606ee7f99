package wire

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestGate(t *testing.T) {
	t.Parallel()
	read := func(values int) *Body {
		t.Helper()
		body, err := ReadBody(request(jsonType, `{"a":[1`+strings.Repeat(",1", values)+`]}`), DefaultLimit, "")
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	gate, gone := NewGate(1), t.Context()
	gone, cancel := context.WithCancel(gone)
	cancel()
	first, second, light := read(lightWeight), read(lightWeight), read(10)
	if err := gate.Enter(t.Context(), first); err != nil {
		t.Fatalf("Enter(first) = %v", err)
	}
	if err := gate.Enter(gone, second); !errors.Is(err, context.Canceled) {
		t.Errorf("Enter while the place is taken = %v, want it to wait", err)
	}
	if err := gate.Enter(gone, light); err != nil {
		t.Errorf("Enter(light) = %v, want no wait", err)
	}
	light.Close()
	second.Close()
	if err := gate.Enter(gone, second); !errors.Is(err, context.Canceled) {
		t.Errorf("Enter = %v, want the place still taken: nobody who has it was closed", err)
	}
	first.Close()
	first.Close()
	if err := gate.Enter(t.Context(), second); err != nil {
		t.Errorf("Enter after Close = %v", err)
	}
	if err := gate.Enter(gone, read(lightWeight)); !errors.Is(err, context.Canceled) {
		t.Errorf("Enter = %v, want one place, not two", err)
	}
}
