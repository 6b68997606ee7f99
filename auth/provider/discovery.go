package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

const (
	discoveryLife  = time.Hour        // of found addresses
	discoveryPause = 30 * time.Second // after a failure
	discoveryTime  = 5 * time.Second
)

// discovery holds the addresses that a provider publishes (OpenID Connect Discovery 1.0).
type discovery struct {
	fixed *endpoints // of a provider without discovery; set before the first use

	mu    sync.Mutex // guards the fields below; held during discovery
	found *endpoints
	err   error     // the error of the last discovery
	until time.Time // the time of the next discovery
}

// endpoints returns the addresses of the provider, by discovery if only its issuer is configured. A
// failure is cached, so that few requests wait for a provider that hangs.
func (c *Client) endpoints(ctx context.Context) (*endpoints, error) {
	d := &c.found
	if d.fixed != nil {
		return d.fixed, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := c.now()
	if now.Before(d.until) {
		return d.found, d.err
	}
	e, err := c.discover(ctx)
	switch {
	case err == nil:
		d.found, d.err, d.until = e, nil, now.Add(discoveryLife)
	case d.found != nil: // the last known addresses
		d.until = now.Add(discoveryPause)
	default:
		d.err, d.until = fmt.Errorf("provider %s: discovery: %w", c.config.Name, err), now.Add(discoveryPause)
	}
	return d.found, d.err
}

// discover requests the addresses. It continues if the request that needs them ends, since other
// requests wait.
func (c *Client) discover(ctx context.Context) (*endpoints, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), discoveryTime)
	defer cancel()
	var said struct {
		Issuer      string `json:"issuer"`
		AuthURL     string `json:"authorization_endpoint"`
		TokenURL    string `json:"token_endpoint"`
		UserInfoURL string `json:"userinfo_endpoint"`
		JWKSURL     string `json:"jwks_uri"`
	}
	if err := c.get(ctx, strings.TrimSuffix(c.extra.Issuer, "/")+"/.well-known/openid-configuration", nil, &said); err != nil {
		return nil, err
	}
	if said.Issuer != c.extra.Issuer {
		return nil, errors.New("the service has another issuer than the one that is configured")
	}
	e := c.configured()
	at := &e.oauth.Endpoint
	at.AuthURL, at.TokenURL = cmp.Or(at.AuthURL, said.AuthURL), cmp.Or(at.TokenURL, said.TokenURL)
	e.userInfoURL = cmp.Or(e.userInfoURL, said.UserInfoURL)
	if e.keys == nil && said.JWKSURL != "" {
		e.keys = &keySet{url: said.JWKSURL, client: c}
	}
	if len(e.issuers) == 0 {
		e.issuers = []string{said.Issuer}
	}
	if at.AuthURL == "" || at.TokenURL == "" || e.keys == nil {
		return nil, errors.New("the service does not say where its addresses and keys are")
	}
	if d := &c.found; d.found != nil && d.found.keys != nil && d.found.keys.url == e.keys.url {
		e.keys = d.found.keys // keeps the fetched keys
	}
	return e, nil
}
