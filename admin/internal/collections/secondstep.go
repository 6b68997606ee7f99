// The switch for the second sign-in step of superusers. If mail does not work, the step locks all
// superusers out. The switch therefore asks for a code from a mail, or for the name of the
// collection.

package collections

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"net/http"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/schema"
)

// stepCodeTime is the minimum lifetime of a code. A code expires before twice this time.
const stepCodeTime = 10 * time.Minute

// stepCode returns the code of an account at a time: eight digits, computed from the account's
// secret. No code is stored, and every server of the database computes the same code.
func stepCode(tokenKey string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(tokenKey))
	fmt.Fprintf(mac, "second step %d", at.Unix()/int64(stepCodeTime/time.Second))
	return fmt.Sprintf("%08d", binary.BigEndian.Uint64(mac.Sum(nil))%100_000_000)
}

// needsSecondStep reports whether a change of the sign-in options of superusers switches on their
// second step. Codes by mail count too, since superusers use them as a second step only.
func needsSecondStep(change map[string]any) bool {
	mfa, _ := change["mfa"].(map[string]any)
	otp, _ := change["otp"].(map[string]any)
	return mfa["enabled"] == true || otp["enabled"] == true
}

// dropsSecondStep reports whether a change switches off the second step of superusers and leaves
// their one-time codes on. The service would ignore the change of the second step, since superusers
// cannot sign in by a code alone.
func dropsSecondStep(in *schema.Collection, change map[string]any) bool {
	mfa, _ := change["mfa"].(map[string]any)
	otp, _ := change["otp"].(map[string]any)
	codes, said := otp["enabled"].(bool)
	if !said {
		codes = in.Auth.OTP.Enabled
	}
	return mfa["enabled"] == false && codes
}

// stepConfirmed reports whether the text is a valid code of the caller or the name of the
// collection.
func stepConfirmed(c *console.Call, in *schema.Collection, text string) bool {
	if text == in.Name {
		return true
	}
	now, key := c.App.Config.Now(), c.Caller.Auth.Text("tokenKey")
	for _, at := range []time.Time{now, now.Add(-stepCodeTime)} {
		if subtle.ConstantTimeCompare([]byte(strings.TrimSpace(text)), []byte(stepCode(key, at))) == 1 {
			return true
		}
	}
	return false
}

// mailStepCode mails a code to the caller through the mail server of the settings.
func mailStepCode(c *console.Call) error {
	in, err := authOf(c)
	if err != nil {
		return err
	}
	if in.Name != schema.Superusers {
		return fault.New(fault.NotFound, "Only the second step of superusers has a code.")
	}
	to := c.Caller.Auth.Text("email")
	code := stepCode(c.Caller.Auth.Text("tokenKey"), c.App.Config.Now())
	err = c.App.Mails().Send(c.R.Context(), &mail.Message{
		To: []netmail.Address{{Address: to}}, Subject: "Code for the second step of superusers",
		HTML:       "<p>Your code is <b>" + code + "</b>. Type it in the console to switch on the second step of superusers.</p>",
		Collection: in.ID, Record: c.Caller.Auth.ID(), Secrets: []string{code},
	})
	if err != nil {
		return c.PartAs(http.StatusOK, stepMailed("", "The mail was not sent: "+err.Error()))
	}
	return c.Part(stepMailed(to, ""))
}
