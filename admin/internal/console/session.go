package console

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

// sessionCookie holds an auth token of a superuser. Scripts cannot read it, other sites
// cannot make a browser send it, and the API does not look at it.
const sessionCookie = "loam_session"

// errSignIn is the error of a call that needs a superuser and has no session.
var errSignIn = fault.New(fault.Unauthenticated, "Sign in to go on.")

// recognise sets the caller to the superuser of the session cookie; without a valid cookie the
// caller stays a guest. It renews a used session, so that the session expires a fixed time after
// its last use. The fault is Forbidden for an IP address from which superusers may not come.
func (c *Call) recognise() error {
	cookie, err := c.R.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	r, expires, err := c.Auth.Identify(c.R.Context(), cookie.Value)
	if err != nil {
		return err
	}
	if r == nil || r.Collection().Name != schema.Superusers {
		return nil
	}
	if err := c.CheckAddress(); err != nil {
		return err
	}
	c.Caller.Auth, c.Token = r, cookie.Value
	return c.renew(expires)
}

// CheckAddress returns a Forbidden fault if superusers may not come from the IP address of the
// caller. The message has the address, and the command that allows all addresses again.
func (c *Call) CheckAddress() error {
	if c.Settings.SuperuserAllowed(c.Caller.IP) {
		return nil
	}
	return &fault.Error{Kind: fault.Forbidden, Message: "Superusers may not come from the address " + c.Caller.IP + "." +
		` On the machine of the server, the command "loam superuser ips" lets them come from everywhere again, or from the addresses after it.`}
}

// renew replaces the token of the session when a tenth of its lifetime is over.
func (c *Call) renew(expires time.Time) error {
	if expires.IsZero() {
		return nil
	}
	life := time.Duration(c.Caller.Auth.Collection().Auth.AuthToken.Duration) * time.Second
	if expires.Sub(c.App.Now()) > life-life/10 {
		return nil
	}
	confirmed, err := c.confirmedUntil()
	if err != nil {
		return err
	}
	fresh, err := c.Auth.Refresh(c.R.Context(), c.Caller, schema.Superusers, c.Token, "")
	switch kind := fault.KindOf(err); {
	case err == nil:
		c.Token = fresh.Token
		c.setCookie(sessionCookie, fresh.Token, 0)
		if confirmed.IsZero() {
			return nil
		}
		return c.confirmUntil(confirmed) // a confirmation is valid for one token of the session
	case kind == fault.Unauthenticated || kind == fault.Forbidden: // the session has reached its maximum lifetime
		return nil
	}
	return err
}

// SignedIn starts a session with the token of a sign-in by password, in place of an earlier session
// of the browser. It returns the superuser, whose password counts as confirmed; nil if the token is
// not valid.
func (c *Call) SignedIn(token string) (*record.Record, error) {
	c.setCookie(sessionCookie, token, 0)
	r, err := c.Auth.Authenticate(c.R.Context(), token)
	if r == nil || err != nil {
		return nil, err
	}
	c.Caller.Auth, c.Token = r, token
	return r, c.PasswordConfirmed()
}

// SignedOut ends the session of this browser, and the account's confirmations in all browsers.
func (c *Call) SignedOut() error {
	for _, name := range []string{sessionCookie, confirmedCookie} {
		c.setCookie(name, "", -1)
	}
	if !c.Caller.Superuser() {
		return nil
	}
	return c.endConfirmations()
}

// setCookie sets a cookie of the session. Scripts cannot read it, and browsers do not send it with
// requests from other sites. maxAge is MaxAge of http.Cookie.
func (c *Call) setCookie(name, value string, maxAge int) {
	http.SetCookie(c.W, &http.Cookie{
		Name: name, Value: value, Path: "/_/", MaxAge: maxAge, HttpOnly: true,
		SameSite: http.SameSiteStrictMode, Secure: c.encrypted(),
	})
}

// encrypted reports whether the browser uses TLS, to this server or to a trusted proxy.
func (c *Call) encrypted() bool {
	if c.R.TLS != nil {
		return true
	}
	return len(c.Settings.TrustedProxy.Headers) > 0 && strings.EqualFold(c.R.Header.Get("X-Forwarded-Proto"), "https")
}

// signInFirst answers a call without a session: with a sign-in dialog for a script, else with a
// redirect to the sign-in page.
func (c *Call) signInFirst() error {
	if c.FromScript() {
		return c.Above(http.StatusUnauthorized, ui.SignInDialog(ui.SignIn{Dialog: true}))
	}
	if c.FromElsewhere() {
		return c.OpenAgain()
	}
	to := "/_/sign-in"
	if c.R.Method == http.MethodGet && c.R.URL.Path != "/_/" {
		to += "?to=" + url.QueryEscape(c.R.URL.RequestURI())
	}
	return c.Go(to)
}

// FromElsewhere reports whether the browser followed a link on another site. Such a request has no
// session cookie, even if the browser has a session.
func (c *Call) FromElsewhere() bool {
	h := c.R.Header
	return c.R.Method == http.MethodGet && h.Get("Sec-Fetch-Site") == "cross-site" && h.Get("Sec-Fetch-Mode") == "navigate"
}

// OpenAgain answers with a page that reloads its own address. The second request comes from this
// site, so the browser sends the session cookie.
func (c *Call) OpenAgain() error {
	return c.Gate(http.StatusOK, ui.Gate{Title: "One moment", Scripts: []string{"again.js"}}, ui.Opening())
}

// Landing returns the address to open after a sign-in: the cleaned address to if it belongs to the
// console, else the overview.
func Landing(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" {
		return "/_/"
	}
	clean := path.Clean(u.Path)
	if !strings.HasPrefix(clean, "/_/") {
		return "/_/"
	}
	return (&url.URL{Path: clean, RawQuery: u.RawQuery}).String()
}

// theme returns the chosen theme, "light" or "dark", or "" for the theme of the system. A script
// stores the choice in a cookie, so that the server renders the first paint in this theme.
func (c *Call) theme() string {
	cookie, err := c.R.Cookie("loam_theme")
	if err != nil || cookie.Value != "light" && cookie.Value != "dark" {
		return ""
	}
	return cookie.Value
}

// accent returns the accent colour of the settings, "" for the default, which the style sheet has.
func accent(s *settings.Settings) string {
	if s.Meta.AccentColor == settings.Defaults().Meta.AccentColor {
		return ""
	}
	return strings.TrimPrefix(s.Meta.AccentColor, "#")
}
