package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/request"
	"github.com/loambase/loam/internal/wire"
)

// leastMetricsToken is the minimum length of Config.MetricsToken in characters: no rate limit
// keeps an attacker from trying tokens.
const leastMetricsToken = 16

// mountMetrics adds the route /metrics, if Config.MetricsToken is set.
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
		// The hashes are of equal length, so the time of the comparison does not depend on the token.
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
