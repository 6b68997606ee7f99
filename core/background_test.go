package core_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
)

// logBuffer is a log that goroutines write.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func TestGo(t *testing.T) {
	t.Parallel()
	app := core.New(core.Config{Dir: t.TempDir(), DB: coretest.DB(t)})
	began, ended := make(chan struct{}), false
	app.Go("a job", func(ctx context.Context) error {
		if _, err := app.Records().Count(ctx, "users"); err != nil {
			t.Errorf("the app is not open: %v", err)
		}
		close(began)
		<-ctx.Done()
		ended = true
		return ctx.Err()
	})
	if err := app.Open(context.Background(), core.Serve); err != nil {
		t.Fatal(err)
	}
	<-began
	if err := app.Close(); err != nil || !ended {
		t.Errorf("Close: %v, and fn has ended: %v", err, ended)
	}
	if err := app.Open(context.Background(), core.Tool); err != nil { // otherwise Close began again
		t.Fatal(err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
}

// A function that fails is logged under its name, and affects nothing else.
func TestGoThatFails(t *testing.T) {
	t.Parallel()
	var out logBuffer
	app := core.New(core.Config{Dir: t.TempDir(), DB: coretest.DB(t), Log: slog.New(slog.NewTextHandler(&out, nil))})
	var ran sync.WaitGroup
	ran.Add(2)
	app.Go("errs", func(context.Context) error { defer ran.Done(); return errors.New("no luck") })
	app.Go("panics", func(context.Context) error { defer ran.Done(); panic("no hope") })
	app.Go("ends", func(ctx context.Context) error { <-ctx.Done(); return errors.New("closed") })
	if err := app.Open(context.Background(), core.Serve); err != nil {
		t.Fatal(err)
	}
	ran.Wait()
	if _, err := app.Records().Count(t.Context(), "users"); err != nil {
		t.Errorf("Count() after jobs that failed = %v", err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	logged := out.String()
	for _, want := range []string{`name=errs error="no luck"`, `name=panics panic="no hope"`} {
		if strings.Count(logged, want) != 1 {
			t.Errorf("the log has not once %s:\n%s", want, logged)
		}
	}
	if strings.Contains(logged, "name=ends") {
		t.Errorf("a job that the end of the app has ended is logged:\n%s", logged)
	}
}

// A function that is added while the App serves runs at once, and not again when the App is
// reopened.
func TestGoWhileServing(t *testing.T) {
	t.Parallel()
	app := core.New(core.Config{Dir: t.TempDir(), DB: coretest.DB(t)})
	runs := 0
	began, ended := make(chan struct{}), make(chan struct{})
	remove := app.Hooks().Start.BindFunc(func(e *core.AppEvent) error {
		e.App.Go("from a hook", func(context.Context) error { runs++; close(began); return nil })
		<-began
		return nil
	})
	if err := app.Open(context.Background(), core.Serve); err != nil {
		t.Fatal(err)
	}
	remove()
	app.Go("now", func(ctx context.Context) error { <-ctx.Done(); close(ended); return nil })
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	<-ended
	if err := errors.Join(app.Open(context.Background(), core.Serve), app.Close()); err != nil || runs != 1 {
		t.Errorf("opened again: %v, the job ran %d times", err, runs)
	}
}
