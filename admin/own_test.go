package admin_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

const markup = `<img src=x onerror=alert(1)>`

var ownFiles = fstest.MapFS{
	"own.js":        {Data: []byte("export {};")},
	"own.css":       {Data: []byte("p { color: red }")},
	"deep/page.svg": {Data: []byte("<svg/>")},
}

// addPages adds inputs, a page with a form, and a page that is a tab of the collection "users".
func addPages(e *api.ServeEvent) error {
	e.ConsoleFiles(ownFiles, "own.js", "own.css")
	e.ConsolePage(api.ConsolePage{
		Name: "stock", Title: "Stock " + markup,
		Show: func(out io.Writer, r *api.Request) error {
			switch r.FormValue("fail") {
			case "fault":
				return fault.New(fault.NotFound, "No "+markup)
			case "error":
				return errors.New("a secret cause")
			}
			_, err := fmt.Fprintf(out, "<p>for %s</p>", r.Caller.Auth.Text("email"))
			return err
		},
		Act: func(r *api.Request) error {
			var form struct{ Name string }
			if err := r.Decode(&form); err != nil {
				return err
			}
			if form.Name == "" {
				return fault.New(fault.Invalid, "A name is missing.")
			}
			_, err := e.App.Settings().Patch(r.Context(), r.Caller, []byte(`{"meta":{"appName":"`+form.Name+`"}}`))
			return err
		},
	})
	e.ConsolePage(api.ConsolePage{
		Name: "seats", Title: "Seats", Icon: "users",
		Tab: func(in *schema.Collection) bool { return in.Name == "users" },
		Show: func(out io.Writer, r *api.Request) error {
			_, err := fmt.Fprint(out, "seats of ", r.PathValue("collection"))
			return err
		},
	})
	for _, in := range []api.ConsoleInput{
		{Collection: "Users", Field: "name", Element: "my-name"},   // names are case-insensitive
		{Collection: "users", Field: "avatar", Element: "my-file"}, // a file field keeps its input
		{Collection: "users", Field: "none", Element: "my-none"},
		{Collection: "none", Field: "name", Element: "my-none"},
	} {
		e.ConsoleInput(in)
	}
	return nil
}

func TestOwnPages(t *testing.T) {
	t.Parallel()
	s := siteOf(t, coretest.New(t), addPages)
	in := s.signIn(t)
	htmx := func(r *http.Request) { in(r); r.Header.Set("HX-Request", "true") }
	foreign := func(r *http.Request) { in(r); r.Header.Set("Sec-Fetch-Site", "cross-site") }

	for _, want := range []struct {
		name, method, path string
		form               url.Values
		change             func(*http.Request)
		status             int
		has, hasNot        string
		location           string
	}{
		{name: "page", path: "/_/x/stock", change: in, status: 200, has: "<p>for root@example.com</p>"},
		{name: "title", path: "/_/x/stock", change: in, status: 200, has: "Stock &lt;img", hasNot: markup},
		{name: "navigation", path: "/_/", change: in, status: 200, has: `href="/_/x/stock"`, hasNot: markup},
		{name: "loaded", path: "/_/settings/application", change: in, status: 200, has: `<script type="module" src="/_/x-files/own.js"></script><link rel="stylesheet" href="/_/x-files/own.css">`},
		{name: "palette", path: "/_/palette", change: in, status: 200, has: `"/_/c/users/x/seats"`},
		{name: "tab", path: "/_/c/users/x/seats", change: in, status: 200, has: "seats of users"},
		{name: "tab of another collection", path: "/_/c/_superusers/x/seats", change: in, status: 404, hasNot: "seats of"},
		{name: "tab without a collection", path: "/_/c/nothing/x/seats", change: in, status: 404},
		{name: "the other address of a tab", path: "/_/x/seats", change: in, status: 404},
		{name: "tabs of the collection", path: "/_/c/users/rules", change: in, status: 200, has: `<a href="/_/c/users/x/seats">Seats</a>`},
		{name: "tabs of another collection", path: "/_/c/_superusers", change: in, status: 200, hasNot: "/x/seats"},
		{name: "content alone", path: "/_/x/stock", change: htmx, status: 200, has: "<p>for root@example.com</p>", hasNot: "<html"},
		{name: "input", path: "/_/c/users/new", change: in, status: 200, has: `<div class="field-usual" data-element="my-name"><textarea class="input" id="f-name" name="name"`, hasNot: "my-file"},
		{name: "input of no field", path: "/_/c/users/new", change: in, status: 200, hasNot: "my-none"},
		{name: "input of another collection", path: "/_/c/_superusers/new", change: in, status: 200, hasNot: "data-element"},

		{name: "fault", path: "/_/x/stock?fail=fault", change: in, status: 404, has: "No &lt;img", hasNot: markup},
		{name: "error", path: "/_/x/stock?fail=error", change: in, status: 500, hasNot: "secret"},

		{name: "page without sign-in", path: "/_/x/stock", status: 303, hasNot: "for "},
		{name: "tab without sign-in", path: "/_/c/users/x/seats", status: 303, hasNot: "seats of"},
		{name: "file without sign-in", path: "/_/x-files/own.js", status: 303, hasNot: "export"},
		{name: "form without sign-in", method: "POST", path: "/_/x/stock", form: url.Values{"Name": {"Taken"}}, status: 303},
		{name: "form of another site", method: "POST", path: "/_/x/stock", form: url.Values{"Name": {"Taken"}}, change: foreign, status: 403},
		{name: "nothing is changed", path: "/_/", change: in, status: 200, hasNot: "Taken"},
		{name: "refused form", method: "POST", path: "/_/x/stock", form: url.Values{"Name": {""}}, change: in, status: 400, has: "A name is missing."},
		{name: "form", method: "POST", path: "/_/x/stock?page=2", form: url.Values{"Name": {"Given"}}, change: in, status: 303, location: "/_/x/stock?page=2"},
		{name: "changed by the form", path: "/_/", change: in, status: 200, has: "Given"},
		{name: "form of a page without Act", method: "POST", path: "/_/c/users/x/seats", form: url.Values{"Name": {"Taken"}}, change: in, status: 404},

		{name: "module", path: "/_/x-files/own.js", change: in, status: 200, has: "export {};"},
		{name: "file in a folder", path: "/_/x-files/deep/page.svg", change: in, status: 200, has: "<svg/>"},
		{name: "folder", path: "/_/x-files/deep", change: in, status: 404, hasNot: "page.svg"},
		{name: "root", path: "/_/x-files/", change: in, status: 404, hasNot: "page.svg"},
		{name: "outside", path: "/_/x-files/deep/..%252f..%252fown_test.go", change: in, status: 404},
	} {
		method := want.method
		if method == "" {
			method = http.MethodGet
		}
		got := s.ask(method, want.path, want.form, want.change)
		body := text(t, got)
		if want.location != "" && got.Header.Get("Location") != want.location {
			t.Errorf("%s leads to %s, want %s", want.name, got.Header.Get("Location"), want.location)
		}
		if got.StatusCode != want.status || !strings.Contains(body, want.has) || want.hasNot != "" && strings.Contains(body, want.hasNot) {
			t.Errorf("%s = %d, want %d with %q and without %q:\n%s", want.name, got.StatusCode, want.status, want.has, want.hasNot, body)
		}
		if got.StatusCode != http.StatusOK {
			continue
		}
		if policy := got.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self'; style-src 'self'") {
			t.Errorf("%s has the policy %q", want.name, policy)
		}
	}
}

func TestOwnFilesAreKept(t *testing.T) {
	t.Parallel()
	s := siteOf(t, coretest.New(t), addPages)
	in := s.signIn(t)
	first := s.ask("GET", "/_/x-files/own.js", nil, in)
	tag := first.Header.Get("ETag")
	again := s.ask("GET", "/_/x-files/own.js", nil, func(r *http.Request) { in(r); r.Header.Set("If-None-Match", tag) })
	if tag == "" || again.StatusCode != http.StatusNotModified {
		t.Errorf("a file with the tag %q is answered again with %d", tag, again.StatusCode)
	}
	if media := first.Header.Get("Content-Type"); media != "text/javascript; charset=utf-8" {
		t.Errorf("a module has the type %s", media)
	}
}

var recordID = regexp.MustCompile(`"record":"[a-z0-9]{15}"`)

// TestChangesAreTold makes changes in the console and reads the event loam:changed in each answer.
// A console without scripts of the program sends no such event.
func TestChangesAreTold(t *testing.T) {
	t.Parallel()
	told := siteOf(t, coretest.New(t), addPages)
	silent := siteOf(t, coretest.New(t))
	for _, s := range []*site{told, silent} {
		coretest.Collection(t, s.app, `{"name":"notes","fields":[{"name":"title","type":"text"}]}`)
		signedIn := s.signIn(t)
		in := func(r *http.Request) { signedIn(r); r.Header.Set("HX-Request", "true") }
		for _, want := range []struct {
			path, event string
			form        url.Values
		}{
			{"/_/c/notes/new", `{"total":1,"changes":[{"action":"create","collection":"notes","record":"ID"}]}`, url.Values{"title": {"a"}}},
			{"/_/c/notes/rules", `{"total":1,"changes":[{"action":"update","collection":"notes"}]}`, url.Values{"listRule.mode": {"open"}, "_confirmed": {"notes"}}},
			{"/_/c/notes/truncate", "", url.Values{"name": {"notes"}}}, // a truncation runs no hooks
			{"/_/c/notes/drop", `{"total":1,"changes":[{"action":"delete","collection":"notes"}]}`, url.Values{"name": {"notes"}}},
		} {
			answer := s.ask("POST", want.path, want.form, in)
			var events map[string]json.RawMessage
			if header := answer.Header.Get("HX-Trigger"); header != "" {
				if err := json.Unmarshal([]byte(header), &events); err != nil {
					t.Fatalf("POST %s = %d %s: %v", want.path, answer.StatusCode, header, err)
				}
			}
			got, want := recordID.ReplaceAllString(string(events["loam:changed"]), `"record":"ID"`), want
			if s == silent {
				want.event = ""
			}
			if got != want.event {
				t.Errorf("POST %s = %d with the event %q, want %q:\n%s", want.path, answer.StatusCode, got, want.event, text(t, answer))
			}
		}
	}
}
