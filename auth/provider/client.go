package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/loambase/loam/core/schema"
)

// User is the data of a provider about a person. Email is an address that the provider has
// verified, or "".
type User struct {
	ID        string
	Name      string
	Username  string
	Email     string
	AvatarURL string

	AccessToken  string
	RefreshToken string
	Expiry       time.Time // of the AccessToken; zero if it is not known

	Raw map[string]any // the whole answer, with numbers as json.Number
}

// Grant is the data that a client brings back from a provider after a person has agreed.
type Grant struct {
	Code        string
	Verifier    string // of PKCE; ignored if PKCE is off
	RedirectURL string // the address that the person was sent back to
}

// Client sends requests to one configured provider. It is safe for concurrent use, and caches the
// keys and addresses that it has found, so one Client should be kept for each configuration.
type Client struct {
	kind   *kind
	config schema.Provider
	extra  extra
	http   *http.Client
	now    func() time.Time

	found discovery
}

// Client returns a client for the OAuth2 provider that the configuration names. The error
// names an unknown provider, or the option that is missing in the configuration.
func (p *Pool) Client(config schema.Provider) (*Client, error) {
	k := find(config.Name)
	if k == nil {
		return nil, fmt.Errorf("provider %s: unknown", config.Name)
	}
	c := &Client{kind: k, config: config, http: p.http, now: p.now}
	var err error
	if c.extra, err = parseExtra(config.Extra); err != nil {
		return nil, fmt.Errorf("provider %s: extra: %w", config.Name, err)
	}
	if c.extra.Issuer == "" || !k.oidc { // else discovery finds the addresses
		e := c.configured()
		if e.oauth.Endpoint.AuthURL == "" || e.oauth.Endpoint.TokenURL == "" {
			return nil, fmt.Errorf("provider %s: its addresses are not configured", config.Name)
		}
		if e.userInfoURL == "" && k.read == nil {
			return nil, fmt.Errorf("provider %s: userInfoURL is not configured", config.Name)
		}
		c.found.fixed = e
	}
	return c, nil
}

// endpoints are the addresses of a provider, and the data for verifying its id_tokens.
type endpoints struct {
	oauth       *oauth2.Config // remembers how the provider expects the secret
	userInfoURL string
	issuers     []string // accepted issuers; none: every issuer is accepted
	keys        *keySet  // nil: signatures are not checked
}

// configured returns the addresses in the configuration and the table.
func (c *Client) configured() *endpoints {
	e := &endpoints{
		oauth: &oauth2.Config{
			ClientID: c.config.ClientID, ClientSecret: c.config.ClientSecret, Scopes: c.scopes(),
			Endpoint: oauth2.Endpoint{
				AuthURL:  cmp.Or(c.config.AuthURL, c.kind.authURL),
				TokenURL: cmp.Or(c.config.TokenURL, c.kind.tokenURL),
			},
		},
		userInfoURL: cmp.Or(c.config.UserInfoURL, c.kind.userInfoURL),
		issuers:     c.extra.Issuers,
	}
	if c.kind.issuer != "" {
		e.issuers = []string{c.kind.issuer}
	}
	if url := cmp.Or(c.extra.JWKSURL, c.kind.jwksURL); url != "" {
		e.keys = &keySet{url: url, client: c}
	}
	return e
}

func (c *Client) scopes() []string {
	if c.kind.name == "microsoft" && c.extra.IDTokenEmailClaim != "" {
		return append([]string{"openid"}, c.kind.scopes...) // for the id_token
	}
	return c.kind.scopes
}

// Info returns the description of the configured provider.
func (c *Client) Info() Info {
	i := c.kind.info()
	i.DisplayName = cmp.Or(c.config.DisplayName, i.DisplayName)
	return i
}

// PKCE reports whether codes are bound to a verifier (PKCE).
func (c *Client) PKCE() bool {
	if c.config.PKCE != nil {
		return *c.config.PKCE
	}
	return !c.kind.noPKCE
}

// AuthURL returns the URL at which a person agrees, without the address to come back to, which must
// be appended. verifier is that of PKCE, or "".
func (c *Client) AuthURL(ctx context.Context, state, verifier string) (string, error) {
	e, err := c.endpoints(ctx)
	if err != nil {
		return "", err
	}
	options := make([]oauth2.AuthCodeOption, 0, len(c.kind.authParams)+1)
	for name, value := range c.kind.authParams {
		options = append(options, oauth2.SetAuthURLParam(name, value))
	}
	if verifier != "" {
		options = append(options, oauth2.S256ChallengeOption(verifier))
	}
	return e.oauth.AuthCodeURL(state, options...) + "&redirect_uri=", nil
}

// Challenge returns the PKCE challenge of a verifier.
func Challenge(verifier string) string { return oauth2.S256ChallengeFromVerifier(verifier) }

// Exchange exchanges the code for tokens. A code works once. If the provider refuses the code, the
// error is a *Refused.
func (c *Client) Exchange(ctx context.Context, g Grant) (*oauth2.Token, error) {
	e, err := c.endpoints(ctx)
	if err != nil {
		return nil, err
	}
	var options []oauth2.AuthCodeOption
	if g.RedirectURL != "" {
		options = append(options, oauth2.SetAuthURLParam("redirect_uri", g.RedirectURL))
	}
	if c.PKCE() && g.Verifier != "" {
		options = append(options, oauth2.VerifierOption(g.Verifier))
	}
	token, err := e.oauth.Exchange(context.WithValue(ctx, oauth2.HTTPClient, c.http), g.Code, options...)
	if err != nil {
		return nil, fmt.Errorf("provider %s: token: %w", c.config.Name, plain(err))
	}
	return token, nil
}

// User requests the data of the person.
func (c *Client) User(ctx context.Context, token *oauth2.Token) (*User, error) {
	e, err := c.endpoints(ctx)
	if err != nil {
		return nil, err
	}
	u := &User{AccessToken: token.AccessToken, RefreshToken: token.RefreshToken, Expiry: token.Expiry}
	a := &answer{ctx: ctx, client: c, endpoints: e, token: token}
	if err := c.kind.fill(a, u); err != nil {
		return nil, fmt.Errorf("provider %s: user: %w", c.config.Name, err)
	}
	return u, nil
}

// Refused is the error of a provider that refuses a code or a token: the client has caused it, not
// the configuration.
type Refused struct{ reason string }

func (r *Refused) Error() string { return r.reason }

// plain returns the error of an exchange without the text of the provider, which may contain the
// code.
func plain(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return err
	}
	status := 0
	if refused.Response != nil {
		status = refused.Response.StatusCode
	}
	text := fmt.Sprintf("the service answers with %d", status)
	switch refused.ErrorCode {
	case "invalid_grant", "invalid_request":
		return &Refused{text + " " + refused.ErrorCode}
	case "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope":
		return errors.New(text + " " + refused.ErrorCode)
	}
	if status >= 400 && status < 500 {
		return &Refused{text}
	}
	return errors.New(text)
}
