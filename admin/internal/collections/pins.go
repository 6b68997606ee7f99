package collections

import (
	"net/url"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/fault"
)

// pin pins or unpins a collection. It answers htmx with the list of collections, and a form sent
// without scripts with a redirect to its page.
func pin(c *console.Call) error {
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	value := c.R.PostForm.Get("pin")
	if len(value) < 2 {
		return fault.New(fault.Invalid, "No collection is named.")
	}
	if err := c.App.Pin(c.R.Context(), c.Caller, value[1:], value[0] == '+'); err != nil {
		return err
	}
	if c.IsPart("collections") {
		return c.Part(ui.Collections(c.CollectionGroups(c.R.PostForm.Get("current"))))
	}
	back := "/_/"
	if from, err := url.Parse(c.R.Header.Get("Referer")); err == nil && strings.HasPrefix(from.Path, "/_/") {
		back = from.RequestURI()
	}
	return c.Go(back)
}
