package provider

import "encoding/json"

// extra are the options of a configuration that only some services have
// (docs/wire/auth-realtime-system.md §1.6.5).
type extra struct {
	// Of OpenID Connect.
	Issuer  string   `json:"issuer"`  // where the addresses and keys are found, and whose id_tokens are required
	Issuers []string `json:"issuers"` // that are accepted in id_tokens
	JWKSURL string   `json:"jwksURL"` // the keys of id_tokens

	// Of Microsoft.
	IDTokenEmailClaim string `json:"idTokenEmailClaim"`
}

func parseExtra(text json.RawMessage) (e extra, err error) {
	if len(text) == 0 {
		return e, nil
	}
	return e, json.Unmarshal(text, &e)
}
