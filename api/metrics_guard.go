package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/api/request"
	"github.com/loambase/loam/api/wire"
	"github.com/loambase/loam/core/fault"
)

// leastMetricsToken is how many characters Config.MetricsToken has at least: nobody is kept from
// trying tokens.
const leastMetricsToken = 16

// mountMetrics adds /metrics to the routes, if there is a token for it.
func (s *Server) mountMetrics(router chi.Router) error {
	token := s.cfg.MetricsToken
	if token == "" {
		return nil
	}
	if len(token) < leastMetricsToken {
		return errors.New("the token of metrics has fewer than 16 characters")
	}
	route := &request.Route{Method: http.MethodGet, Path: "/metrics", Quiet: true}
	wanted := sha256.Sum256([]byte(token))
	figures := s.metrics.Handler()
	router.Get(route.Path, func(w http.ResponseWriter, r *http.Request) {
		if q := request.From(r.Context()); q != nil {
			q.Route = route
		}
		// Hashes have one length, so the time of the comparison says nothing of the token.
		sent := sha256.Sum256([]byte(request.Bearer(r.Header.Get("Authorization"))))
		if subtle.ConstantTimeCompare(sent[:], wanted[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="metrics"`)
			wire.Error(w, fault.New(fault.Unauthenticated, ""), false)
			return
		}
		figures.ServeHTTP(w, r)
	})
	return nil
}
