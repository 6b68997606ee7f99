package rest

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/internal/request"
)

// proxies holds the warnings about proxies whose clients count as one client, because the settings
// do not name the header with their addresses.
type proxies struct {
	warned [len(request.Forwarding)]atomic.Bool
}

// warn logs, once for each header, a header of a refused request that a proxy may have set. Anybody
// can send such headers: the warning is a hint, and an attacker can cause at most six lines in the
// log.
func (p *proxies) warn(app *core.App, q *request.Request, r *http.Request) {
	for i, name := range request.Forwarding {
		if len(r.Header[name]) == 0 || slices.ContainsFunc(q.Settings.TrustedProxy.Headers, func(trusted string) bool {
			return strings.EqualFold(trusted, name)
		}) {
			continue
		}
		if p.warned[i].CompareAndSwap(false, true) {
			app.Log().Warn("rate limit reached by a peer that may be a proxy of many clients", "header", name, "peer", r.RemoteAddr,
				"hint", "if the proxy is yours, name its header in the setting trustedProxy.headers")
		}
	}
}
