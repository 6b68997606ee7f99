package wire

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/loambase/loam/internal/budget"
)

func TestHeavyBodiesHavePlaces(t *testing.T) {
	t.Parallel()
	read := func(values int) *Body {
		t.Helper()
		body, err := ReadBody(request(jsonType, `{"a":[1`+strings.Repeat(",1", values)+`]}`), DefaultLimit, "", nil, budget.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	places, gone := budget.New(budget.Config{Total: 1, Share: 1, Queue: 1}), t.Context()
	gone, cancel := context.WithCancel(gone)
	cancel()
	caller := budget.Anonymous("192.0.2.1")
	first, second, light := read(lightWeight), read(lightWeight), read(10)
	if err := first.Enter(t.Context(), places, caller); err != nil {
		t.Fatalf("Enter(first) = %v", err)
	}
	if err := second.Enter(gone, places, caller); !errors.Is(err, context.Canceled) {
		t.Errorf("Enter while the place is taken = %v, want it to wait", err)
	}
	if err := light.Enter(gone, places, caller); err != nil {
		t.Errorf("Enter(light) = %v, want no wait", err)
	}
	light.Close()
	second.Close()
	if err := second.Enter(gone, places, caller); !errors.Is(err, context.Canceled) {
		t.Errorf("Enter = %v, want the place still taken: nobody who has it was closed", err)
	}
	first.Leave()
	first.Close()
	if err := second.Enter(t.Context(), places, caller); err != nil {
		t.Errorf("Enter after Close = %v", err)
	}
	if err := read(lightWeight).Enter(gone, places, caller); !errors.Is(err, context.Canceled) {
		t.Errorf("Enter = %v, want one place, not two", err)
	}
}
