package gate

import (
	"net/http"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core/schema"
)

func showForgotten(c *console.Call) error { return forgotten(c, http.StatusOK, forgottenForm{}) }

// forgottenForm is the state of the page for a forgotten password.
type forgottenForm struct {
	email   string
	problem ui.Problem
	sent    bool
}

func forgotten(c *console.Call, status int, f forgottenForm) error {
	return c.Gate(status, ui.Gate{Title: "Set a new password", Scripts: []string{"wait.js"}}, forgottenPage(f))
}

// requestReset mails a link to the account with the address. The answer is the same if no account
// has the address.
func requestReset(c *console.Call) error {
	field, err := form(c)
	if err != nil {
		return err
	}
	f := forgottenForm{email: field("email")}
	err = c.Limit(c.W, c.R, c.Request, schema.Superusers, "requestPasswordReset")
	if err == nil {
		err = c.Auth.RequestPasswordReset(c.R.Context(), guest(c), schema.Superusers, auth.EmailForm{Email: f.email})
	}
	if err != nil {
		status, shown, err := problem(c, err, "This is no email address.")
		if err != nil {
			return err
		}
		f.problem = shown
		return forgotten(c, status, f)
	}
	f.sent = true
	return forgotten(c, http.StatusOK, f)
}
