package provider

import (
	"cmp"
	"errors"
)

// microsoftEmail reads the e-mail address from the claim of the id_token that the configuration
// names. Without such a claim the address is that of the profile, which an administrator of the
// person's organisation can set to any value: that is acceptable only for trusted organisations.
func microsoftEmail(a *answer, u *User) error {
	which := a.client.extra.IDTokenEmailClaim
	if which == "" {
		return nil
	}
	u.Email = ""
	said, err := a.idToken()
	if err != nil {
		return err
	}
	claims := tree{said}
	verified := cmp.Or(claims.text("verified_primary_email.0"), claims.text("verified_primary_email"))
	owned := "" // the address, if its domain is known to belong to the organisation
	if claims.yes("xms_edov") {
		owned = claims.text("email")
	}
	switch which {
	case "any_verified":
		u.Email = cmp.Or(verified, owned)
	case "verified_primary_email":
		u.Email = verified
	case "email_and_xms_edov":
		u.Email = owned
	case "email":
		u.Email = claims.text("email")
	default:
		return errors.New("extra.idTokenEmailClaim is none that is known")
	}
	return nil
}
