package settings

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/schema"
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
	return append(list, limitLockouts(c, now.RateLimits, next.RateLimits, ip)...)
}

// visit is a request by which a superuser opens the console or signs in.
type visit struct{ method, path string }

var (
	opensPage = visit{http.MethodGet, "/_/"}
	// A sign-in to the console counts against the rules for its path and against the rules for
	// sign-ins by the API.
	signsIn = []visit{{http.MethodPost, "/_/sign-in"}, {http.MethodPost, "/api/collections/" + schema.Superusers + "/auth-with-password"}}
)

// A rule for sign-ins is a lockout if the fifth attempt, after a mistyped password, comes more than
// a minute after the first.
const (
	attempts = 5
	patience = time.Minute
)

// limitLockouts returns the lockouts by rate limits. A rule that does not change is left out.
func limitLockouts(c *console.Call, now, next settings.RateLimits, ip string) (list []lockout) {
	changed := func(v visit) *settings.Rule {
		old, rule := ruleOf(c, now, v, ip), ruleOf(c, next, v, ip)
		if rule == nil || old != nil && *old == *rule {
			return nil
		}
		return rule
	}
	if r := changed(opensPage); r != nil && r.MaxRequests < pageRequests {
		list = append(list, lockout{
			reason: fmt.Sprintf("The rule %s counts the pages of the console too, also those of superusers: %d requests in %d s. A page takes up to %d at first.",
				r.Label, r.MaxRequests, r.Duration, pageRequests),
			undo: "The API does not count the requests of superusers. With a token of one, this turns the limits off:",
			code: limitsOff,
		})
	}
	for _, v := range signsIn {
		r := changed(v)
		if r == nil || waitOf(r) <= patience {
			continue
		}
		return append(list, lockout{
			reason: fmt.Sprintf("The rule %s counts the sign-ins of superusers too: %d in %d s. After a mistyped password the fifth attempt would wait for about %.0f min.",
				r.Label, r.MaxRequests, r.Duration, waitOf(r).Minutes()),
			undo: "A restart of the server resets the counters. With a token that a superuser has already, this turns the limits off:",
			code: limitsOff,
		})
	}
	return list
}

// limitsOff is the request to the API that switches rate limits off.
const limitsOff = `PATCH /api/settings {"rateLimits":{"enabled":false}}`

// ruleOf returns the rule that counts a request of a guest from the address ip, or nil.
func ruleOf(c *console.Call, limits settings.RateLimits, v visit, ip string) *settings.Rule {
	if i, _ := c.Judge(limits)(c.App.Now(), ip, false, v.method, v.path); i >= 0 {
		return &limits.Rules[i]
	}
	return nil
}

// waitOf returns the time between the first and the last of the attempts, if each comes as soon as
// the rule allows.
func waitOf(r *settings.Rule) time.Duration {
	windows := (attempts - 1) / max(1, r.MaxRequests)
	return time.Duration(windows) * time.Duration(r.Duration) * time.Second
}
