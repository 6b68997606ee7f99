package settings

import (
	"fmt"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/settings"
)

// lockout is a consequence of new settings that may shut the superuser out of the console.
type lockout struct {
	reason string
	undo   string // how to undo it from outside the console
	code   string // the commands or the request for it
}

// pageRequests is the number of requests with which a browser opens a page of the console for the
// first time: the page and its files.
const pageRequests = 40

// lockouts returns how the next settings may shut out the superuser who saves them.
func lockouts(c *console.Call, now, next *settings.Settings) (list []lockout) {
	ip := next.TrustedProxy.RealIP(c.R.Header, c.R.RemoteAddr)
	if !next.SuperuserAllowed(ip) {
		list = append(list, lockout{
			reason: fmt.Sprintf("Superusers may come from %s only, and the server will see you as %s.", strings.Join(next.SuperuserIPs, ", "), ip),
			undo:   "On the machine of the server, this lets superusers come from everywhere again:",
			code:   "loam superuser ips",
		})
	} else if ip != c.Caller.IP {
		list = append(list, lockout{
			reason: fmt.Sprintf("The server sees you as %s now, and will see you as %s. Rate limits and lists of addresses judge by the new address.", c.Caller.IP, ip),
		})
	}
	if r := consoleRule(next.RateLimits); r != nil && r.MaxRequests < pageRequests && !sameRule(consoleRule(now.RateLimits), r) {
		list = append(list, lockout{
			reason: fmt.Sprintf("The rule %s counts the pages of the console too, also those of superusers: %d requests in %d s. A page takes up to %d at first.",
				r.Label, r.MaxRequests, r.Duration, pageRequests),
			undo: "The API does not count the requests of superusers. With a token of one, this turns the limits off:",
			code: `PATCH /api/settings {"rateLimits":{"enabled":false}}`,
		})
	}
	return list
}

func sameRule(a, b *settings.Rule) bool { return a != nil && *a == *b }

// consoleRule returns the rule that counts the pages of the console, which are counted as requests
// of guests by their path; nil if no rule does.
func consoleRule(limits settings.RateLimits) *settings.Rule {
	if !limits.Enabled {
		return nil
	}
	for _, label := range []string{"GET /_/", "GET /", "/_/", "/"} { // in the order of the limiter
		for i, r := range limits.Rules {
			if strings.EqualFold(r.Label, label) && r.Audience != "@auth" {
				return &limits.Rules[i]
			}
		}
	}
	return nil
}
