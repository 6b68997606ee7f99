package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/loambase/loam/core"
)

// drain is how long running requests may take when the server stops.
const drain = 30 * time.Second

// Serve answers requests on the listener until ctx ends. Then it accepts no more,
// lets running requests finish for up to half a minute, and returns; closing the
// app is left to who opened it.
func Serve(ctx context.Context, app *core.App, listener net.Listener, c Config) error {
	handler, err := c.handler(app)
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	server := &http.Server{
		Handler:           handler,
		ReadTimeout:       5 * time.Minute,
		ReadHeaderTimeout: time.Minute,
		WriteTimeout:      5 * time.Minute,
		IdleTimeout:       5 * time.Minute,
		ErrorLog:          slog.NewLogLogger(app.Log().Handler(), slog.LevelDebug), // broken clients, mostly
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	err = server.Shutdown(patience)
	if errors.Is(err, context.DeadlineExceeded) {
		app.Log().Warn("requests were cut off", "after", drain)
		err = server.Close()
	}
	<-failed // Serve has returned
	return err
}
