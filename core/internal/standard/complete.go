// Completion of drafts: system fields and indexes, dependent auth options, the time of the
// change.

package standard

import "github.com/loambase/loam/core/schema"

// Complete sets the properties of a draft that the server decides, in place: system fields and
// indexes, options that depend on others, the time of the change. old is the stored collection,
// nil for a new one.
func Complete(c, old *schema.Collection, now string) {
	if !c.IsView() {
		setSystemFields(c, old)
	}
	SetIndexTable(c)
	if c.IsAuth() && c.Auth != nil {
		SetAuthIndexes(c)
		completeAuth(c, old)
	}
	if c.Indexes == nil {
		c.Indexes = []string{}
	}
	c.Updated = now
}

// completeAuth completes the options of an auth collection. Superusers always sign in by
// password and never by OAuth2.
func completeAuth(c, old *schema.Collection) {
	o := c.Auth
	for _, name := range o.OAuth2.MappedFields.All() {
		if c.Field(*name) == nil {
			*name = ""
		}
	}
	if o.OAuth2.Providers == nil {
		o.OAuth2.Providers = schema.Providers{}
	}
	if o.PasswordAuth.IdentityFields == nil {
		o.PasswordAuth.IdentityFields = []string{}
	}
	if c.Name == schema.Superusers {
		o.OAuth2 = schema.OAuth2{Providers: schema.Providers{}}
		o.PasswordAuth.Enabled = true
		o.MFA.Enabled = o.MFA.Enabled || o.OTP.Enabled
	}
	if old != nil && old.Auth != nil && !schema.EqualRules(old.Auth.AuthRule, o.AuthRule) {
		o.AuthToken.Secret = schema.NewSecret() // accounts that the old rule let in must sign in again
	}
}
