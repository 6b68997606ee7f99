package api

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/loambase/loam/admin"
	"github.com/loambase/loam/core/schema"
)

// ConsolePage is a page of the program in the console, for superusers. The console checks the
// session and draws the frame around the page: navigation, breadcrumbs, theme.
type ConsolePage struct {
	Name  string // last part of the address: lower-case letters, digits and "-", unique
	Title string // text of the link and of the heading
	Icon  string // name of an icon of the console; default "plug"

	// Tab makes the page a tab of the collections for which the function returns true, at
	// /_/c/{collection}/x/NAME; Request.PathValue("collection") is the name or id of the collection.
	// Without Tab the page has the address /_/x/NAME and an entry in the navigation.
	Tab func(*schema.Collection) bool

	// Show writes the content of the page, which is sent unchanged: html/template or templ escape
	// the texts in it. Browsers run no inline script and apply no inline style of the page. An
	// error is shown in the place of the page.
	Show func(out io.Writer, r *Request) error

	// Act handles a form that the page sends by POST to its own address, with a body of up to
	// 32 MiB. If Act returns nil, the browser opens the page again; an error is shown. Default: POST
	// gets 404.
	Act func(r *Request) error
}

var pageName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

// ConsolePage adds a page to the console. The server does not start if two pages have the same
// Name, if Title or Show is missing, if Name is not valid, or if Icon is unknown.
func (e *ServeEvent) ConsolePage(p ConsolePage) {
	if p.Icon == "" {
		p.Icon = "plug"
	}
	if err := e.checkPage(p); err != nil {
		e.wrong = append(e.wrong, fmt.Errorf("%s: page %q of the console: %w", caller(), p.Name, err))
		return
	}
	added := admin.Page{Name: p.Name, Title: p.Title, Icon: p.Icon, Tab: p.Tab}
	added.Show = func(c *admin.Call, out io.Writer) error {
		return e.inConsole(c, func(r *Request) error { return p.Show(out, r) })
	}
	if p.Act != nil {
		added.Act = func(c *admin.Call) error { return e.inConsole(c, p.Act) }
	}
	e.console.Pages = append(e.console.Pages, added)
}

func (e *ServeEvent) checkPage(p ConsolePage) error {
	switch {
	case !pageName.MatchString(p.Name):
		return errors.New(`the name is not of lower-case letters, digits and "-"`)
	case strings.TrimSpace(p.Title) == "":
		return errors.New("the title is empty")
	case p.Show == nil:
		return errors.New("there is no function Show")
	case !slices.Contains(admin.Icons(), p.Icon):
		return fmt.Errorf("the icon %q does not exist; the icons are %s", p.Icon, strings.Join(admin.Icons(), ", "))
	case slices.ContainsFunc(e.console.Pages, func(other admin.Page) bool { return other.Name == p.Name }):
		return errors.New("another page has this name")
	}
	return nil
}

// inConsole calls serve with the request for a page of the console. The Caller of the request is
// the superuser of the session.
func (e *ServeEvent) inConsole(c *admin.Call, serve func(*Request) error) error {
	own, done := e.api.Inside(c.Request, c.W, c.R, defaultBody)
	defer done()
	c.R.SetPathValue("collection", c.Param("collection"))
	return serve(&Request{Request: c.R, Caller: c.Caller, ID: c.ID, call: own})
}

// ConsoleFiles serves the files to superusers at /_/x-files/NAME, for the pages of the program.
// Every page of the console, those of Loam included, loads the files named in load: modules (.js)
// and style sheets (.css). The server does not start if a file in load is missing or has another
// extension, if files is nil, or if ConsoleFiles is called twice.
func (e *ServeEvent) ConsoleFiles(files fs.FS, load ...string) {
	if err := e.checkFiles(files, load); err != nil {
		e.wrong = append(e.wrong, fmt.Errorf("%s: files of the console: %w", caller(), err))
		return
	}
	e.console.Files, e.console.Loaded = files, load
}

func (e *ServeEvent) checkFiles(files fs.FS, load []string) error {
	switch {
	case files == nil:
		return errors.New("the file system is nil")
	case e.console.Files != nil:
		return errors.New("ConsoleFiles was called before")
	}
	for _, name := range load {
		if !strings.HasSuffix(name, ".js") && !strings.HasSuffix(name, ".css") {
			return fmt.Errorf("%s is neither a module (.js) nor a style sheet (.css)", name)
		}
		if _, err := fs.Stat(files, name); err != nil {
			return err
		}
	}
	return nil
}
