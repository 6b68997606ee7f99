// The merge of the form of the sign-in options with changes that somebody else has made since it was
// opened.

package collections

import (
	"encoding/json"
	"net/url"
	"slices"

	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/schema"
)

// storedOptions are the stored sign-in options.
type storedOptions struct {
	providers []providerRow
	values    form.Values // of the inputs, and of each provider as a whole
}

func storedSignIn(in *schema.Collection) (s storedOptions, err error) {
	s.values = form.Values{}
	document, err := form.Open(in)
	if err != nil {
		return s, err
	}
	for _, g := range signInGroups(in) {
		s.values.Add(g.Inputs, document)
	}
	if in.Name == schema.Superusers { // nobody signs in to the console through a provider
		return s, nil
	}
	for _, p := range in.Auth.OAuth2.Providers {
		row, err := rowOf(p.Name, p)
		if err != nil {
			return s, err
		}
		s.providers = append(s.providers, row)
		s.values.Add(providerInputs(row), row.document)
		s.values[row.at("clientSecret")] = form.Value{Text: p.ClientSecret, Secret: true}
		text, err := json.Marshal(row.document)
		if err != nil {
			return s, err
		}
		s.values["providers."+row.key] = form.Value{Text: string(text) + p.ClientSecret, Secret: true}
	}
	return s, nil
}

// at returns the name of the input of an option.
func (p providerRow) at(option string) string { return "providers." + p.key + "." + option }

// mergeProviders changes the sent form to the merged one. Options that the form does not change get
// their stored texts. Providers that somebody else has added are added, and those that somebody else
// has removed are removed, unless they were changed in the form.
func (s storedOptions) mergeProviders(m *form.Merge, sent url.Values) {
	var order []string
	inForm := map[string]bool{}
	for _, key := range keysOf(sent) {
		row := providerRow{key: key, name: sent.Get("providers." + key + ".name")}
		inForm[row.name] = true
		if s.mergeProvider(m, sent, row) {
			order = append(order, key)
		}
	}
	for _, row := range s.providers {
		whole := "providers." + row.key
		switch {
		case inForm[row.name]:
		case !m.Knows(whole): // added by somebody else
			order = append(order, row.key)
			sent.Set(row.at("name"), row.name)
			s.fill(sent, row)
		case m.ChangedElsewhere(whole): // removed in the form
			m.Conflict(whole, "oauth2.providers", " has changed "+row.display+". Save again to remove it.", false)
		}
	}
	sent["providers.order"] = order
}

// mergeProvider merges the options of a provider in the form. It reports whether the provider stays.
func (s storedOptions) mergeProvider(m *form.Merge, sent url.Values, row providerRow) (stays bool) {
	i := slices.IndexFunc(s.providers, func(p providerRow) bool { return p.name == row.name })
	isNew, whole, inputs := row.key != row.name, "providers."+row.name, providerInputs(row)
	switch {
	case isNew && i >= 0 && !m.Knows(whole):
		m.Conflict(whole, "providers."+row.key, " has added this provider too. Save again to put yours in its place.", true)
	case isNew:
	case i >= 0:
		m.Keep(inputs, sent)
		s.fill(sent, s.providers[i])
	case !m.Knows(whole): // an earlier answer had the conflict
	case m.Edits(inputs, sent):
		m.Conflict(whole, whole, " has removed this provider. Save again to add it anew, with its client secret.", true)
	default:
		return false
	}
	return true
}

// fill adds the stored texts of the provider to the sent form, for inputs that were not sent.
func (s storedOptions) fill(sent url.Values, row providerRow) {
	for _, in := range providerInputs(row) {
		if !sent.Has(in.Name) && in.Kind != form.Secret {
			sent.Set(in.Name, in.Text(row.document))
		}
	}
}
