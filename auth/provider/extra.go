package provider

import "encoding/json"

// extra are the options of a configuration that only some services have
// (docs/wire/auth-realtime-system.md §1.6.5).
type extra struct {
	// Options of OpenID Connect.
	Issuer  string   `json:"issuer"`  // for discovery, and the required issuer of id_tokens
	Issuers []string `json:"issuers"` // accepted in id_tokens
	JWKSURL string   `json:"jwksURL"` // the keys of id_tokens

	// Options of Microsoft.
	IDTokenEmailClaim string `json:"idTokenEmailClaim"`
}

func parseExtra(text json.RawMessage) (e extra, err error) {
	if len(text) == 0 {
		return e, nil
	}
	return e, json.Unmarshal(text, &e)
}
