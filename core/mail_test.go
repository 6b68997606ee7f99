package core_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/mail"
)

// A mail that waits when the app is closed is sent when it is opened again.
func TestMailsOutliveRestart(t *testing.T) {
	t.Parallel()
	cfg := core.Config{Dir: t.TempDir(), DB: coretest.DB(t)}
	open := func(send func() error) (*core.App, chan string) {
		t.Helper()
		app, tried := core.New(cfg), make(chan string, 1)
		app.Hooks().Mails.Send.BindFunc(func(e *mail.Event) error {
			e.Transport = func(_ context.Context, m *mail.Message) error {
				tried <- m.Text
				return send()
			}
			return nil
		})
		if err := app.Open(t.Context(), core.Serve); err != nil {
			t.Fatal(err)
		}
		return app, tried
	}
	app, tried := open(func() error { return mail.Temporary(errors.New("busy")) })
	err := app.Mails().Queue(&mail.Message{To: []mail.Address{{Address: "ann@example.com"}}, Text: "hello"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	<-tried
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	// The mail waits for its second attempt: the clock of the next run is an hour ahead.
	cfg.Now = later
	app, tried = open(func() error { return nil })
	if got := <-tried; got != "hello" {
		t.Errorf("sent %q", got)
	}
	if err := app.Close(); err != nil {
		t.Error(err)
	}
}

func later() time.Time { return time.Now().Add(time.Hour) }
