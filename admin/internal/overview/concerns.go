package overview

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

// concern is a problem or an omission of the installation.
type concern struct {
	ID          string // identifies the concern, also in later requests
	What, Why   string // the problem, and its cause or effect
	Path, Label string // a link to the page where it can be solved
	Quiet       bool   // possibly intended
}

// concerns returns the concerns about broken views, settings and collections, in this order.
func concerns(c *console.Call) ([]concern, error) {
	snapshot := c.App.Snapshot()
	broken, err := c.App.Collections().BrokenViews(c.R.Context(), snapshot)
	if err != nil {
		return nil, err
	}
	return slices.Concat(ofViews(snapshot, broken), ofSettings(c), ofCollections(snapshot)), nil
}

// ofViews returns a concern for each view that cannot be read; broken has the errors of the
// database by the ids of the views.
func ofViews(snapshot *schema.Snapshot, broken map[string]string) (list []concern) {
	for _, c := range snapshot.All() {
		if why, ok := broken[c.ID]; ok {
			list = append(list, concern{ID: "view:" + c.ID, What: "The view " + c.Name + " cannot be read, and GraphQL leaves it out", Why: "The database says: " + why,
				Path: "/_/c/" + c.Name + "/fields", Label: "Query"})
		}
	}
	return list
}

func ofSettings(c *console.Call) (list []concern) {
	s, defaults := c.Settings, settings.Defaults()
	if s.Meta.AppURL == defaults.Meta.AppURL {
		list = append(list, concern{ID: "address", What: "The address of the app is still " + s.Meta.AppURL, Why: "Links in mails start with it.",
			Path: "/_/settings/application", Label: "Set"})
	}
	if !s.SMTP.Enabled {
		list = append(list, concern{ID: "mail", What: "No mail server is set", Why: "No mail is sent: no codes, no verification, no reset of a password.",
			Path: "/_/settings/mail", Label: "Set"})
	}
	if s.Backups.Cron == "" {
		list = append(list, concern{ID: "backups", What: "Backups have no schedule", Why: "A backup is made only when somebody starts it.",
			Path: "/_/settings/backups", Label: "Set"})
	}
	if !s.RateLimits.Enabled {
		list = append(list, concern{ID: "limits", What: "Rate limits are off", Why: "A client may send any number of requests.",
			Path: "/_/settings/limits", Label: "Set"})
	}
	if header := forwarding(c, s); header != "" {
		list = append(list, concern{ID: "proxy", What: "Requests come with the header " + header, Why: "No proxy is trusted, so logs and rate limits take all clients for the proxy.",
			Path: "/_/settings/limits", Label: "Set"})
	}
	return list
}

// forwarding returns a header of the request in which a proxy sends the client's address, if no
// such header is trusted; else "".
func forwarding(c *console.Call, s *settings.Settings) string {
	if len(s.TrustedProxy.Headers) > 0 {
		return ""
	}
	return console.ForwardingHeader(c.R)
}

func ofCollections(snapshot *schema.Snapshot) (list []concern) {
	for _, c := range snapshot.All() {
		if c.System {
			continue
		}
		rules := "/_/c/" + c.Name + "/rules"
		if names := openWrites(c); names != "" {
			list = append(list, concern{ID: "writes:" + c.ID, What: fmt.Sprintf("Anybody may %s records of %s", names, c.Name), Why: "The rule is empty, so nobody has to sign in.",
				Path: rules, Label: "Rules", Quiet: true})
		}
		if f := exposedFile(c); f != "" {
			list = append(list, concern{ID: "files:" + c.ID, What: fmt.Sprintf("Files of %s.%s are protected and anybody may view their records", c.Name, f),
				Why:  "A protected file is as open as its record.",
				Path: rules, Label: "Rules", Quiet: true})
		}
		if c.IsAuth() && c.Auth.OAuth2.Enabled && len(c.Auth.OAuth2.Providers) == 0 {
			list = append(list, concern{ID: "oauth2:" + c.ID, What: c.Name + " offers OAuth2 without a provider", Why: "Nobody can sign in with it yet.",
				Path: "/_/c/" + c.Name + "/sign-in", Label: "Sign-in"})
		}
	}
	return list
}

// openWrites lists the writes that everybody is allowed. The creation of an account is left out.
func openWrites(c *schema.Collection) string {
	var names []string
	for _, rule := range []struct {
		name string
		text *string
	}{{"create", c.CreateRule}, {"change", c.UpdateRule}, {"delete", c.DeleteRule}} {
		open := rule.text != nil && *rule.text == ""
		if open && !(rule.name == "create" && c.IsAuth()) { // people sign up by creating an account
			names = append(names, rule.name)
		}
	}
	return strings.Join(names, ", ")
}

func exposedFile(c *schema.Collection) string {
	if c.ViewRule == nil || *c.ViewRule != "" {
		return ""
	}
	for _, f := range c.Fields {
		if kind, ok := f.Kind.(*schema.File); ok && kind.Protected {
			return f.Name
		}
	}
	return ""
}
