package console

import (
	"net/http"

	"github.com/loambase/loam/core/schema"
)

// lastCookie is the cookie with the id of the collection that was opened last in this browser. It
// lasts a year and is no secret.
const lastCookie = "loam_collection"

// visit sets lastCookie to the collection with the name. An unknown name changes nothing.
func (c *Call) visit(name string) {
	in := c.App.Snapshot().Find(name)
	if in == nil || in == c.LastCollection() {
		return
	}
	http.SetCookie(c.W, &http.Cookie{Name: lastCookie, Value: in.ID, Path: "/_/", MaxAge: 365 * 24 * 60 * 60, HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

// LastCollection returns the collection that was opened last in this browser; nil if no collection
// was opened, or if the collection does not exist any more.
func (c *Call) LastCollection() *schema.Collection {
	cookie, err := c.R.Cookie(lastCookie)
	if err != nil {
		return nil
	}
	return c.App.Snapshot().ByID(cookie.Value)
}
