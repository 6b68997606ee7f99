package console

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

// sessionCookie holds an auth token of a superuser. Scripts cannot read it, other sites
// cannot make a browser send it, and the API does not look at it.
const sessionCookie = "loam_session"

// errSignIn says that the call is for superusers and nobody has signed in.
var errSignIn = fault.New(fault.Unauthenticated, "Sign in to go on.")

// recognise finds the superuser of the session, if there is one. A session that is used is
// renewed, so that it ends only some time after its last use.
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
	if !c.Settings.SuperuserAllowed(c.Caller.IP) {
		return &fault.Error{Kind: fault.Forbidden, Message: "Superusers may not come from the address " + c.Caller.IP + "." +
			` The command "loam superuser ips" changes this.`}
	}
	c.Caller.Auth, c.Token = r, cookie.Value
	return c.renew(expires)
}

// renew gives the session a fresh token when a tenth of its life is over.
func (c *Call) renew(expires time.Time) error {
	if expires.IsZero() {
		return nil
	}
	life := time.Duration(c.Caller.Auth.Collection().Auth.AuthToken.Duration) * time.Second
	if expires.Sub(c.App.Now()) > life-life/10 {
		return nil
	}
	fresh, err := c.Auth.Refresh(c.R.Context(), c.Caller, schema.Superusers, c.Token, "")
	switch kind := fault.KindOf(err); {
	case err == nil:
		c.Token = fresh.Token
		c.setSession(fresh.Token)
		return nil
	case kind == fault.Unauthenticated || kind == fault.Forbidden: // it has lasted as long as it may
		return nil
	}
	return err
}

// SignedIn begins the session of a token: whatever session the browser had is over.
func (c *Call) SignedIn(token string) { c.setSession(token) }

// SignedOut ends the session in this browser.
func (c *Call) SignedOut() { c.setSession("") }

func (c *Call) setSession(token string) {
	cookie := &http.Cookie{
		Name: sessionCookie, Value: token, Path: "/_/", HttpOnly: true,
		SameSite: http.SameSiteStrictMode, Secure: c.encrypted(),
	}
	if token == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(c.W, cookie)
}

// encrypted reports whether the browser has spoken TLS, to us or to a proxy that is
// believed to say so.
func (c *Call) encrypted() bool {
	if c.R.TLS != nil {
		return true
	}
	return len(c.Settings.TrustedProxy.Headers) > 0 && strings.EqualFold(c.R.Header.Get("X-Forwarded-Proto"), "https")
}

// signInFirst answers a call of somebody who is not signed in.
func (c *Call) signInFirst() error {
	if c.fromScript() {
		return c.Dialog(http.StatusUnauthorized, ui.SignInDialog(ui.SignIn{Dialog: true}))
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

// FromElsewhere reports whether a link of another site has led here: such a call comes
// without the session, also if there is one.
func (c *Call) FromElsewhere() bool {
	h := c.R.Header
	return c.R.Method == http.MethodGet && h.Get("Sec-Fetch-Site") == "cross-site" && h.Get("Sec-Fetch-Mode") == "navigate"
}

// OpenAgain answers with a page that opens the same address again. It is ours, so the
// session comes along.
func (c *Call) OpenAgain() error {
	return c.Gate(http.StatusOK, ui.Gate{Title: "One moment", Scripts: []string{"again.js"}}, ui.Opening())
}

// Landing returns where to go after a sign-in: an address of the console and no other.
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

// theme is what the person has chosen, "" for that of the system. The script that sets it
// keeps it in a cookie, so that the first paint is right.
func (c *Call) theme() string {
	cookie, err := c.R.Cookie("loam_theme")
	if err != nil || cookie.Value != "light" && cookie.Value != "dark" {
		return ""
	}
	return cookie.Value
}

// accent is the colour of the settings, "" where nobody has chosen one: then the console has
// its own.
func accent(s *settings.Settings) string {
	if s.Meta.AccentColor == settings.Defaults().Meta.AccentColor {
		return ""
	}
	return strings.TrimPrefix(s.Meta.AccentColor, "#")
}

// ConfirmPassword checks the password of who has signed in, before what cannot be undone.
// It is an Invalid fault if it is another one, and TooMany after too many.
func (c *Call) ConfirmPassword(password string) error {
	asking := c.Caller
	asking.Auth = nil
	_, err := c.Auth.WithPassword(c.R.Context(), asking, schema.Superusers,
		auth.PasswordForm{Identity: c.Caller.Auth.Text("email"), Password: password}, "")
	return err
}
