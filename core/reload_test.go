package core

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A load that fails is logged and tried again, after 1, 2, 4 … 30 seconds; a load that succeeds
// resets the delay. Requests merge while a load runs.
func TestReloadLoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		var at []time.Duration
		began := time.Now()
		failing := true
		r := newReloader(func(context.Context) error {
			at = append(at, time.Since(began))
			if failing {
				return errors.New("no database")
			}
			return nil
		}, slog.New(slog.NewTextHandler(&out, nil)))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- r.reloadLoop(ctx) }()

		r.request()
		r.request()
		time.Sleep(70 * time.Second) // of the bubble's clock
		failing = false
		time.Sleep(time.Minute)
		want := []time.Duration{0, 1, 3, 7, 15, 31, 61, 91}
		if len(at) != len(want) {
			t.Fatalf("loaded at %v, want %d times", at, len(want))
		}
		for i, seconds := range want {
			if at[i] != seconds*time.Second {
				t.Errorf("load %d was after %v, want %d s", i, at[i], seconds)
			}
		}
		if n := strings.Count(out.String(), "no database"); n != len(want)-1 {
			t.Errorf("%d failures are logged, want %d:\n%s", n, len(want)-1, out.String())
		}

		failing = true
		r.request()
		time.Sleep(1500 * time.Millisecond)
		if n := len(at) - len(want); n != 2 {
			t.Errorf("%d loads in 1.5 s after a success, want 2", n)
		}
		stop()
		if err := <-ended; err != nil {
			t.Errorf("reloadLoop() = %v", err)
		}
	})
}
