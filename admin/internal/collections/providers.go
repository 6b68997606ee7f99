package collections

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/auth/provider"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// choice is a provider in the list of providers that can be added.
type choice struct {
	provider.Info
	taken bool // the form has this provider already
}

// chooseProvider answers with a dialog that lists the providers.
func chooseProvider(c *console.Call) error {
	in, err := authOf(c)
	if err != nil {
		return err
	}
	taken := map[string]bool{}
	for name, values := range c.R.URL.Query() {
		if strings.HasPrefix(name, "providers.") && strings.HasSuffix(name, ".name") {
			taken[values[0]] = true
		}
	}
	var list []choice
	for _, p := range provider.List() {
		list = append(list, choice{p, taken[p.Name]})
	}
	return c.Dialog(http.StatusOK, providersDialog(in, list))
}

// askRemoveProvider answers with a dialog that shows how many accounts are linked to a stored
// provider. The parameter _key is the name of the provider.
func askRemoveProvider(c *console.Call) error {
	in, err := authOf(c)
	if err != nil {
		return err
	}
	p := in.Auth.OAuth2.Providers.Named(c.R.URL.Query().Get("_key"))
	if p == nil {
		return fault.New(fault.NotFound, "Somebody else has removed this provider. Discard shows the stored providers.")
	}
	linked, err := c.App.Records().CountMatching(c.R.Context(), c.Caller, record.Query{
		Collection: schema.ExternalAuths, Filter: "collectionRef = {:collection} && provider = {:provider}",
		Params: map[string]any{"collection": in.ID, "provider": p.Name},
	})
	if err != nil {
		return err
	}
	row, err := rowOf(p.Name, *p)
	if err != nil {
		return err
	}
	return c.Dialog(http.StatusOK, removeDialog(row, linked))
}

// isOpenID reports whether the provider is a generic OpenID Connect provider: oidc, oidc2 or oidc3.
// Its addresses are configured.
func isOpenID(name string) bool { return strings.HasPrefix(name, "oidc") }

// providerInputs returns the inputs of a provider. The object extra holds the options that only
// some providers have.
func providerInputs(p providerRow) []form.Input {
	at := "providers." + p.key + "."
	list := []form.Input{
		{Name: at + "clientId", Label: "Client id", Mono: true},
		{Name: at + "clientSecret", Label: "Client secret", Kind: form.Secret, Unset: !p.secret},
		{Name: at + "displayName", Label: "Shown as"},
		{Name: at + "pkce", Label: "PKCE", Kind: form.Choice, Options: []form.Option{{Value: "", Label: "as usual for the provider"}, {Value: "true", Label: "on"}, {Value: "false", Label: "off"}}},
	}
	if isOpenID(p.name) {
		list = append(list, form.Input{Name: at + "extra.issuer", Label: "Issuer", Help: "Its discovery document tells the addresses and keys, so the addresses below can stay empty.", Mono: true})
	}
	list = append(list,
		form.Input{Name: at + "authURL", Label: "Address to sign in", Help: addressHelp(p.name), Mono: true},
		form.Input{Name: at + "tokenURL", Label: "Address of tokens", Mono: true},
		form.Input{Name: at + "userInfoURL", Label: "Address of the account", Mono: true})
	switch {
	case isOpenID(p.name):
		list[len(list)-1].Help = "Empty: the account is read from the id_token."
		list = append(list,
			form.Input{Name: at + "extra.jwksURL", Label: "Address of the keys", Help: "JWKS; verifies the id_token.", Mono: true},
			form.Input{Name: at + "extra.issuers", Label: "Accepted issuers", Help: "Of id_tokens, one a line. Empty: every issuer.", Kind: form.Lines})
	case p.name == "microsoft":
		list = append(list, form.Input{Name: at + "extra.idTokenEmailClaim", Label: "E-mail address", Kind: form.Choice, Help: "The mail of the profile and the claim email can be set to any address by an administrator of the organisation.", Options: []form.Option{
			{Value: "", Label: "mail of the profile"}, {Value: "any_verified", Label: "any verified claim"}, {Value: "verified_primary_email", Label: "claim verified_primary_email"},
			{Value: "email_and_xms_edov", Label: "claim email, if xms_edov is set"}, {Value: "email", Label: "claim email"},
		}})
	}
	return list
}

// addressHelp returns the help text for the addresses of a provider: their default, and the
// addresses of other servers.
func addressHelp(name string) string {
	const own = "Empty: the public service. Of your own server: "
	switch name {
	case "microsoft":
		return "Empty: every Microsoft account. Of one tenant: https://login.microsoftonline.com/TENANT/oauth2/v2.0/authorize, and …/token below."
	case "lark":
		return "Empty: Feishu (China). Elsewhere: https://accounts.larksuite.com/open-apis/authen/v1/authorize, and open.larksuite.com in both addresses below."
	case "gitlab":
		return own + "https://HOST/oauth/authorize, …/oauth/token and …/api/v4/user."
	case "gitea":
		return own + "https://HOST/login/oauth/authorize, …/login/oauth/access_token and …/api/v1/user."
	case "mailcow":
		return "https://HOST/oauth/authorize, …/oauth/token and …/oauth/profile."
	}
	if isOpenID(name) {
		return ""
	}
	return "Empty: that of the provider."
}

// providersOf returns the providers in the form. A provider without a typed secret keeps its stored
// secret. Options in extra that have no input keep their values.
func providersOf(in *schema.Collection, sent url.Values) (list []any, problems []form.Problem) {
	list = []any{}
	for _, key := range keysOf(sent) {
		at := "providers." + key
		name := sent.Get(at + ".name")
		typed, wrong := form.Patch([]form.Group{{Inputs: providerInputs(providerRow{key: key, name: name})}}, sent)
		problems = append(problems, wrong...)
		all, _ := typed["providers"].(map[string]any)
		p, _ := all[key].(map[string]any)
		if p == nil {
			p = map[string]any{}
		}
		for option, value := range p {
			if text, ok := value.(string); ok && option != "clientSecret" {
				p[option] = strings.TrimSpace(text)
			}
		}
		p["name"] = name
		switch p["pkce"] {
		case "true", "false":
			p["pkce"] = p["pkce"] == "true"
		default:
			p["pkce"] = nil
		}
		p["extra"] = mergedExtra(storedExtra(in, name), p["extra"])
		problems = append(problems, missingAddresses(at, p)...)
		list = append(list, p)
	}
	return list, problems
}

// missingAddresses returns a problem for each address that must not be empty: those of a provider
// without a public service, and the others of a server whose first address is filled in. With one
// address of their own, the code and the client secret of that server would be sent to the public
// service.
func missingAddresses(at string, p map[string]any) (problems []form.Problem) {
	names := []string{"authURL", "tokenURL", "userInfoURL"}
	message := "The other addresses are those of another server: fill in this one too."
	needed := false
	switch name := p["name"].(string); {
	case name == "microsoft":
		names = names[:2] // every tenant has the same address of the account
	case name == "mailcow":
		needed, message = true, "There is no public service: fill in the address of your server."
	case isOpenID(name):
		names = names[:2] // the account may be in the id_token
		extra, _ := p["extra"].(map[string]any)
		if extra["issuer"] != nil {
			return nil
		}
		needed, message = true, "Fill in the issuer, or this address."
	case name != "gitlab" && name != "gitea" && name != "lark":
		return nil
	}
	for _, name := range names {
		if text, _ := p[name].(string); text != "" {
			needed = true
		} else {
			problems = append(problems, form.Problem{Name: at + "." + name, Message: message})
		}
	}
	if !needed {
		return nil
	}
	return problems
}

// storedExtra returns the stored extra of the provider with the name; an empty map if there is
// none.
func storedExtra(in *schema.Collection, name string) (extra map[string]any) {
	extra = map[string]any{}
	stored := in.Auth.OAuth2.Providers.Named(name)
	if stored == nil || len(stored.Extra) == 0 {
		return extra
	}
	if json.Unmarshal(stored.Extra, &extra) != nil || extra == nil {
		return map[string]any{}
	}
	return extra
}

// mergedExtra adds the typed options to stored, removes options that were typed empty, and returns
// stored.
func mergedExtra(stored map[string]any, typed any) map[string]any {
	options, _ := typed.(map[string]any)
	for name, value := range options {
		text, isText := value.(string)
		lines, isLines := value.([]string)
		if isText && strings.TrimSpace(text) == "" || isLines && len(lines) == 0 {
			delete(stored, name)
			continue
		}
		stored[name] = value
	}
	return stored
}
