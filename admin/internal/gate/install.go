package gate

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// installForm has the values of the form that creates the first superuser.
type installForm struct {
	token, email, length string
	problems             map[string]string
}

// install shows the form of the installer, and creates the superuser when the form is sent. The
// link has the token after its "#", and a script posts the token in a form: the token is never sent
// in an address, which would appear in logs.
func install(c *console.Call) error {
	field, err := form(c)
	if err != nil {
		return err
	}
	f := installForm{token: field("token"), email: field("email"), length: passwordLength(c)}
	installer, err := installerOf(c, f.token)
	if err != nil {
		return err
	}
	if installer == nil {
		return showExpired(c)
	}
	if !c.R.PostForm.Has("email") {
		return showInstall(c, http.StatusOK, f)
	}
	caller := guest(c)
	caller.Auth = installer
	password := field("password")
	_, err = c.App.Records().Create(c.R.Context(), caller, schema.Superusers, record.Input{Body: map[string]any{
		"email": f.email, "password": password, "passwordConfirm": password,
	}})
	if err != nil {
		if f.problems, err = console.Problems(err); err != nil {
			return err
		}
		return showInstall(c, http.StatusUnprocessableEntity, f)
	}
	res, err := c.Auth.WithPassword(c.R.Context(), guest(c), schema.Superusers, auth.PasswordForm{Identity: f.email, Password: password}, "")
	if err != nil {
		return err
	}
	return enter(c, res, false, "")
}

func showExpired(c *console.Call) error {
	has, err := c.Auth.HasSuperuser(c.R.Context())
	if err != nil {
		return err
	}
	return c.Gate(http.StatusGone, ui.Gate{Title: "This link is not valid any more"}, expiredPage(has))
}

func showInstall(c *console.Call, status int, f installForm) error {
	return c.Gate(status, ui.Gate{Title: "First run", Scripts: []string{"reveal.js", "strength.js", "upload.js"}, Note: "The link of this page was printed where the server was started. " +
		"It is good for 30 minutes and for one account."}, installPage(f))
}

// passwordLength returns the least length of a superuser's password.
func passwordLength(c *console.Call) string {
	if superusers := c.App.Snapshot().Find(schema.Superusers); superusers != nil {
		if kind, ok := superusers.Field("password").Kind.(*schema.Password); ok {
			return strconv.Itoa(kind.Min)
		}
	}
	return "8"
}

// problemAttributes links an input to the message about its problem.
func problemAttributes(problems map[string]string, name string) templ.Attributes {
	if problems[name] == "" {
		return nil
	}
	return templ.Attributes{"aria-invalid": "true", "aria-describedby": name + "-err"}
}
