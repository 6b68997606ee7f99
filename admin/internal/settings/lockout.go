package settings

import (
	"fmt"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/settings"
)

// lockout is a reason why new settings may lock the superuser out of the console.
type lockout struct {
	reason string
	undo   string // how to undo the settings from outside the console
	code   string // the command or the request that undoes the settings
}

// pageRequests is the number of requests that a browser sends to open its first page of the
// console: for the page and for its files.
const pageRequests = 40

// lockouts returns the reasons why the settings next may lock out the superuser who saves them. A
// changed address of the superuser is a reason too.
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

// consoleRule returns the rule that limits requests for pages of the console; nil if there is none.
// The limiter counts these requests by their path, as requests of guests.
func consoleRule(limits settings.RateLimits) *settings.Rule {
	if !limits.Enabled {
		return nil
	}
	for _, label := range []string{"GET /_/", "GET /", "/_/", "/"} { // in the order in which the limiter looks for a rule
		for i, r := range limits.Rules {
			if strings.EqualFold(r.Label, label) && r.Audience != "@auth" {
				return &limits.Rules[i]
			}
		}
	}
	return nil
}
