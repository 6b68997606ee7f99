// Validation of the options of auth collections: token durations, mail templates, OTP, MFA,
// OAuth2 providers and identity fields. MFA needs two enabled sign-in methods.

package alter

import (
	"fmt"
	"strings"

	"golang.org/x/text/language"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/address"
	"github.com/loambase/loam/internal/check"
)

const (
	minDuration      = 10 // seconds
	day              = 24 * 60 * 60
	maxTokenDuration = 94670856 // three years
)

// auth validates the options of an auth collection. Combinations (signIn) are validated only if
// each option is valid.
func (v *validation) auth() {
	o := v.c.Auth
	fails := fault.Fields{}
	fails.Set(v.rule(o.AuthRule), "authRule")
	if o.ManageRule != nil && *o.ManageRule == "" {
		fails.Set(fault.Leaf("validation_nil_or_not_empty_required", "Cannot be blank"), "manageRule")
	}
	fails.Set(v.rule(o.ManageRule), "manageRule")
	if v.Old != nil && v.Old.System && v.Old.Auth != nil {
		if !schema.EqualRules(v.Old.Auth.AuthRule, o.AuthRule) {
			fails.Set(systemRuleChange(), "authRule")
		}
		if !schema.EqualRules(v.Old.Auth.ManageRule, o.ManageRule) {
			fails.Set(systemRuleChange(), "manageRule")
		}
	}
	checkTemplates(o, fails)
	if name := o.LanguageField; name != "" && v.c.Field(name) == nil {
		fails.Set(fault.Leaf("validation_missing_field", fmt.Sprintf("Invalid or missing field %s", name), "fieldName", name), "languageField")
	}
	for name, t := range o.Tokens() {
		fails.Set(check.First(check.Filled(t.Secret), check.Length(t.Secret, 30, 255)), name, "secret")
		fails.Set(check.Needed(t.Duration, minDuration, maxTokenDuration), name, "duration")
	}
	fails.Set(check.Between(o.SessionDuration, minDuration, maxTokenDuration), "sessionDuration")
	// Options of a disabled sign-in method are not validated: they may be incomplete.
	if o.OTP.Enabled {
		fails.Set(check.Needed(o.OTP.Duration, minDuration, day), "otp", "duration")
		fails.Set(check.Needed(o.OTP.Length, 4, check.MaxSafe), "otp", "length")
	}
	if o.MFA.Enabled {
		fails.Set(check.Needed(o.MFA.Duration, minDuration, day), "mfa", "duration")
		fails.Set(v.rule(&o.MFA.Rule), "mfa", "rule")
	}
	if o.PasswordAuth.Enabled && len(o.PasswordAuth.IdentityFields) == 0 {
		fails.Set(check.Blank(), "passwordAuth", "identityFields")
	}
	if o.OAuth2.Enabled {
		checkProviders(o.OAuth2.Providers, fails)
	}
	if len(fails) == 0 {
		v.signIn(fails)
	}
	for name, fail := range fails {
		v.fails.Set(fail, name)
	}
}

// signIn validates combinations: MFA needs two sign-in methods, identity fields must exist and be
// unique.
func (v *validation) signIn(fails fault.Fields) {
	o := v.c.Auth
	ways := 0
	for _, enabled := range []bool{o.PasswordAuth.Enabled, o.OAuth2.Enabled, o.OTP.Enabled} {
		if enabled {
			ways++
		}
	}
	if o.MFA.Enabled && ways < 2 {
		fails.Set(fault.Leaf("validation_mfa_not_enough_auths",
			"MFA requires at least 2 auth methods to be enabled"), "mfa", "enabled")
	}
	if !o.PasswordAuth.Enabled {
		return
	}
	for _, name := range o.PasswordAuth.IdentityFields {
		if v.c.Field(name) == nil {
			fails.Set(fault.Leaf("validation_missing_field",
				fmt.Sprintf("Invalid or missing field %s", name), "fieldName", name), "passwordAuth", "identityFields")
		} else if _, ok := v.c.UniqueIndex(name); !ok {
			fails.Set(fault.Leaf("validation_missing_unique_constraint",
				fmt.Sprintf("The field %s doesn't have a UNIQUE constraint", name), "fieldName", name), "passwordAuth", "identityFields")
		}
	}
}

// checkTemplates requires subject and body of every mail template, in every language.
func checkTemplates(o *schema.AuthOptions, fails fault.Fields) {
	for name, t := range o.Templates() {
		set := func(fail *fault.Field, path ...string) {
			fails.Set(fail, append(strings.Split(name, "."), path...)...)
		}
		set(check.Filled(t.Subject), "subject")
		set(check.Filled(t.Body), "body")
		for tag, translation := range t.Translations {
			if _, err := language.Parse(tag); err != nil {
				set(fault.Leaf("validation_invalid_language", "Must be a language such as de or pt-BR"), "translations", tag)
			}
			set(check.Filled(translation.Subject), "translations", tag, "subject")
			set(check.Filled(translation.Body), "translations", tag, "body")
		}
	}
}

// checkProviders validates OAuth2 providers: they must be known and unique, with credentials and
// valid URLs.
func checkProviders(list schema.Providers, fails fault.Fields) {
	seen := map[string]bool{}
	for i, p := range list {
		set := func(fail *fault.Field, option string) {
			fails.Set(fail, "oauth2", "providers", fault.Index(i), option)
		}
		set(check.Filled(p.Name), "name")
		if !schema.KnownProvider(p.Name) {
			set(fault.Leaf("validation_missing_provider",
				fmt.Sprintf("Invalid or missing provider with name %s", p.Name), "name", p.Name), "name")
		}
		if seen[p.Name] {
			set(fault.Leaf("validation_duplicated_provider",
				fmt.Sprintf("The provider %s is already registered", p.Name), "name", p.Name), "name")
		}
		seen[p.Name] = true
		set(check.Filled(p.ClientID), "clientId")
		set(check.Filled(p.ClientSecret), "clientSecret")
		set(webAddress(p.AuthURL), "authURL")
		set(webAddress(p.TokenURL), "tokenURL")
		set(webAddress(p.UserInfoURL), "userInfoURL")
	}
}

// webAddress accepts an empty text and any URL.
func webAddress(s string) *fault.Field {
	if s != "" && !address.IsURL(s) {
		return fault.Leaf("validation_is_url", "Must be a valid URL")
	}
	return nil
}
