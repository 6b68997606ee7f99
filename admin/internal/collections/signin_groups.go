package collections

import (
	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/schema"
)

// methodGroup returns the inputs of the sign-in methods.
func methodGroup(in *schema.Collection) form.Group {
	code := form.Input{Name: "otp.enabled", Label: "One-time code", Help: "By mail. Only with a mail server that works.", Kind: form.Switch}
	if in.Name == schema.Superusers {
		code.Help = "By mail, as the second step. Only with a mail server that works."
	}
	return form.Group{Title: "Ways to sign in", About: "What auth-methods tells apps.", Inputs: []form.Input{
		{Name: "passwordAuth.enabled", Label: "Password", Kind: form.Switch},
		{Name: "passwordAuth.identityFields", Label: "Known by", Help: "Fields that an account signs in with, one a line. Only a field with a unique index of its own, which is not hidden, can be chosen.", Kind: form.Lines, Options: identityFields(in)},
		code,
		{Name: "otp.duration", Label: "A code is good for", Unit: "s", Kind: form.Number},
		{Name: "otp.length", Label: "Digits of a code", Kind: form.Number},
		{Name: "mfa.enabled", Label: "Second step", Help: "Two of these ways are needed.", Kind: form.Switch},
		{Name: "mfa.duration", Label: "Time between both", Unit: "s", Kind: form.Number},
		{Name: "mfa.rule", Label: "Second step for", Help: "A rule about the account, such as verified = true. Empty: everyone.", Kind: form.Rule, Names: console.CollectionPath(in) + "/complete"},
		{Name: "authAlert.enabled", Label: "Mail about a sign-in from a new place", Kind: form.Switch},
	}}
}

// identityFields returns the fields that can identify an account at the sign-in.
func identityFields(in *schema.Collection) []form.Option {
	list := []form.Option{{Value: "email", Label: "email"}}
	for _, f := range in.Fields {
		_, unique := in.UniqueIndex(f.Name)
		if unique && f.Name != "email" && f.Name != "tokenKey" && !f.IsID() && !f.Hidden && f.Kind.Class() == schema.ClassText {
			list = append(list, form.Option{Value: f.Name, Label: f.Name})
		}
	}
	return list
}

// mappedGroup returns the inputs that map the profile data of OAuth2 providers to fields.
func mappedGroup(in *schema.Collection) form.Group {
	options := []form.Option{{Value: "", Label: "none"}}
	for _, f := range in.Fields {
		kind := f.Type()
		if !f.IsID() && f.Name != "tokenKey" && f.Name != "email" && (kind == "text" || kind == "url" || kind == "file") {
			options = append(options, form.Option{Value: f.Name, Label: f.Name})
		}
	}
	input := func(name, label string) form.Input {
		return form.Input{Name: "oauth2.mappedFields." + name, Label: label, Kind: form.Choice, Options: options}
	}
	return form.Group{Title: "What providers tell", About: "Fields that are filled when an account is made.", Inputs: []form.Input{
		input("name", "Name"), input("username", "User name"), input("id", "Id at the provider"), input("avatarURL", "Picture"),
	}}
}

// tokenGroup returns the inputs of the lifetimes of tokens.
func tokenGroup() form.Group {
	g := form.Group{Title: "How long tokens last"}
	for _, k := range tokenKinds {
		g.Inputs = append(g.Inputs, form.Input{Name: k.at + ".duration", Label: k.title, Unit: "s", Kind: form.Number})
	}
	g.Inputs = append(g.Inputs, form.Input{Name: "sessionDuration", Label: "A session at most", Help: "After it one signs in again. 0: for ever.", Unit: "s", Kind: form.Number})
	return g
}

// mailGroup returns the inputs of the subject and the body of a mail.
func mailGroup(k mailKind) form.Group {
	return form.Group{Title: k.title, Inputs: []form.Input{
		{Name: k.at + ".subject", Label: "Subject", Wide: true}, {Name: k.at + ".body", Label: "Body", Kind: form.Code},
	}}
}

// signInGroups returns all inputs of the form, except the inputs of providers.
func signInGroups(in *schema.Collection) []form.Group {
	list := []form.Group{methodGroup(in), tokenGroup()}
	if in.Name != schema.Superusers {
		list = append(list, mappedGroup(in), form.Group{Inputs: []form.Input{{Name: "oauth2.enabled", Kind: form.Switch}}})
	}
	for _, k := range mailKinds(in) {
		list = append(list, mailGroup(k))
	}
	return list
}

// placeholders returns the placeholders in braces that a kind of mail may contain.
func placeholders(k mailKind, in *schema.Collection) []string {
	list := []string{"{APP_NAME}", "{APP_URL}", "{RECORD:email}"}
	switch k.at {
	case "verificationTemplate", "resetPasswordTemplate", "confirmEmailChangeTemplate":
		list = append(list, "{TOKEN}")
	case "otp.emailTemplate":
		list = append(list, "{OTP}", "{OTP_ID}")
	case "authAlert.emailTemplate":
		list = append(list, "{ALERT_INFO}")
	}
	if in.Field("name") != nil {
		list = append(list, "{RECORD:name}")
	}
	return list
}
