package reference

import (
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

// switchedOff returns the reason why the server refuses the operation in its present settings, ""
// for none.
func switchedOff(in *schema.Collection, s *settings.Settings, id string) string {
	if id == "batch" && !s.Batch.Enabled {
		return "Batches are off. The settings of the API switch them on."
	}
	if !in.IsAuth() {
		return ""
	}
	switch id {
	case "password":
		if !in.Auth.PasswordAuth.Enabled {
			return "Passwords are off for " + in.Name + ". Its sign-in options switch them on."
		}
	case "request-otp", "otp":
		if !in.Auth.OTP.Enabled {
			return "One-time codes are off for " + in.Name + ". Its sign-in options switch them on."
		}
	case "oauth2":
		if !in.Auth.OAuth2.Enabled {
			return "OAuth2 is off for " + in.Name + ". Its sign-in options switch it on."
		}
	case "verification", "confirm-verification", "email", "confirm-email":
		if in.Name == schema.Superusers {
			return "Superusers are verified, and change their addresses without a mail."
		}
	}
	return ""
}
