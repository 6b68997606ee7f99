package records

import "github.com/loambase/loam/admin/internal/console"

// file answers with a file of a record, protected files included. The console cannot link to the
// file endpoint of the API instead: the API does not accept the session cookie, and a token in an
// address would stay in the history of the browser.
func file(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	h := c.W.Header()
	for _, name := range []string{"Content-Security-Policy", "Referrer-Policy", "Cache-Control", "Vary"} {
		h.Del(name) // the handler of files sets these headers itself
	}
	return c.Config.File(c.W, c.R, c.Request, in.ID, c.Param("id"), c.Param("filename"))
}

// socket opens a WebSocket that reports changes of records to a page. It is closed at the end of
// the session.
func socket(c *console.Call) error { return c.Config.Socket(c.W, c.R, c.Request) }
