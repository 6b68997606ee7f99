package auth

import (
	"github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/record"
)

// notify mails the earlier address of an account about its new address or password, if the
// collection has a template for that. The earlier address is all that is left to an owner who has
// lost the account to an attacker. The mail has no token in it, so it allows no action.
func (s *Service) notify(e *record.WriteEvent) error {
	was, options := e.Original, e.Collection().Auth
	email := was.Text("email")
	notice := func(t mail.Template) {
		from := originOf(e.Caller)
		_ = s.app.Mails().Queue(s.mailTo(email, was, t, mail.Values{ // Queue logs its failure
			AlertInfo: alertInfo(s.app.Now(), from.ip, from.agent), Accept: from.language,
		}), nil)
	}
	if email != "" && options.EmailChangedTemplate != nil && e.Record.Text("email") != email {
		notice(mail.EmailChanged)
	}
	if email != "" && options.PasswordChangedTemplate != nil && e.Record.Text("password") != was.Text("password") {
		notice(mail.PasswordChanged)
	}
	return e.Next()
}
