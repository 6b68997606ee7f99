// Package own serves the pages and files that the embedding program adds to the console.
package own

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/loambase/loam/admin/internal/asset"
	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// Routes returns the routes of the pages and of the files.
func Routes(own console.Own) (list []console.Route) {
	for _, p := range own.Pages {
		s := screen{p}
		path := "/_/x/" + p.Name
		if p.Tab != nil {
			path = "/_/c/{collection}/x/" + p.Name
		}
		list = append(list, console.Get(path, s.show))
		if p.Act != nil {
			list = append(list, console.Post(path, s.act))
		}
	}
	if own.Files != nil {
		list = append(list, console.Get(console.OwnFiles+"*", file(own.Files)))
	}
	return list
}

// Sections returns the entries of the pages in the navigation.
func Sections(own console.Own) (list []ui.Section) {
	for _, p := range own.Pages {
		if p.Tab == nil {
			list = append(list, ui.Section{ID: p.ID(), Label: p.Title, Icon: p.Icon, Path: "/_/x/" + p.Name})
		}
	}
	return list
}

type screen struct{ console.OwnPage }

// collection returns the collection of the tab; nil for a page that is not a tab. A collection
// without this tab is a NotFound fault.
func (s screen) collection(c *console.Call) (*schema.Collection, error) {
	if s.Tab == nil {
		return nil, nil
	}
	in := c.App.Snapshot().Find(c.Param("collection"))
	if in == nil || !s.Tab(in) {
		return nil, fault.New(fault.NotFound, "There is no such page.")
	}
	return in, nil
}

// show answers with the page, or to a script with the content of the page alone.
func (s screen) show(c *console.Call) error {
	in, err := s.collection(c)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := s.Show(c, &out); err != nil {
		return err
	}
	content := templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := w.Write(out.Bytes())
		return err
	})
	if c.FromScript() {
		return c.Part(content)
	}
	page := console.Page{Title: s.Title, Section: s.ID(), Crumbs: []ui.Crumb{{Label: s.Title}}}
	if in == nil {
		return c.Page(page, ownPage(s.Title, content))
	}
	page.Title, page.Section, page.Side = in.Name+" "+s.Title, "data", c.Collections(in.Name)
	page.Crumbs = []ui.Crumb{{Label: "Collections", Path: "/_/"}, {Label: in.Name, Path: console.CollectionPath(in)}, {Label: s.Title}}
	return c.Page(page, ownTab(in, c.Tabs(in), s.ID(), content))
}

// act handles a form of the page, and then opens the page again.
func (s screen) act(c *console.Call) error {
	if _, err := s.collection(c); err != nil {
		return err
	}
	if err := s.Act(c); err != nil {
		return err
	}
	return c.Go(c.R.URL.RequestURI())
}

// file returns the screen that serves files. Browsers cache a file and revalidate it by its ETag
// before each use.
func file(files fs.FS) console.Screen {
	return func(c *console.Call) error {
		name := c.Param("*")
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return fault.Wrap(fault.NotFound, "There is no such file.", err)
		}
		sum := sha256.Sum256(text)
		h := c.W.Header()
		if media := asset.MediaType(name); media != "" {
			h.Set("Content-Type", media)
		}
		h.Set("Cache-Control", "private, no-cache")
		h.Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
		http.ServeContent(c.W, c.R, name, time.Time{}, bytes.NewReader(text))
		return nil
	}
}
