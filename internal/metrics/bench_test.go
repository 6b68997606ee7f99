package metrics

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/internal/cache"
	"github.com/loambase/loam/internal/request"
	"github.com/loambase/loam/realtime"
)

// config returns the Config of a server without clients.
func config(app *core.App) Config {
	return Config{App: app, Running: func() int { return 0 }, Realtime: func() realtime.Figures { return realtime.Figures{} },
		Tokens: func() cache.Usage { return cache.Usage{} }}
}

// BenchmarkWrap measures a request without and with Wrap; the difference is the cost of metrics.
func BenchmarkWrap(b *testing.B) {
	app := coretest.New(b)
	none := settings.Defaults()
	service := request.New(request.Config{
		Authenticate: func(context.Context, string) (*record.Record, error) { return nil, nil },
		Settings:     func() *settings.Settings { return none },
		Log:          func() *slog.Logger { return slog.New(slog.DiscardHandler) },
	})
	route := &request.Route{Method: "GET", Path: "/api/collections/{collection}/records"}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request.From(r.Context()).Route = route
		w.WriteHeader(http.StatusOK)
	})
	m := New(config(app))
	for name, h := range map[string]http.Handler{"off": handler, "on": m.Wrap(handler)} {
		h = service.Track(h)
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequest("GET", "/x", nil)
			w := httptest.NewRecorder()
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
}

// BenchmarkSample measures a sample of the History, with the requests of 100 routes.
func BenchmarkSample(b *testing.B) {
	app := coretest.New(b)
	m := New(config(app))
	for i := range 100 {
		route := &request.Route{Method: "GET", Path: fmt.Sprintf("/api/%d", i)}
		for n := range 1000 {
			m.observer(outcome{route, 200}).Observe(float64(n) / 1000)
		}
	}
	for b.Loop() {
		m.History.sample()
	}
}
