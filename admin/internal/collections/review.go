package collections

import (
	"cmp"
	"slices"

	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/schema"
)

// review is a change that the superuser has to confirm.
type review struct {
	in        *schema.Collection
	plan      *collection.Plan
	names     []string     // sentences about renamed and deleted fields
	rules     []difference // changed rules
	providers []difference // changed options of OIDC providers
	lost      []lost
	uses      []use
	again     bool // a wrong name was typed
}

// difference is a value before and after the change, as text for the dialog.
type difference struct{ title, was, is string }

// asks reports whether the change has to be confirmed.
func (r review) asks() bool {
	return r.loses() || len(r.plan.Rewrites)+len(r.plan.Broken)+len(r.names)+len(r.rules)+len(r.providers) > 0
}

// loses reports whether the change deletes stored values. If so, the dialog asks for the name of
// the collection.
func (r review) loses() bool { return len(r.plan.Losses) > 0 }

// nameChanges describes the new name of the collection, and the fields that are deleted, are
// renamed, or from then on hold a single value instead of a list.
func (d *definition) nameChanges(body map[string]any) (list []string) {
	if is, _ := body["name"].(string); is != d.in.Name {
		list = append(list, "The collection "+d.in.Name+" becomes "+is+". Apps that use the old name fail.")
	}
	d.eachChange(body, func(was *schema.Field, is form.Document) {
		if is == nil {
			list = append(list, "The field "+was.Name+" is deleted.")
			return
		}
		if name := is.Text("name"); name != was.Name {
			list = append(list, "The field "+was.Name+" becomes "+name+". Apps that use the old name fail.")
		}
		if most, ok := is["maxSelect"].(int64); ok && most <= 1 && was.Multiple() {
			list = append(list, "The field "+was.Name+" holds one value instead of a list. Of several values the last is kept.")
		}
	})
	return list
}

// oldNames returns the names that body renames or deletes: the name of the collection and names of
// fields.
func (d *definition) oldNames(body map[string]any) (names []string) {
	if body["name"] != d.in.Name {
		names = append(names, d.in.Name)
	}
	d.eachChange(body, func(was *schema.Field, is form.Document) {
		if is == nil || is.Text("name") != was.Name {
			names = append(names, was.Name)
		}
	})
	return names
}

// eachChange calls fn with each stored field and its options in body; is is nil for a deleted
// field. The fields of a view are left out, since they follow from its query.
func (d *definition) eachChange(body map[string]any, fn func(was *schema.Field, is form.Document)) {
	fields, ok := body["fields"].([]form.Document)
	if !ok {
		return
	}
	for _, was := range d.in.Fields {
		var is form.Document
		if i := slices.IndexFunc(fields, func(f form.Document) bool { return f.Text("id") == was.ID }); i >= 0 {
			is = fields[i]
		}
		fn(was, is)
	}
}

// ruleChanges returns the typed rules that differ from the stored rules.
func ruleChanges(in *schema.Collection, typed []rule) (list []difference) {
	stored := rulesOf(in)
	for i, r := range typed {
		if was, is := stored[i].words(), r.words(); was != is {
			list = append(list, difference{r.label, was, is})
		}
	}
	return list
}

// words returns the expression of the rule, or the label of a rule that is locked or open.
func (r rule) words() string {
	switch r.mode() {
	case "locked":
		return lockedWords(r)
	case "open":
		return openWords(r)
	}
	return r.expression()
}

// identityOptions are the options of an OIDC provider that decide which account an id stands for.
// After a change, a linked id may be the id of another person.
var identityOptions = []string{"clientId", "authURL", "tokenURL", "userInfoURL", "extra.issuer", "extra.jwksURL", "extra.issuers"}

// providerChanges returns the changed identityOptions of the OIDC providers that are both stored
// and in the form.
func providerChanges(in *schema.Collection, providers []any) (list []difference, err error) {
	for _, sent := range providers {
		is, err := form.Open(sent)
		if err != nil {
			return nil, err
		}
		stored := in.Auth.OAuth2.Providers.Named(is.Text("name"))
		if stored == nil || !isOpenID(stored.Name) {
			continue
		}
		was, err := form.Open(stored)
		if err != nil {
			return nil, err
		}
		for _, option := range identityOptions {
			if was.Text(option) != is.Text(option) {
				list = append(list, difference{is.Text("name") + " " + option, cmp.Or(was.Text(option), "none"), cmp.Or(is.Text(option), "none")})
			}
		}
	}
	return list, nil
}
