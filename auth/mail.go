package auth

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/address"
)

// mailTemplate returns the template of the collection.
func mailTemplate(c *schema.Collection, t mail.Template) schema.Template {
	switch t {
	case mail.Verification:
		return c.Auth.VerificationTemplate
	case mail.PasswordReset:
		return c.Auth.ResetPasswordTemplate
	case mail.EmailChange:
		return c.Auth.ConfirmEmailChangeTemplate
	case mail.OTP:
		return c.Auth.OTP.EmailTemplate
	case mail.LoginAlert:
		return c.Auth.AuthAlert.EmailTemplate
	case mail.EmailChanged:
		return *c.Auth.EmailChangedTemplate
	case mail.PasswordChanged:
		return *c.Auth.PasswordChangedTemplate
	}
	return schema.Template{}
}

// mailTo returns a mail to an address of the record: a template of its collection with
// the values filled in.
func (s *Service) mailTo(address string, r *record.Record, t mail.Template, v mail.Values) *mail.Message {
	c := r.Collection()
	v.Record = r
	subject, page := s.app.Mails().Render(mailTemplate(c, t), v)
	return &mail.Message{
		To: []mail.Address{{Address: address}}, Subject: subject, HTML: page,
		Collection: c.ID, Template: t, Record: r.ID(), Secrets: []string{v.Token, v.OTP},
	}
}

// TestMailForm asks for a mail that shows whether mails arrive.
type TestMailForm struct {
	Email      string `json:"email"`
	Template   string `json:"template"`   // a mail.Template
	Collection string `json:"collection"` // an auth collection, by id or name; default: that of the superusers
}

// testMailTime is how long the sending of a test mail may take.
const testMailTime = 14 * time.Second

// TestMail sends a template with made-up values, at once. Who is not a superuser gets
// the fault of record.Caller.RequireSuperuser. The fault is Invalid for a form that is
// not complete, and for a mail that could not be sent: its message names the step.
func (s *Service) TestMail(ctx context.Context, caller record.Caller, form TestMailForm) error {
	if err := caller.RequireSuperuser(); err != nil {
		return err
	}
	if form.Collection == "" {
		form.Collection = schema.Superusers
	}
	c := s.app.Snapshot().Find(form.Collection)
	fails := fault.Fields{}
	fails.Set(checkEmail(form.Email), "email")
	fails.Set(checkTemplate(form.Template), "template")
	if c == nil || !c.IsAuth() {
		fails.Set(fault.Leaf("validation_invalid_auth_collection", "Missing or invalid auth collection"), "collection")
	} else if !hasTemplate(c, mail.Template(form.Template)) {
		fails.Set(fault.Leaf("validation_in_invalid", "The collection has no such template"), "template")
	}
	if err := formFault(fails); err != nil {
		return err
	}
	sample := record.Blank(c)
	for _, f := range c.Fields {
		switch f.Kind.(type) {
		case *schema.Text, *schema.Email, *schema.URL, *schema.Editor:
			if !f.Hidden {
				sample.Set(f.Name, "__pb_test_"+f.Name+"__")
			}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, testMailTime)
	defer cancel()
	m := s.mailTo(form.Email, sample, mail.Template(form.Template), mail.Values{
		Token: "test_token", OTP: strings.Repeat("0", max(4, c.Auth.OTP.Length)), OTPID: "test_otp_id",
		AlertInfo: alertInfo(s.app.Now(), caller.IP, "test"), Accept: acceptOf(caller),
	})
	m.Secrets = nil // it has none, and the reply of the server is to be told
	if err := s.app.Mails().Send(ctx, m); err != nil {
		return fault.Wrap(fault.Invalid, "Failed to send the test email. Raw error: "+err.Error(), err)
	}
	return nil
}

// acceptOf returns the languages that the caller's browser asks for.
func acceptOf(caller record.Caller) string {
	if accept := caller.Headers["Accept-Language"]; len(accept) > 0 {
		return accept[0]
	}
	return ""
}

// alertInfo describes a sign-in to the person whose account it is.
func alertInfo(at time.Time, ip, agent string) string {
	return strings.TrimSpace(fmt.Sprintf("%s - %s %s", at.UTC().Format("2006-01-02 15:04:05 UTC"), ip, agent))
}

func checkTemplate(name string) *fault.Field {
	switch mail.Template(name) {
	case "":
		return fault.Leaf("validation_required", "Cannot be blank")
	case mail.Verification, mail.PasswordReset, mail.EmailChange, mail.OTP, mail.LoginAlert, mail.EmailChanged, mail.PasswordChanged:
		return nil
	}
	return fault.Leaf("validation_in_invalid", "Must be a valid value")
}

// hasTemplate reports whether the collection sends such mails: those about changes only if it has
// a template for them.
func hasTemplate(c *schema.Collection, t mail.Template) bool {
	switch t {
	case mail.EmailChanged:
		return c.Auth.EmailChangedTemplate != nil
	case mail.PasswordChanged:
		return c.Auth.PasswordChangedTemplate != nil
	}
	return true
}

// checkEmail is what is wrong with an address that was submitted.
func checkEmail(s string) *fault.Field {
	if leaf := checkInput(s); leaf != nil {
		return leaf
	}
	if !address.IsEmail(s) {
		return fault.Leaf("validation_is_email", "Must be a valid email address")
	}
	return nil
}
