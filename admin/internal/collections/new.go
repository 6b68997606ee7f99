package collections

import (
	"encoding/json"
	"net/http"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/admin/internal/ui"
)

func showNew(c *console.Call) error {
	return c.Page(console.Page{
		Title: "New collection", Section: "data", Side: c.Collections(""), Scripts: []string{"form.js", "guard.js", "editor.js", "fields.js"},
		Crumbs: []ui.Crumb{{Label: "Collections", Path: "/_/"}, {Label: "New collection"}},
	}, newPage(c.R.URL.Query().Get("name")))
}

// firstFields are the fields of a new collection in addition to the system fields.
var firstFields = []any{
	map[string]any{"name": "created", "type": "autodate", "onCreate": true},
	map[string]any{"name": "updated", "type": "autodate", "onCreate": true, "onUpdate": true},
}

// askTarget answers with a dialog that creates a base collection for a new relation field.
func askTarget(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	return c.Dialog(http.StatusOK, targetDialog(in, c.R.URL.Query().Get("_key")))
}

// createTarget creates a base collection. At the event targetcreated, fields.js selects the
// collection in the relation field; the other inputs of the form keep their values.
func createTarget(c *console.Call) error {
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	text, err := json.Marshal(map[string]any{"name": c.R.PostForm.Get("name"), "type": "base", "fields": firstFields})
	if err != nil {
		return err
	}
	made, err := c.App.Collections().Create(c.R.Context(), c.Caller, text)
	if err != nil {
		return form.Fail(c, err)
	}
	return c.Event("targetcreated", map[string]string{"key": c.R.PostForm.Get("field"), "id": made.ID, "name": made.Name, "words": "Created " + made.Name})
}

// create creates a collection with the system fields only; the superuser adds others on its page.
func create(c *console.Call) error {
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	kind := c.R.PostForm.Get("type")
	body := map[string]any{"name": c.R.PostForm.Get("name"), "type": kind}
	if kind == "view" {
		body["viewQuery"] = c.R.PostForm.Get("viewQuery")
	} else {
		body["fields"] = firstFields
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	made, err := c.App.Collections().Create(c.R.Context(), c.Caller, text)
	if err != nil {
		return form.Fail(c, err)
	}
	c.Toast("Created " + made.Name)
	return c.Go(console.CollectionPath(made) + "/fields")
}
