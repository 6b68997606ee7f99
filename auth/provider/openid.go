package provider

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// leeway is the tolerated difference between the clocks of a provider and this server.
const leeway = 5 * time.Minute

// appleIssuer is the issuer of Apple's id_tokens.
const appleIssuer = "https://appleid.apple.com"

// signatures are the accepted algorithms of id_tokens. Algorithms with a shared secret are not
// accepted: the client secret is also known to us, so it does not prove who has signed.
var signatures = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// readOpenID reads the user info or, if there is no address for it, the id_token. If the issuer is
// configured, there must be an id_token of the issuer about the same person.
func readOpenID(a *answer) error {
	if a.endpoints.userInfoURL == "" {
		return readIDToken(a)
	}
	if err := a.client.get(a.ctx, a.endpoints.userInfoURL, a.token, &a.info.value); err != nil {
		return err
	}
	if a.client.extra.Issuer == "" {
		return nil
	}
	claims, err := a.idToken()
	if err != nil {
		return err
	}
	if subject := (tree{claims}).text("sub"); subject == "" || subject != a.info.text("sub") {
		return errors.New("the user info is about somebody else than the id_token")
	}
	return nil
}

// readIDToken makes the claims of the id_token the answer.
func readIDToken(a *answer) error {
	claims, err := a.idToken()
	if err != nil {
		return err
	}
	a.info.value = claims
	return nil
}

// idToken returns the claims of the id_token that came with the access token. It came from the
// provider directly, so its signature is checked only if keys are known; its claims are always
// checked.
func (a *answer) idToken() (map[string]any, error) {
	text, _ := a.token.Extra("id_token").(string)
	if text == "" {
		return nil, errors.New("there is no id_token")
	}
	options := []jwt.ParserOption{
		jwt.WithValidMethods(signatures), jwt.WithAudience(a.endpoints.oauth.ClientID), jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(), jwt.WithLeeway(leeway), jwt.WithTimeFunc(a.client.now), jwt.WithJSONNumber(),
	}
	claims := jwt.MapClaims{}
	var err error
	if a.endpoints.keys != nil {
		_, err = jwt.NewParser(options...).ParseWithClaims(text, claims, a.endpoints.keys.find(a.ctx))
	} else if _, _, err = jwt.NewParser(options...).ParseUnverified(text, claims); err == nil {
		err = jwt.NewValidator(options...).Validate(claims)
	}
	if err != nil {
		return nil, err
	}
	if issuer, _ := claims.GetIssuer(); len(a.endpoints.issuers) > 0 && !slices.Contains(a.endpoints.issuers, issuer) {
		return nil, errors.New("the id_token is of another issuer")
	}
	// A token for several audiences must have been issued to this client.
	if audience, _ := claims.GetAudience(); len(audience) > 1 && claims["azp"] != a.endpoints.oauth.ClientID {
		return nil, errors.New("the id_token was issued to somebody else")
	}
	return claims, nil
}

// find returns the function by which a parser finds the key of a token.
func (k *keySet) find(ctx context.Context) jwt.Keyfunc {
	return func(token *jwt.Token) (any, error) {
		if _, critical := token.Header["crit"]; critical { // required extensions; none is supported
			return nil, errors.New("the id_token has unknown extensions")
		}
		id, _ := token.Header["kid"].(string)
		return k.key(ctx, id, token.Method.Alg())
	}
}
