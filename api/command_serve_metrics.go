package api

import (
	"context"
	"net"
	"net/http"
	"time"
)

// metricsServer answers Prometheus on a listener of its own. The zero metricsServer, and one
// without a listener, do nothing.
type metricsServer struct {
	listener net.Listener
	http     *http.Server
}

// listenForMetrics opens the listener at the address; for "" it opens none.
func listenForMetrics(ctx context.Context, address string) (*metricsServer, error) {
	if address == "" {
		return &metricsServer{}, nil
	}
	listener, err := listenAt(ctx, "--metrics", address)
	return &metricsServer{listener: listener}, err
}

// serve serves the handler of the metrics until close.
func (m *metricsServer) serve(figures http.Handler) {
	if m.listener == nil {
		return
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", figures)
	m.http = &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
	go func() { _ = m.http.Serve(m.listener) }() // Serve returns after close
}

func (m *metricsServer) close() {
	if m.http != nil {
		_ = m.http.Close()
	} else if m.listener != nil {
		_ = m.listener.Close()
	}
}
