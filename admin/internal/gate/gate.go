// Package gate has the pages before the console: signing in and out, the second step, a
// forgotten password, and the first superuser.
package gate

import (
	"net/http"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Routes are the addresses of the package.
func Routes() []console.Route {
	open := func(r console.Route) console.Route {
		r.Open = true
		return r
	}
	return []console.Route{
		open(console.Get("/_/sign-in", showSignIn)),
		open(console.Post("/_/sign-in", signIn)),
		open(console.Get("/_/sign-in-code", backToSignIn)),
		open(console.Post("/_/sign-in-code", enterCode)),
		open(console.Get("/_/forgotten", showForgotten)),
		open(console.Post("/_/forgotten", requestReset)),
		open(console.Get("/_/install", backToSignIn)),
		open(console.Post("/_/install", install)),
		open(console.Get("/_/install-restore", backToSignIn)),
		open(console.Post("/_/install-restore", installBackup)),
		open(console.Post("/_/sign-out", signOut)),
		console.Post("/_/sign-out/everywhere", signOutEverywhere),
		console.Post("/_/session", keepSession),
	}
}

// maxForm is the greatest body of a form here, in bytes.
const maxForm = 64 << 10

// form returns the fields of the form that the page has sent.
func form(c *console.Call) (func(name string) string, error) {
	c.R.Body = http.MaxBytesReader(c.W, c.R.Body, maxForm)
	if err := c.R.ParseForm(); err != nil {
		return nil, fault.Wrap(fault.Invalid, "The form could not be read.", err)
	}
	return c.R.PostForm.Get, nil
}

// ShowSignIn answers with the form to sign in. Its script looks first whether the address
// is that of a mail.
func ShowSignIn(c *console.Call, status int, f ui.SignIn) error {
	if f.Dialog {
		return c.Dialog(status, ui.SignInDialog(f))
	}
	has, err := c.Auth.HasSuperuser(c.R.Context())
	if err != nil {
		return err
	}
	f.NoSuperuser = !has
	return c.Gate(status, ui.Gate{Title: "Sign in", Scripts: []string{"link.js", "reveal.js", "signedout.js"}}, ui.SignInPage(f))
}

func showSignIn(c *console.Call) error {
	to := console.Landing(c.R.URL.Query().Get("to"))
	if c.Caller.Superuser() {
		return c.Go(to)
	}
	return ShowSignIn(c, http.StatusOK, ui.SignIn{To: to})
}

// backToSignIn is for who reloads a page that was the answer to a form.
func backToSignIn(c *console.Call) error { return c.Go("/_/sign-in") }

func signIn(c *console.Call) error {
	field, err := form(c)
	if err != nil {
		return err
	}
	again := ui.SignIn{Identity: field("identity"), To: field("to"), Dialog: field("dialog") != ""}
	if err := c.Limit(c.W, c.R, c.Request, schema.Superusers, "authWithPassword", "auth"); err != nil {
		return refuse(c, again, err)
	}
	res, err := c.Auth.WithPassword(c.R.Context(), guest(c), schema.Superusers,
		auth.PasswordForm{Identity: again.Identity, Password: field("password")}, "")
	if err != nil {
		return refuse(c, again, err)
	}
	if res.MFAID != "" {
		return sendCode(c, again, res.MFAID)
	}
	return enter(c, res, again.Dialog, again.To)
}

// guest is who asks, without the session that the browser may still have.
func guest(c *console.Call) record.Caller {
	caller := c.Caller
	caller.Auth = nil
	return caller
}

// refuse shows the form again. Who is not known and who has typed a wrong password see the
// same.
func refuse(c *console.Call, f ui.SignIn, err error) error {
	status, words, err := problem(c, err, "Wrong email or password.")
	if err != nil {
		return err
	}
	f.Problem = words
	return ShowSignIn(c, status, f)
}

// problem is what a form says about a failure; the error is returned if it is not the
// person's.
func problem(c *console.Call, err error, wrong string) (status int, words string, _ error) {
	switch fault.KindOf(err) {
	case fault.Invalid:
		return http.StatusUnprocessableEntity, wrong, nil
	case fault.TooMany:
		return http.StatusTooManyRequests, console.TooMany(c, err), nil
	}
	return 0, "", err
}

// enter begins the session.
func enter(c *console.Call, res *auth.Response, dialog bool, to string) error {
	c.SignedIn(res.Token)
	if !dialog {
		return c.Go(console.Landing(to))
	}
	r, err := c.Auth.Authenticate(c.R.Context(), res.Token)
	if err != nil {
		return err
	}
	account := ""
	if r != nil {
		account = r.Text("email")
	}
	return c.Event("signedin", map[string]string{"account": account})
}

// keepSession is asked while somebody types: that it was asked renews the session.
func keepSession(c *console.Call) error {
	c.W.WriteHeader(http.StatusNoContent)
	return nil
}

func signOut(c *console.Call) error {
	c.SignedOut()
	return c.Go("/_/sign-in")
}

// signOutEverywhere makes every token of the account void, wherever it is.
func signOutEverywhere(c *console.Call) error {
	_, err := c.App.Records().Update(c.R.Context(), c.Caller, schema.Superusers, c.Caller.Auth.ID(),
		record.Input{Body: map[string]any{"tokenKey:autogenerate": ""}})
	if err != nil {
		return err
	}
	return signOut(c)
}
