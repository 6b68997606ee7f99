// Default options of auth collections, with new secrets and the texts of mails.

package schema

// Lifetimes of a new auth collection, in seconds.
const (
	oneDay           = 24 * 60 * 60
	authDuration     = 5 * oneDay
	superuserSession = oneDay
	mailDuration     = 30 * 60
	fileDuration     = 3 * 60
)

// NewSecret returns a new secret for signing tokens, 50 random characters.
func NewSecret() string { return RandomString(50, AlphabetToken) }

// NewAuthOptions returns the options of a new auth collection with the name. Each token has a
// separate secret.
func NewAuthOptions(name string) *AuthOptions {
	everybody := ""
	o := &AuthOptions{
		AuthRule:     &everybody,
		AuthAlert:    AuthAlert{Enabled: true, EmailTemplate: alertTemplate()},
		OAuth2:       OAuth2{Providers: Providers{}},
		PasswordAuth: PasswordAuth{Enabled: true, IdentityFields: []string{"email"}},
		MFA:          MFA{Duration: 600},
		OTP:          OTP{Duration: 180, Length: 8, EmailTemplate: otpTemplate()},

		AuthToken:          Token{NewSecret(), authDuration},
		PasswordResetToken: Token{NewSecret(), mailDuration},
		EmailChangeToken:   Token{NewSecret(), mailDuration},
		VerificationToken:  Token{NewSecret(), oneDay},
		FileToken:          Token{NewSecret(), fileDuration},

		VerificationTemplate: linkTemplate("Verify your {APP_NAME} email",
			"Thank you for joining us at {APP_NAME}.", "verify your email address", "Verify", "confirm-verification"),
		ResetPasswordTemplate: linkTemplate("Reset your {APP_NAME} password",
			"You asked for a new password.", "choose one", "Reset password", "confirm-password-reset"),
		ConfirmEmailChangeTemplate: linkTemplate("Confirm your {APP_NAME} new email address",
			"You asked to change your email address.", "confirm the new one", "Confirm new email", "confirm-email-change"),
	}
	if name == Superusers {
		o.AuthToken.Duration = superuserSession
	}
	return o
}

// linkTemplate returns a mail with a button.
func linkTemplate(subject, opening, purpose, button, page string) Template {
	return Template{Subject: subject, Body: "<p>Hello,</p>\n" +
		"<p>" + opening + "</p>\n" +
		"<p>Click on the button below to " + purpose + ".</p>\n" +
		"<p>\n  <a class=\"btn\" href=\"{APP_URL}/_/#/auth/" + page + "/{TOKEN}\" target=\"_blank\" rel=\"noopener\">" + button + "</a>\n</p>\n" +
		"<p><i>If it was not you who asked for this, you can ignore this email.</i></p>\n" +
		"<p>\n  Thanks,<br/>\n  {APP_NAME} team\n</p>"}
}

func otpTemplate() Template {
	return Template{Subject: "OTP for {APP_NAME}", Body: "<p>Hello,</p>\n" +
		"<p>Your one-time password is: <strong>{OTP}</strong></p>\n" +
		"<p><i>If it was not you who asked for it, you can ignore this email.</i></p>\n" +
		"<p>\n  Thanks,<br/>\n  {APP_NAME} team\n</p>"}
}

func alertTemplate() Template {
	return Template{Subject: "Login from a new location", Body: "<p>Hello,</p>\n" +
		"<p>Somebody signed in to your {APP_NAME} account from a new location:</p>\n" +
		"<p><em>{ALERT_INFO}</em></p>\n" +
		"<p><strong>If it was not you, change your {APP_NAME} password at once: that signs out everybody else.</strong></p>\n" +
		"<p>If it was you, you can ignore this email.</p>\n" +
		"<p>\n  Thanks,<br/>\n  {APP_NAME} team\n</p>"}
}
