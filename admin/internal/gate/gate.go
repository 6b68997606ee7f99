// Package gate serves the pages for visitors without a session: the sign-in with its second step,
// a forgotten password, and the creation of the first superuser. It also ends sessions.
package gate

import (
	"cmp"
	"fmt"
	"net/http"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Routes returns the routes of the package.
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
		console.Get("/_/confirm", func(c *console.Call) error { return c.Go("/_/") }),
		console.Post("/_/confirm", confirmPassword),
	}
}

// maxForm is the size limit of the forms of this package, in bytes.
const maxForm = 64 << 10

// form parses the form of the request and returns a function that reads its fields.
func form(c *console.Call) (func(name string) string, error) {
	c.R.Body = http.MaxBytesReader(c.W, c.R.Body, maxForm)
	if err := c.R.ParseForm(); err != nil {
		return nil, fault.Wrap(fault.Invalid, "The form could not be read.", err)
	}
	return c.R.PostForm.Get, nil
}

// ShowSignIn answers with the sign-in form. A script of the page first opens the page for a link of
// a mail, if the address is such a link.
func ShowSignIn(c *console.Call, status int, f ui.SignIn) error {
	if superusers := c.App.Snapshot().Find(schema.Superusers); superusers != nil {
		f.Fields = superusers.Auth.PasswordAuth.IdentityFields
	}
	if f.Dialog {
		return c.Above(status, ui.SignInDialog(f))
	}
	has, err := c.Auth.HasSuperuser(c.R.Context())
	if err != nil {
		return err
	}
	f.NoSuperuser = !has
	return c.Gate(status, ui.Gate{Title: "Sign in", Scripts: []string{"link.js", "reveal.js", "signedout.js", "wait.js"}}, ui.SignInPage(f))
}

func showSignIn(c *console.Call) error {
	to := console.Landing(c.R.URL.Query().Get("to"))
	if c.Caller.Superuser() {
		return c.Go(to)
	}
	return ShowSignIn(c, http.StatusOK, ui.SignIn{To: to})
}

// backToSignIn redirects to the sign-in a browser that reloads the answer to a form.
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
	if fault.KindOf(err) == fault.Forbidden { // after the right password the reason may be shown
		err = cmp.Or(c.CheckAddress(), err)
	}
	if err != nil {
		return refuse(c, again, err)
	}
	if res.MFAID != "" {
		return sendCode(c, again, res.MFAID)
	}
	return enter(c, res, again.Dialog, again.To)
}

// guest returns the caller of the request as a guest, without the account of a current session.
func guest(c *console.Call) record.Caller {
	caller := c.Caller
	caller.Auth = nil
	return caller
}

// refuse shows the sign-in form again with a problem. The problem is the same for an unknown
// account and for a wrong password.
func refuse(c *console.Call, f ui.SignIn, err error) error {
	status, shown, err := problem(c, err, "Wrong email or password.")
	if err != nil {
		return err
	}
	f.Problem = shown
	return ShowSignIn(c, status, f)
}

// fewTries is the number of remaining attempts from which on the form mentions them.
const fewTries = 3

// problem returns the status and the problem of a refused sign-in. wrong is the message for a wrong
// password. An error that is no refusal is returned.
func problem(c *console.Call, err error, wrong string) (status int, p ui.Problem, _ error) {
	switch fault.KindOf(err) {
	case fault.Invalid:
		p.Words = wrong
		free, delay, known := auth.NextTry(err)
		switch {
		case !known:
		case delay > 0:
			p.Wait = delay
		case free == 1:
			p.Words += " One more try, then a pause."
		case free <= fewTries:
			p.Words += fmt.Sprintf(" %d more tries, then a pause.", free)
		}
		return http.StatusUnprocessableEntity, p, nil
	case fault.TooMany:
		return http.StatusTooManyRequests, ui.Problem{Words: "Too many tries.", Wait: console.TooMany(c, err)}, nil
	}
	return 0, p, err
}

// enter starts the session of a sign-in.
func enter(c *console.Call, res *auth.Response, dialog bool, to string) error {
	superuser, err := c.SignedIn(res.Token)
	if err != nil {
		return err
	}
	if !dialog {
		return c.Go(console.Landing(to))
	}
	account := ""
	if superuser != nil {
		account = superuser.Text("email")
	}
	return c.Event("signedin", map[string]string{"account": account})
}

// confirmPassword checks the password of the signed-in superuser. A wrong password counts as a
// failed sign-in.
func confirmPassword(c *console.Call) error {
	field, err := form(c)
	if err != nil {
		return err
	}
	err = c.Limit(c.W, c.R, c.Request, schema.Superusers, "authWithPassword", "auth")
	if err == nil {
		err = c.Auth.CheckPassword(c.R.Context(), c.Caller, field("password"))
	}
	if err != nil {
		status, shown, err := problem(c, err, "This is not your password.")
		if err != nil {
			return err
		}
		if c.FromScript() {
			return c.PartAs(status, ui.ConfirmProblem(shown))
		}
		return c.AskPassword(status, ui.Confirm{Problem: shown, To: console.Landing(field("to"))})
	}
	if err := c.PasswordConfirmed(); err != nil {
		return err
	}
	if c.FromScript() {
		return c.Event("confirmed", nil)
	}
	return c.Go(console.Landing(field("to")))
}

// keepSession answers 204 to a page in which somebody types. The request itself renews the session.
func keepSession(c *console.Call) error {
	c.W.WriteHeader(http.StatusNoContent)
	return nil
}

func signOut(c *console.Call) error {
	if err := c.SignedOut(); err != nil {
		return err
	}
	return c.Go("/_/sign-in")
}

// signOutEverywhere revokes all tokens of the superuser, and so ends the sessions of all browsers.
func signOutEverywhere(c *console.Call) error {
	_, err := c.App.Records().Update(c.R.Context(), c.Caller, schema.Superusers, c.Caller.Auth.ID(),
		record.Input{Body: map[string]any{"tokenKey:autogenerate": ""}})
	if err != nil {
		return err
	}
	return signOut(c)
}
