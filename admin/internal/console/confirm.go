// The confirmation by password. Dangerous actions require that the superuser has typed the password
// in the last 15 minutes. A token in a cookie proves this; see auth.Service.NewConfirmation.

package console

import (
	"net/http"
	"net/url"
	"time"

	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/schema"
)

const (
	confirmedCookie = "loam_confirmed"
	confirmedFor    = 15 * time.Minute
)

// unconfirmed is the error of an action that requires the password. Call.fail answers with the
// form.
type unconfirmed struct{ form ui.Confirm }

func (*unconfirmed) Error() string {
	return "console: the password was not typed in the last 15 minutes"
}

// Confirmed wraps a screen with a dangerous action. The screen is called only if Confirm returns
// nil.
func Confirmed(screen Screen) Screen {
	return func(c *Call) error {
		if err := c.Confirm(ui.Confirm{}); err != nil {
			return err
		}
		return screen(c)
	}
}

// Confirm returns nil if the superuser has typed the password in this session in the last 15
// minutes. Otherwise it returns an error, which the screen must return without a change of any
// data. The response then asks for the password, in a dialog with the Title, Verb and About of ask.
// After the right password the script sends the request again.
func (c *Call) Confirm(ask ui.Confirm) error {
	is, err := c.IsConfirmed()
	if err == nil && !is {
		err = &unconfirmed{ask}
	}
	return err
}

// IsConfirmed reports whether Confirm would return nil.
func (c *Call) IsConfirmed() (bool, error) {
	until, err := c.confirmedUntil()
	return !until.IsZero(), err
}

// confirmedUntil returns the end of the confirmation, or the zero time if the request has no valid
// confirmation of this session.
func (c *Call) confirmedUntil() (time.Time, error) {
	cookie, err := c.R.Cookie(confirmedCookie)
	if err != nil {
		return time.Time{}, nil
	}
	secret, err := c.sessionSecret()
	if err != nil {
		return time.Time{}, err
	}
	return c.Auth.Confirmed(c.R.Context(), c.Caller.Auth, secret, cookie.Value)
}

// PasswordConfirmed starts the 15 minutes of a confirmation. The caller must have checked the
// password of the signed-in superuser.
func (c *Call) PasswordConfirmed() error { return c.confirmUntil(c.App.Now().Add(confirmedFor)) }

func (c *Call) confirmUntil(expires time.Time) error {
	left := expires.Sub(c.App.Now())
	if left < time.Second { // the confirmation has ended during the renewal of its session
		return nil
	}
	secret, err := c.sessionSecret()
	if err != nil {
		return err
	}
	token, err := c.Auth.NewConfirmation(c.Caller.Auth, secret, expires)
	if err == nil {
		c.setCookie(confirmedCookie, token, int(left/time.Second))
	}
	return err
}

// keptRound is the name of the kept document with a random text. Each sign-out of the superuser
// replaces the text.
const keptRound = "confirmations"

// sessionSecret returns the secret of the session for its confirmations: the token of the session
// and the text of keptRound. A sign-out does not end the token, but it replaces the text; so copies
// of both cookies are not confirmed any more.
func (c *Call) sessionSecret() (string, error) {
	round := ""
	err := c.App.Kept(c.R.Context(), c.Caller, keptRound, &round)
	return c.Token + " " + round, err
}

func (c *Call) endConfirmations() error {
	return core.ChangeKept(c.R.Context(), c.App, c.Caller, keptRound, func(string) (string, error) {
		return schema.RandomString(15, schema.AlphabetID), nil
	})
}

// AskPassword answers with the form for the password: a dialog for a request of a script, else a
// page.
func (c *Call) AskPassword(status int, f ui.Confirm) error {
	f.Account = c.Caller.Auth.Text("email")
	if c.FromScript() {
		return c.Above(status, ui.ConfirmDialog(f))
	}
	if f.To == "" {
		f.To = c.sentFrom()
	}
	return c.PageAs(status, Page{Title: "Your password again"}, ui.ConfirmPage(f))
}

// sentFrom returns the address to open after the confirmation: of the page with the sent form, or
// of the request itself if it is a GET.
func (c *Call) sentFrom() string {
	from := c.R.URL
	if c.R.Method != http.MethodGet {
		var err error
		if from, err = url.Parse(c.R.Referer()); err != nil {
			from = &url.URL{}
		}
	}
	return Landing((&url.URL{Path: from.Path, RawQuery: from.RawQuery}).String())
}
