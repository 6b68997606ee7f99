package gate

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// sendCode mails a code for the second step and shows the form for the code.
func sendCode(c *console.Call, f ui.SignIn, mfaID string) error {
	if err := c.Limit(c.W, c.R, c.Request, schema.Superusers, "requestOTP"); err != nil {
		return refuse(c, f, err)
	}
	email, err := emailOf(c, mfaID)
	if err != nil {
		return refuse(c, f, err)
	}
	id, err := c.Auth.RequestOTP(c.R.Context(), guest(c), schema.Superusers, auth.EmailForm{Email: email})
	if err != nil {
		return refuse(c, f, err)
	}
	return showCode(c, http.StatusOK, ui.Code{Identity: f.Identity, MFAID: mfaID, OTPID: id, To: f.To, Dialog: f.Dialog})
}

// emailOf returns the e-mail address of the superuser who has passed the first step with the id.
// The typed identity may be the value of another field. An unknown id is an Invalid fault.
func emailOf(c *console.Call, mfaID string) (string, error) {
	step, err := c.App.Records().FindByID(c.R.Context(), schema.MFAs, mfaID)
	if superusers := c.App.Snapshot().Find(schema.Superusers); err == nil && (superusers == nil || step.Text("collectionRef") != superusers.ID) {
		err = fault.New(fault.NotFound, "")
	}
	var superuser *record.Record
	if err == nil {
		superuser, err = c.App.Records().FindByID(c.R.Context(), schema.Superusers, step.Text("recordRef"))
	}
	if fault.KindOf(err) == fault.NotFound {
		return "", fault.New(fault.Invalid, "The sign-in took too long. Start again.")
	}
	if err != nil {
		return "", err
	}
	return superuser.Text("email"), nil
}

func showCode(c *console.Call, status int, f ui.Code) error {
	if superusers := c.App.Snapshot().Find(schema.Superusers); superusers != nil {
		f.Seconds, f.Length = superusers.Auth.OTP.Duration, superusers.Auth.OTP.Length
	}
	f.Sent = f.Identity
	if email, err := emailOf(c, f.MFAID); err == nil {
		f.Sent = masked(email)
	}
	if f.Dialog {
		return c.Above(status, ui.CodeDialog(f))
	}
	return c.Gate(status, ui.Gate{Title: "Enter the code", Scripts: []string{"code.js", "wait.js"}}, ui.CodePage(f))
}

func enterCode(c *console.Call) error {
	field, err := form(c)
	if err != nil {
		return err
	}
	again := ui.Code{Identity: field("identity"), MFAID: field("mfaId"), OTPID: field("otpId"), To: field("to"), Dialog: field("dialog") != ""}
	if field("another") != "" {
		return sendCode(c, ui.SignIn{Identity: again.Identity, To: again.To, Dialog: again.Dialog}, again.MFAID)
	}
	err = c.Limit(c.W, c.R, c.Request, schema.Superusers, "authWithOTP", "auth")
	var res *auth.Response
	if err == nil {
		otp := c.Auth.Method("otp")
		res, err = c.Auth.SignIn(c.R.Context(), guest(c), schema.Superusers, otp,
			&auth.OTPForm{OTPID: again.OTPID, Password: field("code")}, auth.Options{MFAID: again.MFAID})
	}
	if err == nil && res.MFAID != "" { // a code cannot be the first step
		err = fault.New(fault.Invalid, "")
	}
	if err != nil {
		status, shown, err := problem(c, err, "This code is wrong or too old.")
		if err != nil {
			return err
		}
		again.Problem = shown
		return showCode(c, status, again)
	}
	return enter(c, res, again.Dialog, again.To)
}

// masked shortens an address to its first letter and its domain, such as "m•••@example.com".
func masked(email string) string {
	name, domain, _ := strings.Cut(email, "@")
	_, size := utf8.DecodeRuneInString(name)
	return name[:size] + "•••@" + domain
}
