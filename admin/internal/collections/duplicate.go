// Definitions as JSON and as Go, and copies of collections and fields.

package collections

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
	definitionfile "github.com/loambase/loam/internal/definition"
	"github.com/loambase/loam/internal/migrationfile"
)

// definitionJSON answers with the definition of the collection without secrets, in the format of
// the import.
func definitionJSON(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	text, err := definitionfile.Text(in, definitionfile.JSON)
	if err != nil {
		return err
	}
	return c.Text("application/json", text)
}

// migration answers with a migration in Go that creates or updates the collection; with download, as
// a file. The fault is NotFound for a collection of the system, which migrations do not change.
func migration(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	if in.System {
		return fault.New(fault.NotFound, "Migrations do not change collections of the system.")
	}
	step, err := migrationfile.Collection(in)
	if err != nil {
		return err
	}
	name, text, err := migrationfile.Text(step, c.App.Now())
	if err != nil {
		return err
	}
	if !c.R.URL.Query().Has("download") {
		return c.Text("text/plain; charset=utf-8", text)
	}
	_, err = (&console.Download{W: c.W, Kind: "text/plain; charset=utf-8", Name: name}).Write(text)
	return err
}

func askDuplicate(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	return c.Dialog(http.StatusOK, duplicateDialog(in, freeName(c.App.Snapshot(), in.Name)))
}

// freeName returns the name with a suffix that makes it unique among the collections.
func freeName(snapshot *schema.Snapshot, name string) string {
	const longest = 240
	name = name[:min(len(name), longest)] + "_copy"
	for n, free := 2, name; ; n++ {
		if snapshot.Find(free) == nil {
			return free
		}
		free = name + strconv.Itoa(n)
	}
}

// duplicate creates a collection with the fields, rules and options of another collection, without
// its records.
func duplicate(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	body, err := copyOf(in, strings.TrimSpace(c.R.PostForm.Get("name")))
	if err != nil {
		return err
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

// copyOf returns the definition of a copy: without ids, with other names of indexes, and without
// OAuth2 providers, since a definition does not have their secrets.
func copyOf(in *schema.Collection, name string) (form.Document, error) {
	d, err := form.Open(in)
	if err != nil {
		return nil, err
	}
	for _, own := range []string{"id", "created", "updated", "system"} {
		delete(d, own)
	}
	d["name"] = name
	fields, _ := d["fields"].([]any)
	for _, f := range fields {
		if field, ok := f.(map[string]any); ok {
			delete(field, "id")
		}
	}
	d["indexes"] = in.IndexesOf(name, "_"+schema.RandomString(6, schema.AlphabetID))
	if in.View != nil {
		delete(d, "fields")
		delete(d, "indexes")
	}
	if in.IsAuth() {
		form.Put(d, "oauth2.enabled", false)
		form.Put(d, "oauth2.providers", []any{})
	}
	return d, nil
}

// copyField answers with the row of a copy of a field in the form, with the typed options.
func copyField(c *console.Call) error {
	in, t, err := readDraft(c)
	if err != nil {
		return err
	}
	copied := t.field(t.sent.Get("_key"))
	if len(t.problems) > 0 {
		return form.Refuse(c, http.StatusUnprocessableEntity, t.problems)
	}
	for _, own := range []string{"id", "system", "primaryKey"} {
		delete(copied, own)
	}
	kind, _ := copied["type"].(string)
	name, _ := copied["name"].(string)
	if kind == "" {
		return fault.New(fault.Invalid, "There is no such field.")
	}
	copied["name"] = name + "_copy"
	f, err := newFieldFrom(copied, t.targets)
	if err != nil {
		return err
	}
	return c.Part(fieldRow(console.CollectionPath(in), f, true))
}

// newFieldFrom returns a new field with the options, for the form.
func newFieldFrom(options map[string]any, targets []form.Option) (field, error) {
	options, err := form.Open(options)
	if err != nil {
		return field{}, err
	}
	f := fieldFrom(form.NewKey(), options, targets)
	f.isNew = true
	return f, nil
}
