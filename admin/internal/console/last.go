package console

import (
	"net/http"

	"github.com/loambase/loam/core/schema"
)

// lastCookie holds the id of the collection whose page was opened last in this browser. It is no
// secret, and lasts a year.
const lastCookie = "loam_collection"

// visit remembers a collection in the browser; an unknown name changes nothing.
func (c *Call) visit(name string) {
	in := c.App.Snapshot().Find(name)
	if in == nil || in == c.LastCollection() {
		return
	}
	http.SetCookie(c.W, &http.Cookie{Name: lastCookie, Value: in.ID, Path: "/_/", MaxAge: 365 * 24 * 60 * 60, HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

// LastCollection returns the collection whose page was opened last in this browser; nil if there is
// none, or if it does not exist any more.
func (c *Call) LastCollection() *schema.Collection {
	cookie, err := c.R.Cookie(lastCookie)
	if err != nil {
		return nil
	}
	return c.App.Snapshot().ByID(cookie.Value)
}
