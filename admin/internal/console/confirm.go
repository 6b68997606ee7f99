// The confirmation by password: dangerous actions require that the superuser has typed the password
// in the last 15 minutes. The proof is a token in a cookie (auth.Service.NewConfirmation).

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

// unconfirmed is the error of an action that requires the password. The answer is the form.
type unconfirmed struct{ form ui.Confirm }

func (*unconfirmed) Error() string {
	return "console: the password was not typed in the last 15 minutes"
}

// Confirmed wraps a screen with a dangerous action: the screen runs only if Confirm returns nil.
func Confirmed(screen Screen) Screen {
	return func(c *Call) error {
		if err := c.Confirm(ui.Confirm{}); err != nil {
			return err
		}
		return screen(c)
	}
}

// Confirm returns nil if the superuser has typed the password in this session in the last 15
// minutes. Otherwise the screen returns the error of Confirm and changes nothing: the answer is a
// dialog that asks for the password, with the Title, Verb and About of ask. After the right password
// the script sends the request again.
func (c *Call) Confirm(ask ui.Confirm) error {
	is, err := c.IsConfirmed()
	if err == nil && !is {
		err = &unconfirmed{ask}
	}
	return err
}

// IsConfirmed reports whether the superuser has typed the password in this session in the last 15
// minutes.
func (c *Call) IsConfirmed() (bool, error) {
	until, err := c.confirmedUntil()
	return !until.IsZero(), err
}

// confirmedUntil returns the end of the confirmation in the request; the zero time if the request
// has no valid confirmation of this session.
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

// PasswordConfirmed starts the 15 minutes. The caller has checked the password of the signed-in
// superuser.
func (c *Call) PasswordConfirmed() error { return c.confirmUntil(c.App.Now().Add(confirmedFor)) }

func (c *Call) confirmUntil(expires time.Time) error {
	left := expires.Sub(c.App.Now())
	if left < time.Second { // the confirmation ends while its session is renewed
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

// keptRound is the name of the kept document with a random text, which each sign-out of the superuser
// replaces.
const keptRound = "confirmations"

// sessionSecret returns the text to which confirmations of this session are bound: the token of the
// session and the text of keptRound. A sign-out does not end the token but replaces the text, so that
// copies of both cookies confirm nothing after a sign-out.
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

// AskPassword answers with the form for the password: a dialog for a script, else a page.
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

// sentFrom returns the address of the page with the form that the request sends, or the address of
// the request itself if it is a GET.
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
