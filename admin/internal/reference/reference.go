// Package reference serves the pages about the API of a collection: the parameters and sample
// answers of each operation, client code, and a form that sends the request as a chosen identity.
package reference

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// Routes returns the routes of the package.
func Routes() []console.Route {
	const page = "/_/c/{collection}/api"
	return []console.Route{
		console.Get(page, show),
		console.Get(page+"/{operation}", show),
		console.Post(page+"/{operation}/code", code),
		console.Post(page+"/{operation}/try", try),
	}
}

// operationID returns the id of the operation in the address, by default "list".
func operationID(c *console.Call) string { return cmp.Or(c.Param("operation"), "list") }

// found returns all operations of the collection, and the operation in the address.
func found(c *console.Call, in *schema.Collection, e example) (all []operation, op operation, err error) {
	all = operations(in, schema.TypeNames(c.App.Snapshot().All()), e)
	for i := range all {
		all[i].off = switchedOff(in, c.Settings, all[i].id)
	}
	i := slices.IndexFunc(all, func(o operation) bool { return o.id == operationID(c) })
	if i < 0 {
		return nil, op, fault.New(fault.NotFound, "The collection "+in.Name+" has no such operation.")
	}
	return all, all[i], nil
}

func show(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	e, err := exampleOf(c, in, operationID(c) == "file")
	if err != nil {
		return err
	}
	all, op, err := found(c, in, e)
	if err != nil {
		return err
	}
	f := filled{operation: op, base: c.Address(), collection: in.Name, values: map[string]string{}, sent: op.body}
	for _, p := range op.params {
		f.values[p.name] = p.sample
	}
	scripts := []string{"pick.js", "reference.js"}
	if slices.ContainsFunc(op.params, func(p param) bool { return p.name == "filter" }) {
		scripts = append(scripts, "editor.js")
	}
	return c.Page(console.Page{
		Title: in.Name + " API", Section: "data",
		Crumbs: []ui.Crumb{{Label: "Collections", Path: "/_/"}, {Label: in.Name, Path: console.CollectionPath(in)}, {Label: "API"}},
		Side:   c.Collections(in.Name), Scripts: scripts,
	}, referencePage(in, c.Tabs(in), all, f, c.Accounts()))
}

// typed returns the operation with the values of the form.
func typed(c *console.Call) (filled, error) {
	in, err := c.Collection()
	if err != nil {
		return filled{}, err
	}
	_, op, err := found(c, in, example{})
	if err != nil {
		return filled{}, err
	}
	if err := form.Read(c, form.Small); err != nil {
		return filled{}, err
	}
	f := filled{operation: op, base: c.Address(), collection: in.Name, values: map[string]string{}}
	for _, p := range op.params {
		f.values[p.name] = strings.TrimSpace(c.R.PostForm.Get("p." + p.name))
	}
	if op.body != "" {
		f.sent = strings.ReplaceAll(c.R.PostForm.Get("body"), "\r\n", "\n")
	}
	return f, nil
}

// code answers with the snippets for the values of the form.
func code(c *console.Call) error {
	f, err := typed(c)
	if err != nil {
		return err
	}
	return c.Part(snippets(f))
}

// tokenLife is the lifetime of a token for a trial, in seconds.
const tokenLife = 60

// try sends the request as the chosen identity. The browser never gets the token of the identity.
func try(c *console.Call) error {
	f, err := typed(c)
	if err != nil {
		return err
	}
	if !f.tried() {
		return fault.New(fault.Invalid, "An upload, or a connection that stays open, is not tried here.")
	}
	header := http.Header{}
	if f.sent != "" {
		header.Set("Content-Type", "application/json")
	}
	switch sent := c.R.PostForm; sent.Get("_as") {
	case "superuser":
		header.Set("Authorization", c.Token)
	case "user":
		if sent.Get("_user") == "" {
			return c.Part(tried(nil, "Choose the user who asks."))
		}
		as, err := c.Auth.Impersonate(c.R.Context(), c.Caller, sent.Get("_accounts"), sent.Get("_user"), auth.ImpersonateForm{Duration: tokenLife}, "")
		if fault.KindOf(err) == fault.NotFound && err != nil {
			return c.Part(tried(nil, "There is no such user any more."))
		}
		if err != nil {
			return err
		}
		header.Set("Authorization", as.Token)
	}
	for _, p := range f.params {
		if p.inPath && (f.values[p.name] == "" || f.values[p.name] == sampleID) {
			return c.Part(tried(nil, "Write the "+p.name+" of a record."))
		}
	}
	answer, err := c.Send(f.verb, f.address(), header, f.sent)
	if err != nil {
		return err
	}
	return c.Part(tried(answer, ""))
}

// pretty indents a JSON body. It returns other text unchanged, and a description of binary data.
func pretty(body []byte) string {
	if !utf8.Valid(body) {
		return "A file of " + ui.Bytes(int64(len(body))) + "."
	}
	var out bytes.Buffer
	if json.Indent(&out, body, "", "  ") != nil {
		return string(body)
	}
	return out.String()
}

func decode(text string, into any) error { return json.Unmarshal([]byte(text), into) }
