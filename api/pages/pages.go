// Package pages serves the pages that mailed links open, below /_/: to verify an
// address, to set a new password, to confirm a change of address, and to make the first
// superuser; and those on which a sign-in through another service ends. It is the place
// of a console, whose addresses these are (docs/wire/auth-realtime-system.md §6.2).
//
// What a link says lies behind its "#", so no server and no log sees it. A page does
// nothing when it is opened, because programs that scan mails open links and run
// scripts: the person presses its one button.
package pages

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/core/settings"
)

//go:embed page.html page.js page.css
var files embed.FS

var page = template.Must(template.ParseFS(files, "page.html"))

// policy lets the page load and call what comes from its own server, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// Mount adds the pages to the router, but for paths that it has already. They carry the
// name of the app.
func Mount(router chi.Router, current func() *settings.Settings) {
	for path, serve := range map[string]http.HandlerFunc{
		"/_":          toFolder,
		"/_/":         show(current),
		"/_/page.js":  file("page.js", "text/javascript; charset=utf-8"),
		"/_/page.css": file("page.css", "text/css; charset=utf-8"),
	} {
		if !router.Match(chi.NewRouteContext(), http.MethodGet, path) {
			router.Get(path, serve)
			router.Head(path, serve)
		}
	}
}

// toFolder leads to the page relatively: there may be a sub-path before it.
func toFolder(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Location", "_/")
	w.WriteHeader(http.StatusTemporaryRedirect)
}

func show(current func() *settings.Settings) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		var out bytes.Buffer
		if err := page.Execute(&out, current().Meta); err != nil {
			http.Error(w, "the page cannot be made", http.StatusInternalServerError)
			return
		}
		answer(w, "text/html; charset=utf-8", out.Bytes())
	}
}

func file(name, kind string) http.HandlerFunc {
	text, err := files.ReadFile(name)
	return func(w http.ResponseWriter, r *http.Request) {
		if err != nil {
			http.NotFound(w, r)
			return
		}
		answer(w, kind, text)
	}
}

func answer(w http.ResponseWriter, kind string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache")
	w.Write(body) //nolint:errcheck // who has gone needs no answer
}
