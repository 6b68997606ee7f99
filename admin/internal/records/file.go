package records

import "github.com/loambase/loam/admin/internal/console"

// file answers with a file of a record, also a protected one: the API knows nothing of the
// session, and a token in an address would be in the history.
func file(c *console.Call) error {
	h := c.W.Header()
	for _, name := range []string{"Content-Security-Policy", "Referrer-Policy", "Cache-Control", "Vary"} {
		h.Del(name) // a file has its own
	}
	return c.Config.File(c.W, c.R, c.Request, c.Param("collection"), c.Param("id"), c.Param("filename"))
}

// socket makes a WebSocket on which a page hears of changes. It ends with the session.
func socket(c *console.Call) error { return c.Config.Socket(c.W, c.R, c.Request) }
