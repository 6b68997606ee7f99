package console

import (
	"mime"
	"net/http"
)

// Download is a response that the browser saves as a file. The first Write sets the headers, so
// that an earlier error can still be answered with a page.
type Download struct {
	W     http.ResponseWriter
	Kind  string // the media type
	Name  string // the name of the file
	begun bool
}

// Begun reports whether Write was called.
func (d *Download) Begun() bool { return d.begun }

// Write implements io.Writer.
func (d *Download) Write(text []byte) (int, error) {
	if !d.begun {
		d.begun = true
		h := d.W.Header()
		h.Set("Content-Type", d.Kind)
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.Name}))
		h.Set("X-Content-Type-Options", "nosniff")
	}
	return d.W.Write(text)
}
