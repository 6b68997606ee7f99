package records

import (
	"cmp"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/auth/provider"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// account is the state of the sign-in tab of a record of an auth collection.
type account struct {
	linked  []link // the links to providers
	token   string // a new token, shown once; "" for none
	seconds int64  // lifetime of the new token; 0 without a token
}

// link is a record of _externalAuths: an account of a provider with which the user signs in.
type link struct {
	id       string // id of the record
	provider string // name of the provider
	title    string // display name of the provider
	account  string // id of the account at the provider
	since    string // time at which the record was created
	disabled bool   // no sign-in by the link: OAuth2 is off, or the collection lacks the provider
}

// linkOf returns the link of a record of _externalAuths; in is the collection of the account.
func linkOf(in *schema.Collection, r *record.Record) link {
	name := r.Text("provider")
	l := link{id: r.ID(), provider: name, title: name, account: r.Text("providerId"), since: r.Text("created"), disabled: true}
	if known, ok := provider.Find(name); ok {
		l.title = known.DisplayName
	}
	if used := in.Auth.OAuth2.Providers.Named(name); used != nil {
		l.title, l.disabled = cmp.Or(used.DisplayName, l.title), !in.Auth.OAuth2.Enabled
	}
	return l
}

func accountPath(p *panel) string { return recordPath(p.in, p.r.ID()) + "/sign-in" }

// mayVerify reports whether a verification mail can be sent to the account.
func mayVerify(p *panel) bool {
	return p.in.Name != schema.Superusers && p.r.Text("email") != "" && !p.r.Bool("verified")
}

// mayReset reports whether a password reset mail can be sent to the account.
func mayReset(p *panel) bool { return p.in.Auth.PasswordAuth.Enabled && p.r.Text("email") != "" }

// accountOf reads a record of an auth collection with its linked providers. The fault is NotFound
// for another collection and for a record that does not exist.
func accountOf(c *console.Call) (*panel, error) {
	in, err := c.Collection()
	if err != nil {
		return nil, err
	}
	if !in.IsAuth() {
		return nil, fault.New(fault.NotFound, "Nobody signs in to records of "+in.Name+".")
	}
	p, err := panelOf(c, in, c.Param("id"))
	if err != nil {
		return nil, err
	}
	p.account = &account{}
	found, err := c.App.Records().Find(c.R.Context(), c.Caller, record.Query{
		Collection: schema.ExternalAuths, Sort: "provider",
		Filter: "collectionRef = {:collection} && recordRef = {:record}", Params: map[string]any{"collection": in.ID, "record": p.r.ID()},
	})
	for _, r := range found {
		p.account.linked = append(p.account.linked, linkOf(in, r))
	}
	return p, err
}

func showAccount(c *console.Call) error {
	p, err := accountOf(c)
	if err != nil {
		return err
	}
	return answer(c, p)
}

// changeAccount does the action named by the input do: it sends a mail, ends all tokens, unlinks a
// provider or makes a token. The end of all tokens and a new token require the password.
func changeAccount(c *console.Call) error {
	p, err := accountOf(c)
	if err != nil {
		return err
	}
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	ctx, mail := c.R.Context(), auth.EmailForm{Email: p.r.Text("email")}
	said, do := "", c.R.PostForm.Get("do")
	if do == "end" || do == "token" {
		if err := c.Confirm(ui.Confirm{}); err != nil {
			return err
		}
	}
	switch do {
	case "verification":
		said, err = "A mail goes out, unless one did in the last two minutes", c.Auth.RequestVerification(ctx, c.Caller, p.in.Name, mail)
	case "reset":
		said, err = "A mail goes out, unless one did in the last two minutes", c.Auth.RequestPasswordReset(ctx, c.Caller, p.in.Name, mail)
	case "end":
		said, err = "All tokens have ended", c.EndTokens(p.r)
	case "unlink":
		said, err = "Unlinked", p.unlink(c, c.R.PostForm.Get("provider"))
	case "token":
		return p.makeToken(c)
	default:
		err = fault.New(fault.Invalid, "There is no action "+do+".")
	}
	if err != nil {
		return err
	}
	c.Toast(said)
	if c.FromScript() && !c.IsPart("panel") {
		return c.Done() // the form of the record stays open beside the menu
	}
	if p, err = accountOf(c); err != nil {
		return err
	}
	return answer(c, p)
}

// unlink deletes the link to a provider; id is the id of the record in _externalAuths.
func (p *panel) unlink(c *console.Call, id string) error {
	for _, linked := range p.account.linked {
		if linked.id == id {
			return c.App.Records().Delete(c.R.Context(), c.Caller, schema.ExternalAuths, id)
		}
	}
	return fault.New(fault.NotFound, "The account is not linked to this provider any more.")
}

// makeToken answers with the tab and a new token of the account.
func (p *panel) makeToken(c *console.Call) error {
	minutes, err := strconv.ParseInt(c.R.PostForm.Get("minutes"), 10, 32)
	if err != nil || minutes < 1 {
		return fault.New(fault.Invalid, "A token is good for a whole number of minutes, at least one.")
	}
	p.account.seconds = minutes * int64(time.Minute/time.Second)
	made, err := c.Auth.Impersonate(c.R.Context(), c.Caller, p.in.Name, p.r.ID(), auth.ImpersonateForm{Duration: p.account.seconds}, "")
	if err != nil {
		return err
	}
	p.account.token = made.Token
	return answer(c, p)
}

// asked returns the attributes with the question before an action, and the label of the button that
// agrees; nil for no question.
func asked(question, answer string) templ.Attributes {
	if question == "" {
		return nil
	}
	return templ.Attributes{"hx-confirm": question, "data-answer": answer}
}

// minutes returns the lifetime of a token in minutes for the input, "60" before the first token.
func (a *account) minutes() string {
	if a.seconds == 0 {
		return "60"
	}
	return strconv.FormatInt(a.seconds/60, 10)
}
