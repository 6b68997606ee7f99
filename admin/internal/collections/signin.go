package collections

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/auth/provider"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// signIn has the sign-in options of a collection for the form.
type signIn struct {
	in        *schema.Collection
	document  form.Document
	providers []providerRow
	redirect  string // redirect URL, to be registered at the providers
	base      string // the value of the input _base
}

// providerRow is an OAuth2 provider in the form: its inputs are named providers.KEY.option. The key of a
// stored provider is its name.
type providerRow struct {
	key, name, display string
	secret             bool // a client secret is stored
	isNew              bool
	document           form.Document
}

// authOf returns the auth collection in the address. The fault is NotFound for other collections.
func authOf(c *console.Call) (*schema.Collection, error) { return mustBeAuth(c.Collection()) }

// mustBeAuth returns its arguments, but a NotFound fault for a collection that is no auth collection.
func mustBeAuth(in *schema.Collection, err error) (*schema.Collection, error) {
	if err == nil && !in.IsAuth() {
		return nil, fault.New(fault.NotFound, "Nobody signs in to "+in.Name+": it is no auth collection.")
	}
	return in, err
}

func showSignIn(c *console.Call) error {
	in, err := authOf(c)
	if err != nil {
		return err
	}
	s := signIn{in: in, redirect: strings.TrimRight(c.Settings.Meta.AppURL, "/") + "/api/oauth2-redirect"}
	if s.document, err = form.Open(in); err != nil {
		return err
	}
	stored, err := storedSignIn(in)
	if err != nil {
		return err
	}
	s.providers, s.base = stored.providers, stored.values.Base(c)
	c.W.Header().Set("Content-Security-Policy", c.W.Header().Get("Content-Security-Policy")+"; frame-src 'self'") // for previews of mails
	page := frame(c, in, "Sign-in")
	page.Scripts = append(page.Scripts, "editor.js", "signin.js")
	return c.Page(page, signInPage(s, c.Tabs(in), c.Locked()))
}

func rowOf(key string, p schema.Provider) (providerRow, error) {
	document, err := form.Open(p)
	if err != nil {
		return providerRow{}, err
	}
	pkce := ""
	if p.PKCE != nil {
		pkce = strconv.FormatBool(*p.PKCE)
	}
	document["pkce"] = pkce
	return providerRow{
		key: key, name: p.Name, display: cmp.Or(p.DisplayName, providerName(p.Name)), secret: p.ClientSecret != "",
		document: form.Document{"providers": map[string]any{key: map[string]any(document)}},
	}, nil
}

// providerName returns the display name of a provider.
func providerName(name string) string {
	if known, ok := provider.Find(name); ok {
		return known.DisplayName
	}
	return name
}

// newProvider answers with the row of a new provider.
func newProvider(c *console.Call) error {
	in, err := authOf(c)
	if err != nil {
		return err
	}
	name := c.R.URL.Query().Get("_provider")
	if _, ok := provider.Find(name); !ok {
		return fault.New(fault.Invalid, "There is no such provider.")
	}
	row, err := rowOf(form.NewKey(), schema.Provider{Name: name})
	if err != nil {
		return err
	}
	row.isNew = true
	return c.Part(providerItem(in, row))
}

// saveSignIn stores the options that the form changes. If another user has changed one of them since
// the form was opened, nothing is stored, and the form shows the conflict. A changed sign-in of the
// superusers requires the password. Since a second step may lock out all superusers, a dialog asks
// for a code from a mail, or for the name of the collection, before the second step is switched on.
// Another dialog shows changed identityOptions of OIDC providers before they are stored.
func saveSignIn(c *console.Call) error {
	in, err := mustBeAuth(edited(c))
	if err != nil {
		return err
	}
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	sent := c.R.PostForm
	stored, err := storedSignIn(in)
	if err != nil {
		return err
	}
	merge := form.NewMerge(c, in.ID, stored.values)
	change, moved, problems, err := signInChange(in, sent, stored, merge)
	switch {
	case err != nil:
		return err
	case len(problems) > 0:
		return form.Refuse(c, http.StatusUnprocessableEntity, problems)
	case merge.Conflicts():
		return merge.Refuse()
	}
	if in.Name == schema.Superusers {
		if err := c.Confirm(ui.Confirm{}); err != nil {
			return err
		}
		if needsSecondStep(change) && !in.Auth.MFA.Enabled && !stepConfirmed(c, in, sent.Get("_confirmed")) {
			return c.Dialog(http.StatusOK, secondStepDialog(in, sent.Get("_confirmed") != ""))
		}
	}
	if len(moved) > 0 && sent.Get("_confirmed") != in.Name {
		plan, err := planOf(c, in, change)
		if err != nil {
			return failSignIn(c, err, sent)
		}
		return c.Dialog(http.StatusOK, reviewDialog(review{in: in, plan: plan, providers: moved}))
	}
	if _, err := storeChange(c, in, change); err != nil {
		return failSignIn(c, err, sent)
	}
	c.Toast("Saved")
	return c.Go(console.CollectionPath(in) + "/sign-in")
}

// signInChange returns the change that the form describes, and in moved the changed identityOptions
// of OIDC providers.
func signInChange(in *schema.Collection, sent url.Values, stored storedOptions, merge *form.Merge) (change map[string]any, moved []difference, problems []form.Problem, err error) {
	merge.KeepIn(signInGroups(in), sent)
	change, problems = form.Patch(signInGroups(in), sent)
	if sent.Has("providers.any") {
		stored.mergeProviders(merge, sent)
		list, wrong := providersOf(in, sent)
		problems = append(problems, wrong...)
		if moved, err = providerChanges(in, list); err != nil {
			return nil, nil, nil, err
		}
		form.Put(change, "oauth2.providers", list)
	}
	if in.Name == schema.Superusers && dropsSecondStep(in, change) {
		problems = append(problems, form.Problem{Name: "mfa.enabled", Message: "One-time codes are only a second step for superusers. Switch the codes off as well."})
	}
	return change, moved, problems, nil
}

// keysOf returns the keys of the providers in the form, in their order.
func keysOf(sent url.Values) []string { return sent["providers.order"] }

// failSignIn is form.Fail for the form of the sign-in. The service names a provider by its index,
// the form by its key.
func failSignIn(c *console.Call, err error, sent url.Values) error {
	return form.FailAt(c, err, func(name string) string {
		parts := strings.SplitN(name, ".", 4)
		i, notNumber := strconv.Atoi(form.At(parts, 2))
		key := form.At(keysOf(sent), i)
		if form.At(parts, 1) != "providers" || notNumber != nil || key == "" {
			return name
		}
		return strings.Join(append([]string{"providers", key}, parts[3:]...), ".")
	})
}

// mailKind is a kind of mail to accounts.
type mailKind struct {
	template  mail.Template
	title, at string // at: path of the template in the collection's definition
}

// mailKinds returns the kinds of mail that the collection sends.
func mailKinds(in *schema.Collection) []mailKind {
	list := []mailKind{
		{mail.Verification, "Verify the address", "verificationTemplate"},
		{mail.PasswordReset, "Set a new password", "resetPasswordTemplate"},
		{mail.EmailChange, "Change the address", "confirmEmailChangeTemplate"},
		{mail.OTP, "One-time code", "otp.emailTemplate"},
		{mail.LoginAlert, "Signed in from a new place", "authAlert.emailTemplate"},
	}
	if in.Auth.EmailChangedTemplate != nil {
		list = append(list, mailKind{mail.EmailChanged, "The address was changed", "emailChangedTemplate"})
	}
	if in.Auth.PasswordChangedTemplate != nil {
		list = append(list, mailKind{mail.PasswordChanged, "The password was changed", "passwordChangedTemplate"})
	}
	return list
}

func mailKindOf(c *console.Call, in *schema.Collection) (mailKind, error) {
	name := mail.Template(c.Param("mail"))
	for _, k := range mailKinds(in) {
		if k.template == name {
			return k, nil
		}
	}
	return mailKind{}, fault.New(fault.NotFound, "There is no such mail.")
}

// previewMail answers with a dialog that previews the typed mail, saved or not.
func previewMail(c *console.Call) error {
	in, kind, err := mailOf(c)
	if err != nil {
		return err
	}
	t := schema.Template{Subject: c.R.PostForm.Get(kind.at + ".subject"), Body: c.R.PostForm.Get(kind.at + ".body")}
	subject, _ := rendered(c, in, t)
	return c.Dialog(http.StatusOK, mailPreview(in, kind, t, subject))
}

// mailOf reads the form and returns the collection and the kind of mail in the address.
func mailOf(c *console.Call) (*schema.Collection, mailKind, error) {
	in, err := authOf(c)
	if err != nil {
		return nil, mailKind{}, err
	}
	if err := form.Read(c, form.Small); err != nil {
		return nil, mailKind{}, err
	}
	kind, err := mailKindOf(c, in)
	return in, kind, err
}

// mailPolicy allows the inline styles and the pictures of a mail, and no scripts.
const mailPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; frame-ancestors 'self'"

// mailPage answers with the body of a mail as its recipient sees it.
func mailPage(c *console.Call) error {
	in, _, err := mailOf(c)
	if err != nil {
		return err
	}
	_, page := rendered(c, in, schema.Template{Subject: c.R.PostForm.Get("subject"), Body: c.R.PostForm.Get("body")})
	c.W.Header().Set("Content-Security-Policy", mailPolicy)
	c.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	c.W.Write([]byte(page)) //nolint:errcheck // a client that has disconnected gets no answer
	return nil
}

// rendered renders a mail with sample values.
func rendered(c *console.Call, in *schema.Collection, t schema.Template) (subject, page string) {
	sample := record.Blank(in)
	sample.Set("email", c.Caller.Auth.Text("email"))
	if f := in.Field("name"); f != nil && f.Kind.Class() == schema.ClassText {
		sample.Set("name", "Ann Example")
	}
	return c.App.Mails().Render(t, mail.Values{
		Record: sample, Token: "TOKEN", OTP: strings.Repeat("0", max(4, in.Auth.OTP.Length)), OTPID: "OTP_ID", AlertInfo: "2026-01-31 10:00:00 UTC - 192.0.2.1 Firefox",
	})
}

// testMail sends the saved mail to the signed-in superuser.
func testMail(c *console.Call) error {
	in, err := authOf(c)
	if err != nil {
		return err
	}
	kind, err := mailKindOf(c, in)
	if err != nil {
		return err
	}
	to := c.Caller.Auth.Text("email")
	if err := c.Auth.TestMail(c.R.Context(), c.Caller, auth.TestMailForm{Email: to, Template: string(kind.template), Collection: in.ID}); err != nil {
		return err
	}
	c.Toast("Sent to " + to)
	return c.Done()
}

// tokenKind is a kind of tokens of an auth collection.
type tokenKind struct{ at, title string }

var tokenKinds = []tokenKind{
	{"authToken", "Signed in"}, {"passwordResetToken", "New password"}, {"emailChangeToken", "New address"},
	{"verificationToken", "Verification"}, {"fileToken", "Protected files"},
}

// tokensOf returns the collection and the kind of tokens in the address.
func tokensOf(c *console.Call) (*schema.Collection, tokenKind, error) {
	in, err := authOf(c)
	if err != nil {
		return nil, tokenKind{}, err
	}
	i := slices.IndexFunc(tokenKinds, func(k tokenKind) bool { return k.at == c.Param("token") })
	if i < 0 {
		return nil, tokenKind{}, fault.New(fault.NotFound, "There are no such tokens.")
	}
	return in, tokenKinds[i], nil
}

func askEndTokens(c *console.Call) error {
	in, kind, err := tokensOf(c)
	if err != nil {
		return err
	}
	return c.Dialog(http.StatusOK, endTokensDialog(in, kind))
}

// endTokens voids all tokens of a kind by a new secret.
func endTokens(c *console.Call) error {
	in, kind, err := tokensOf(c)
	if err != nil {
		return err
	}
	secret := schema.RandomString(50, schema.AlphabetToken)
	if _, err := storeChange(c, in, map[string]any{kind.at: map[string]any{"secret": secret}}); err != nil {
		return err
	}
	c.Toast("Ended all")
	return c.Go(console.CollectionPath(in) + "/sign-in")
}
