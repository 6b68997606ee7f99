package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/loambase/loam/auth/provider"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/cache"
)

// OAuth2Form is the input of a sign-in through an OAuth2 provider.
type OAuth2Form struct {
	Provider     string         `json:"provider"`
	Code         string         `json:"code"`
	CodeVerifier string         `json:"codeVerifier"` // as described in OAuth2Provider
	RedirectURL  string         `json:"redirectURL"`  // the address to which the provider has sent the user back
	CreateData   map[string]any `json:"createData"`   // further values for a new record
}

const (
	oauth2Time      = 30 * time.Second // the time limit for all requests to a provider
	warnPause       = time.Minute      // between two warnings about a provider
	maxProviderName = 100
	maxCode         = 16384
)

// oauth2s is the Method "oauth2". oauth2account.go finds the account of a user, and oauth2create.go
// creates a new account.
type oauth2s struct {
	*Service
	providers *providers
}

func (oauth2s) Name() string { return "oauth2" }

func (oauth2s) Form() any { return &OAuth2Form{} }

func (oauth2s) Enabled(c *schema.Collection) error {
	if c.Auth.OAuth2.Enabled && c.Name != schema.Superusers {
		return nil
	}
	return fault.New(fault.Forbidden, "The collection is not configured to allow OAuth2 authentication.")
}

// Describe describes each provider. A provider that cannot be used is logged and left out.
func (m oauth2s) Describe(ctx context.Context, c *schema.Collection, described *Methods) {
	configured := c.Auth.OAuth2.Providers
	list := make([]*OAuth2Provider, len(configured))
	var wg sync.WaitGroup
	for i, p := range configured {
		wg.Go(func() { // some providers are asked for their addresses
			var err error
			if list[i], err = m.describe(ctx, c, p.Name); err != nil {
				m.warn("an OAuth2 provider cannot be used", c, p.Name, err)
			}
		})
	}
	wg.Wait()
	described.OAuth2 = OAuth2Method{Providers: []OAuth2Provider{}, Enabled: true}
	described.AuthProviders = []OAuth2Provider{}
	for _, p := range list {
		if p == nil {
			continue
		}
		described.OAuth2.Providers = append(described.OAuth2.Providers, *p)
		p.Logo = ""
		described.AuthProviders = append(described.AuthProviders, *p)
	}
}

func (m oauth2s) describe(ctx context.Context, c *schema.Collection, name string) (*OAuth2Provider, error) {
	client, err := m.providers.of(c, name)
	if err != nil {
		return nil, err
	}
	info := client.Info()
	p := &OAuth2Provider{Name: info.Name, DisplayName: info.DisplayName, Logo: info.Logo, State: schema.RandomString(30, schema.AlphabetToken)}
	if client.PKCE() {
		p.CodeVerifier = schema.RandomString(43, schema.AlphabetToken)
		p.CodeChallenge, p.CodeChallengeMethod = provider.Challenge(p.CodeVerifier), "S256"
	}
	if p.AuthURL, err = client.AuthURL(ctx, p.State, p.CodeVerifier); err != nil {
		return nil, err
	}
	p.AuthURLOld = p.AuthURL
	return p, nil
}

// Finish exchanges the code, reads the user from the provider, and returns the user's account. It
// creates a missing account. No transaction is open during requests to the provider.
func (m oauth2s) Finish(ctx context.Context, a Attempt) (Proof, error) {
	form, c := a.Form.(*OAuth2Form), a.Collection
	if err := form.validate(c); err != nil {
		return Proof{}, err
	}
	user, err := m.ask(ctx, c, form)
	if err != nil {
		return Proof{}, err
	}
	return m.enter(ctx, a, user)
}

func (f *OAuth2Form) validate(c *schema.Collection) error {
	fails := fault.Fields{}
	switch n := utf8.RuneCountInString(f.Provider); {
	case n == 0:
		fails.Set(fault.Leaf("validation_required", "Cannot be blank"), "provider")
	case n > maxProviderName:
		fails.Set(fault.Leaf("validation_length_out_of_range",
			fmt.Sprintf("The length must be between 0 and %d", maxProviderName), "min", 0, "max", maxProviderName), "provider")
	case c.Auth.OAuth2.Providers.Named(f.Provider) == nil:
		fails.Set(fault.Leaf("validation_invalid_provider", fmt.Sprintf("Provider with name %s is missing or is not enabled", f.Provider), "name", f.Provider), "provider")
	}
	fails.Set(checkSecret(f.Code, maxCode), "code")
	return formFault(fails)
}

// ask exchanges the code and returns the user that the provider reports. Clients learn only which
// of the two steps has failed.
func (m oauth2s) ask(ctx context.Context, c *schema.Collection, form *OAuth2Form) (*provider.User, error) {
	client, err := m.providers.of(c, form.Provider)
	if err != nil {
		return nil, m.failed(ctx, c, form, "Failed to fetch OAuth2 token.", err)
	}
	ctx, cancel := context.WithTimeout(ctx, oauth2Time)
	defer cancel()
	token, err := client.Exchange(ctx, provider.Grant{Code: form.Code, Verifier: form.CodeVerifier, RedirectURL: form.RedirectURL})
	if err != nil {
		return nil, m.failed(ctx, c, form, "Failed to fetch OAuth2 token.", err)
	}
	user, err := client.User(ctx, token)
	if err != nil {
		return nil, m.failed(ctx, c, form, "Failed to fetch OAuth2 user.", err)
	}
	return user, nil
}

// failed returns the fault of a request to a provider that has failed. It is logged for the
// operator, unless the provider has refused the user or the client has disconnected.
func (m oauth2s) failed(ctx context.Context, c *schema.Collection, form *OAuth2Form, message string, err error) error {
	var refused *provider.Refused
	if !errors.As(err, &refused) && !errors.Is(ctx.Err(), context.Canceled) {
		m.warn("a sign-in by OAuth2 failed", c, form.Provider, err)
	}
	return fault.Wrap(fault.Invalid, message, err)
}

// warn logs a problem of a provider, at most once in warnPause, since anybody can cause it.
func (m oauth2s) warn(message string, c *schema.Collection, name string, err error) {
	if m.providers.warned.put(c.ID+"/"+name+"/"+message, struct{}{}, m.app.Now(), warnPause) {
		m.app.Log().Warn(message, "collection", c.Name, "provider", name, "error", err)
	}
}

// providers holds the clients of the configured providers of all collections.
type providers struct {
	app     *core.App
	pool    *provider.Pool
	clients cache.PerSnapshot[schema.Snapshot, cache.Map[providerKey, madeClient]]
	warned  memory[struct{}] // the providers with a recent warning
}

type providerKey struct{ collection, name string }

type madeClient struct {
	client *provider.Client
	err    error
}

func newProviders(app *core.App) *providers {
	return &providers{app: app, pool: provider.NewPool(func() time.Time { return app.Now() })}
}

// of returns the client of a provider by the current configuration of the collection.
func (p *providers) of(c *schema.Collection, name string) (*provider.Client, error) {
	snapshot := p.app.Snapshot() // it may be newer than c
	made := p.clients.Of(snapshot).Get(providerKey{c.ID, name}, func() madeClient {
		now := snapshot.ByID(c.ID)
		if now == nil || !now.IsAuth() {
			return madeClient{err: errNotConfigured}
		}
		config := now.Auth.OAuth2.Providers.Named(name)
		if config == nil {
			return madeClient{err: errNotConfigured}
		}
		client, err := p.pool.Client(*config)
		return madeClient{client, err}
	})
	return made.client, made.err
}

var errNotConfigured = errors.New("auth: the provider is not configured any more")
