package console

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf16"

	"github.com/a-h/templ"

	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/request"
	"github.com/loambase/loam/internal/wire"
)

// Call is a request to a screen. Its Caller is the signed-in superuser, with whom the screen calls
// services; on an Open route it may be a guest.
type Call struct {
	*Config
	*request.Request
	W http.ResponseWriter
	R *http.Request

	sections []ui.Section
	told     map[string]any // the events of the answer, by name
	toast    string         // the notice of Toast
	changes  *changes       // the changes by the request; nil if the program adds no scripts to pages
}

// policy lets a page load from and connect to its own server only. It blocks inline scripts and
// inline styles.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// begin runs before every screen: it sets headers, checks the origin of a write, and reads the
// session.
func (c *Call) begin(route *request.Route, guard *http.CrossOriginProtection) (err error) {
	h := c.W.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "same-origin") // "no-referrer" would send Origin: null with forms
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "HX-Request, HX-Target")
	c.Request, err = c.Requests.Begin(c.R)
	c.Route = route
	c.Caller.Auth = nil // the console takes the session cookie only, not the header Authorization
	if err != nil && fault.KindOf(err) != fault.Forbidden {
		return err
	}
	if err := guard.Check(c.R); err != nil {
		return fault.Wrap(fault.Forbidden, "This request came from another site. Nothing was changed.", err)
	}
	if err := c.recognise(); err != nil {
		return err
	}
	if len(c.Own.Loaded) > 0 {
		c.changes = &changes{}
		c.R = c.R.WithContext(context.WithValue(c.R.Context(), changesKey{}, c.changes))
	}
	if route.Audience == request.Superusers && !c.Caller.Superuser() {
		return errSignIn
	}
	return nil
}

// Param returns the value of a path parameter, "" if the route has no such parameter.
func (c *Call) Param(name string) string {
	return wire.PathValue(c.R, name)
}

// Collection returns the collection whose name, id or old name is in the address: the requests of a
// page that was opened before the collection was renamed have the old name. The fault is NotFound if
// there is no such collection.
func (c *Call) Collection() (*schema.Collection, error) {
	name := c.Param("collection")
	in, err := c.byAnyName(name)
	if err == nil && in == nil {
		err = fault.New(fault.NotFound, "There is no collection "+name+".")
	}
	return in, err
}

// IsPart reports whether the request comes from htmx and its target is the element with that id:
// then the answer is this part of the page alone.
func (c *Call) IsPart(id string) bool {
	return c.R.Header.Get("HX-Request") == "true" && c.R.Header.Get("HX-Target") == id
}

// FromScript reports whether a script of a page sent the request and handles the answer.
func (c *Call) FromScript() bool { return c.R.Header.Get("HX-Request") == "true" }

// Page describes a screen to the frame around it.
type Page struct {
	Title   string
	Section string // the ID of the entry of the navigation that is marked
	Crumbs  []ui.Crumb
	Side    templ.Component // the side bar; nil for none
	Scripts []string        // names of assets: modules in addition to the modules of every page
	Styles  []string        // names of assets: style sheets in addition to console.css
}

// Page answers with a whole page.
func (c *Call) Page(p Page, body templ.Component) error { return c.PageAs(http.StatusOK, p, body) }

// PageAs answers with a whole page and a status.
func (c *Call) PageAs(status int, p Page, body templ.Component) error {
	shell := ui.Shell{
		App: c.Settings.Meta.AppName, Title: p.Title, Theme: c.theme(), Accent: accent(c.Settings),
		Section: p.Section, Sections: c.sections, Crumbs: p.Crumbs, Side: p.Side, Scripts: p.Scripts, Styles: p.Styles, Loaded: c.Own.loaded(), Version: core.Version,
		Locked: c.Locked(),
	}
	if c.Caller.Auth != nil {
		shell.Account = c.Caller.Auth.Text("email")
	}
	return c.render(status, ui.Page(shell, body))
}

// Locked reports whether the settings lock collections and records in the console.
func (c *Call) Locked() bool { return c.Settings.Meta.HideControls }

// Unlocked wraps a screen that changes collections: while collections are locked, it returns a
// Forbidden fault.
func Unlocked(screen func(*Call) error) func(*Call) error {
	return func(c *Call) error {
		if c.Locked() {
			return fault.New(fault.Forbidden, "Collections are locked here. Settings › Application unlocks them.")
		}
		return screen(c)
	}
}

// Part answers with a part of a page.
func (c *Call) Part(part templ.Component) error { return c.render(http.StatusOK, part) }

// PartOf answers a request of htmx with a part that replaces the element of the selector,
// regardless of the target of the request.
func (c *Call) PartOf(selector string, part templ.Component) error {
	c.W.Header().Set("HX-Retarget", selector)
	c.W.Header().Set("HX-Reswap", "outerHTML")
	return c.Part(part)
}

// PartAs answers with a part of a page and a status, such as 422 for a form with problems.
func (c *Call) PartAs(status int, part templ.Component) error { return c.render(status, part) }

// Gate answers with a page without navigation, for visitors without a session.
func (c *Call) Gate(status int, g ui.Gate, body templ.Component) error {
	if below, ok := strings.CutPrefix(c.R.URL.Path, "/_/"); ok {
		g.Base = strings.Repeat("../", strings.Count(below, "/"))
	}
	g.App, g.Theme, g.Accent = c.Settings.Meta.AppName, c.theme(), accent(c.Settings)
	return c.render(status, ui.GatePage(g, body))
}

func (c *Call) render(status int, page templ.Component) error {
	c.notify(false)
	if err := c.report(); err != nil {
		return err
	}
	var out bytes.Buffer
	if err := page.Render(c.R.Context(), &out); err != nil {
		return err
	}
	c.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	c.W.WriteHeader(status)
	c.W.Write(out.Bytes()) //nolint:errcheck // a client that has disconnected gets no answer
	return nil
}

// JSON answers 200 with a value as JSON.
func (c *Call) JSON(v any) error {
	text, err := schema.Marshal(v)
	if err != nil {
		return err
	}
	return c.Text("application/json", text)
}

// Text answers 200 with a text of a media type.
func (c *Call) Text(kind string, text []byte) error {
	c.W.Header().Set("Content-Type", kind)
	c.W.Write(text) //nolint:errcheck // a client that has disconnected gets no answer
	return nil
}

// Indented returns the JSON of a value with an indent of two spaces, for people to read.
func Indented(v any) (string, error) {
	text, err := schema.Marshal(v)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = json.Indent(&out, text, "", "  ")
	return out.String(), err
}

// IndentedJSON answers as JSON does, with the text of Indented.
func (c *Call) IndentedJSON(v any) error {
	text, err := Indented(v)
	if err != nil {
		return err
	}
	return c.Text("application/json", []byte(text))
}

// Go sends the browser to another address of the console.
func (c *Call) Go(to string) error {
	c.notify(true)
	if c.FromScript() {
		if err := c.report(); err != nil {
			return err
		}
		c.W.Header().Set("HX-Redirect", to)
		c.W.WriteHeader(http.StatusNoContent)
		return nil
	}
	c.W.Header().Set("Location", to)
	c.W.WriteHeader(http.StatusSeeOther)
	return nil
}

// Toast adds a short notice to the answer. The current page shows the notice, or the page that Go
// opens. Call Toast before the method that answers; a second call replaces the notice.
func (c *Call) Toast(words string) { c.toast = words }

// A header of the answer has the notice for the current page, a cookie the notice for the next
// page.
const (
	toastHeader = "Loam-Toast"
	toastCookie = "loam_toast"
)

// notify adds the notice of Toast to the answer. forNext reports whether a script of the page is
// told to open another page, which shows the notice.
func (c *Call) notify(forNext bool) {
	switch {
	case c.toast == "":
	case c.FromScript() && !forNext:
		c.W.Header().Set(toastHeader, encodeWords(c.toast))
	default:
		http.SetCookie(c.W, &http.Cookie{Name: toastCookie, Value: encodeWords(c.toast), Path: "/_/", MaxAge: 60, SameSite: http.SameSiteStrictMode})
	}
}

// encodeWords percent-encodes a text for a header or a cookie. Scripts decode it with
// decodeURIComponent.
func encodeWords(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			b.WriteByte(c)
		} else {
			const hex = "0123456789ABCDEF"
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

// Done answers 204 without a body.
func (c *Call) Done() error {
	c.notify(false)
	if err := c.report(); err != nil {
		return err
	}
	c.W.WriteHeader(http.StatusNoContent)
	return nil
}

// Event answers 204 without a body. htmx dispatches an event of this name on the page; its detail
// is the data, encoded as JSON.
func (c *Call) Event(name string, data any) error {
	if err := c.Tell(name, data); err != nil {
		return err
	}
	return c.Done()
}

// Tell adds an event to the answer. htmx dispatches the event on the page; its detail is the data,
// encoded as JSON. Call Tell before the method that answers. A second event of the same name
// replaces the first event.
func (c *Call) Tell(name string, data any) error {
	if c.told == nil {
		c.told = map[string]any{}
	}
	c.told[name] = data
	text, err := json.Marshal(c.told)
	if err != nil {
		return err
	}
	c.W.Header().Set("HX-Trigger", asciiJSON(text))
	return nil
}

// asciiJSON escapes the characters that a header cannot hold.
func asciiJSON(text []byte) string {
	var b strings.Builder
	for _, r := range string(text) {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
