package rest

import (
	"net/http"

	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/auth/provider"
)

func (a *API) oauth2Providers(c *call) error { return c.respond(provider.List(), nil) }

// oauth2Redirect is the endpoint to which an OAuth2 service sends a person back who has signed in
// in a separate window. The answer of the service goes to the client that waits, and the person to
// a page with the result: always a page of this server, relative to this address.
func (a *API) oauth2Redirect(c *call) error {
	said := auth.OAuth2Redirect{State: c.Query.Get("state"), Code: c.Query.Get("code"), Error: c.Query.Get("error")}
	status := http.StatusTemporaryRedirect
	readable := true
	if c.r.Method == http.MethodPost {
		status, said = http.StatusSeeOther, auth.OAuth2Redirect{}
		readable = c.decode(&said) == nil
	}
	page := "../_/#/auth/oauth2-redirect-failure"
	// HEAD must change nothing.
	if readable && c.r.Method != http.MethodHead && a.auth.DeliverOAuth2(a.hub, c.Pin(c.r), said) {
		page = "../_/#/auth/oauth2-redirect-success"
	}
	h := c.w.Header()
	h.Set("Location", page)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // the code is in this address
	c.w.WriteHeader(status)
	return nil
}
