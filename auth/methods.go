package auth

import "slices"

// Methods are the ways to sign in to a collection (contract
// auth-realtime-system.md §1.4). The order of the properties is that of the wire.
type Methods struct {
	Password PasswordMethod `json:"password"`
	OAuth2   OAuth2Method   `json:"oauth2"`
	MFA      TimedMethod    `json:"mfa"`
	OTP      TimedMethod    `json:"otp"`

	// What old clients look at.
	AuthProviders    []struct{} `json:"authProviders"` // null without OAuth2
	UsernamePassword bool       `json:"usernamePassword"`
	EmailPassword    bool       `json:"emailPassword"`
}

// PasswordMethod is signing in with a password and one of the fields.
type PasswordMethod struct {
	IdentityFields []string `json:"identityFields"`
	Enabled        bool     `json:"enabled"`
}

// OAuth2Method is signing in through other services.
type OAuth2Method struct {
	Providers []struct{} `json:"providers"`
	Enabled   bool       `json:"enabled"`
}

// TimedMethod is a way to sign in that has to be completed within some seconds.
type TimedMethod struct {
	Enabled  bool  `json:"enabled"`
	Duration int64 `json:"duration"`
}

// Methods are the ways to sign in to the auth collection. There is only one, the
// password: what a collection says about others has no effect, so clients are told
// that they are off.
func (s *Service) Methods(collection string) (*Methods, error) {
	c, err := s.collection(collection)
	if err != nil {
		return nil, err
	}
	m := &Methods{
		Password: PasswordMethod{IdentityFields: []string{}},
		OAuth2:   OAuth2Method{Providers: []struct{}{}},
	}
	if o := c.Auth.PasswordAuth; o.Enabled {
		m.Password = PasswordMethod{IdentityFields: o.IdentityFields, Enabled: true}
		m.EmailPassword = slices.Contains(o.IdentityFields, "email")
		m.UsernamePassword = slices.Contains(o.IdentityFields, "username")
	}
	return m, nil
}
