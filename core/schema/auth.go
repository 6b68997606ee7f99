// Options of auth collections: tokens, templates, OTP, MFA, OAuth2, password sign-in.

package schema

import (
	"encoding/json"
	"maps"
	"slices"
)

// AuthOptions are the options of auth collections. The order of the properties is that of the wire
// format.
type AuthOptions struct {
	AuthRule   *string `json:"authRule"`   // nil: no account can sign in; "": all accounts
	ManageRule *string `json:"manageRule"` // nil: superusers only; never ""

	AuthAlert    AuthAlert    `json:"authAlert"`
	OAuth2       OAuth2       `json:"oauth2"`
	PasswordAuth PasswordAuth `json:"passwordAuth"`
	MFA          MFA          `json:"mfa"`
	OTP          OTP          `json:"otp"`

	AuthToken          Token `json:"authToken"`
	PasswordResetToken Token `json:"passwordResetToken"`
	EmailChangeToken   Token `json:"emailChangeToken"`
	VerificationToken  Token `json:"verificationToken"`
	FileToken          Token `json:"fileToken"`

	// SessionDuration is the number of seconds after a sign-in for which its tokens can be
	// refreshed, and after which they end; 0 for no limit.
	SessionDuration int64 `json:"sessionDuration,omitempty"`

	VerificationTemplate       Template `json:"verificationTemplate"`
	ResetPasswordTemplate      Template `json:"resetPasswordTemplate"`
	ConfirmEmailChangeTemplate Template `json:"confirmEmailChangeTemplate"`

	// EmailChangedTemplate is the mail to the old address after a change of the address.
	// PasswordChangedTemplate is the mail to the address after a change of the password.
	// Loam sends no such mail if the template is nil.
	EmailChangedTemplate    *Template `json:"emailChangedTemplate,omitempty"`
	PasswordChangedTemplate *Template `json:"passwordChangedTemplate,omitempty"`

	// LanguageField names the field that holds the language of an account's mails, such as
	// "de" or "pt-BR". An empty LanguageField means that no field holds it.
	LanguageField string `json:"languageField,omitempty"`
}

// AuthAlert is the mail about a sign-in from a new place.
type AuthAlert struct {
	Enabled       bool     `json:"enabled"`
	EmailTemplate Template `json:"emailTemplate"`
}

// Template is a mail with placeholders.
type Template struct {
	Subject string `json:"subject"`
	Body    string `json:"body"`

	// Translations are the mail in other languages, by their tags (BCP 47).
	Translations Translations `json:"translations,omitempty"`
}

// Translation is a Template in one language.
type Translation struct {
	Subject string `json:"subject"`
	Body    string `json:"body"`
}

// Translations is a map that a body replaces as a whole, so that a body can remove a translation.
type Translations map[string]Translation

// UnmarshalJSON replaces the translations.
func (t *Translations) UnmarshalJSON(body []byte) error {
	var fresh map[string]Translation
	if err := json.Unmarshal(body, &fresh); err != nil {
		return err
	}
	*t = fresh
	return nil
}

// Token has the lifetime of tokens of a type, and the secret that signs them together with the
// record's tokenKey. The secret never leaves the server.
type Token struct {
	Secret   string `json:"secret,omitempty"`
	Duration int64  `json:"duration"` // seconds
}

// PasswordAuth has the options of the sign-in with a password.
type PasswordAuth struct {
	Enabled        bool     `json:"enabled"`
	IdentityFields []string `json:"identityFields"`
}

// MFA requires two ways of signing in from the accounts for which Rule holds.
type MFA struct {
	Enabled  bool   `json:"enabled"`
	Duration int64  `json:"duration"` // seconds between the two ways
	Rule     string `json:"rule"`     // "": all accounts
}

// OTP has the options of the sign-in with a code in a mail.
type OTP struct {
	Enabled       bool     `json:"enabled"`
	Duration      int64    `json:"duration"` // seconds
	Length        int      `json:"length"`
	EmailTemplate Template `json:"emailTemplate"`
}

// OAuth2 has the options of the sign-in through OAuth2 providers.
type OAuth2 struct {
	Providers    Providers    `json:"providers"`
	MappedFields MappedFields `json:"mappedFields"`
	Enabled      bool         `json:"enabled"`
}

// MappedFields names the fields for the profile data of a provider; "" for none.
type MappedFields struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Username  string `json:"username"`
	AvatarURL string `json:"avatarURL"`
}

// All returns pointers to the names.
func (m *MappedFields) All() []*string {
	return []*string{&m.ID, &m.Name, &m.Username, &m.AvatarURL}
}

// Provider is a configured OAuth2 provider. An empty option stands for the default of the provider.
type Provider struct {
	PKCE         *bool           `json:"pkce"`
	Name         string          `json:"name"`
	ClientID     string          `json:"clientId"`
	ClientSecret string          `json:"clientSecret,omitempty"` // never leaves the server
	AuthURL      string          `json:"authURL"`
	TokenURL     string          `json:"tokenURL"`
	UserInfoURL  string          `json:"userInfoURL"`
	DisplayName  string          `json:"displayName"`
	Extra        json.RawMessage `json:"extra"` // an object, nil if empty
}

// MarshalJSON always writes Extra as an object (docs/wire/records.md §2.2).
func (p Provider) MarshalJSON() ([]byte, error) {
	type plain Provider
	if p.Extra == nil || string(p.Extra) == "null" {
		p.Extra = json.RawMessage("{}")
	}
	return Marshal(plain(p))
}

// Providers is a list that a body replaces. Options that the body leaves out for a provider are
// kept from the stored provider with the same name.
type Providers []Provider

// Named returns the provider with the name, a pointer into the list; nil if there is none.
func (p Providers) Named(name string) *Provider {
	i := slices.IndexFunc(p, func(in Provider) bool { return in.Name == name })
	if i < 0 {
		return nil
	}
	return &p[i]
}

// UnmarshalJSON decodes the list over the providers that p holds.
func (p *Providers) UnmarshalJSON(body []byte) error {
	var items []json.RawMessage
	if err := json.Unmarshal(body, &items); err != nil {
		return err
	}
	list := make(Providers, 0, len(items))
	for _, item := range items {
		var named struct{ Name string }
		if err := json.Unmarshal(item, &named); err != nil {
			return err
		}
		// Clients do not get secrets, so a body often has none: they are kept from the stored
		// provider.
		provider := Provider{}
		if stored := p.Named(named.Name); stored != nil {
			provider = stored.clone()
		}
		if err := json.Unmarshal(item, &provider); err != nil {
			return err
		}
		if err := provider.checkExtra(); err != nil {
			return err
		}
		list = append(list, provider)
	}
	*p = list
	return nil
}

// checkExtra returns an error unless Extra is empty or an object.
func (p *Provider) checkExtra() error {
	if p.Extra == nil {
		return nil
	}
	var object map[string]json.RawMessage
	return json.Unmarshal(p.Extra, &object)
}

func (p Provider) clone() Provider {
	p.PKCE = clonePointer(p.PKCE)
	p.Extra = slices.Clone(p.Extra)
	return p
}

func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// Clone returns a deep copy.
func (o *AuthOptions) Clone() *AuthOptions {
	c := *o
	c.AuthRule, c.ManageRule = clonePointer(o.AuthRule), clonePointer(o.ManageRule)
	c.EmailChangedTemplate = clonePointer(o.EmailChangedTemplate)
	c.PasswordChangedTemplate = clonePointer(o.PasswordChangedTemplate)
	for _, t := range c.Templates() {
		t.Translations = maps.Clone(t.Translations)
	}
	c.PasswordAuth.IdentityFields = slices.Clone(o.PasswordAuth.IdentityFields)
	c.OAuth2.Providers = make(Providers, len(o.OAuth2.Providers))
	for i, p := range o.OAuth2.Providers {
		c.OAuth2.Providers[i] = p.clone()
	}
	return &c
}

// Templates returns the existing templates by their paths in the wire format. The pointers lead
// into o.
func (o *AuthOptions) Templates() map[string]*Template {
	all := map[string]*Template{
		"authAlert.emailTemplate":    &o.AuthAlert.EmailTemplate,
		"otp.emailTemplate":          &o.OTP.EmailTemplate,
		"verificationTemplate":       &o.VerificationTemplate,
		"resetPasswordTemplate":      &o.ResetPasswordTemplate,
		"confirmEmailChangeTemplate": &o.ConfirmEmailChangeTemplate,
		"emailChangedTemplate":       o.EmailChangedTemplate,
		"passwordChangedTemplate":    o.PasswordChangedTemplate,
	}
	maps.DeleteFunc(all, func(_ string, t *Template) bool { return t == nil })
	return all
}

// Tokens returns the options of all types of tokens by their names in the wire format. The pointers
// lead into o.
func (o *AuthOptions) Tokens() map[string]*Token {
	return map[string]*Token{
		"authToken":          &o.AuthToken,
		"passwordResetToken": &o.PasswordResetToken,
		"emailChangeToken":   &o.EmailChangeToken,
		"verificationToken":  &o.VerificationToken,
		"fileToken":          &o.FileToken,
	}
}

// public returns the options for clients, without secrets.
func (o *AuthOptions) public() *AuthOptions {
	// The options belong to a snapshot with other readers.
	c := o.Clone()
	for _, t := range c.Tokens() {
		t.Secret = ""
	}
	for i := range c.OAuth2.Providers {
		c.OAuth2.Providers[i].ClientSecret = ""
	}
	return c
}
