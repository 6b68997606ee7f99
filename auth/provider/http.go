package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"golang.org/x/oauth2"
)

const (
	maxAnswer    = 1 << 20 // bytes of an answer of a service
	maxRedirects = 3
	maxConns     = 64 // to one provider; further requests wait
)

// Pool makes Clients, which share connections. It is safe for concurrent use.
type Pool struct {
	http *http.Client
	now  func() time.Time
}

// NewPool returns a pool. now returns the time for checks of id_tokens.
func NewPool(now func() time.Time) *Pool { return &Pool{newHTTP(), now} }

// newHTTP returns an HTTP client with timeouts. Superusers configure the addresses of providers, so
// these may be in private networks.
func newHTTP() *http.Client {
	return &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			MaxConnsPerHost:       maxConns,
			MaxIdleConnsPerHost:   2,
			IdleConnTimeout:       30 * time.Second,
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: 20 * time.Second,
			ForceAttemptHTTP2:     true,
		},
		CheckRedirect: checkRedirect,
	}
}

// checkRedirect follows redirects of GET requests within one server. A redirected POST would send
// the secret and the code again.
func checkRedirect(next *http.Request, via []*http.Request) error {
	if via[0].Method != http.MethodGet || next.URL.Host != via[0].URL.Host || next.URL.Scheme != via[0].URL.Scheme || len(via) > maxRedirects {
		return http.ErrUseLastResponse
	}
	return nil
}

// statusError is the error of an answer with another status than 200.
type statusError int

func (s statusError) Error() string { return fmt.Sprintf("the service answers with %d", int(s)) }

// get requests a JSON value from a provider, with the token unless it is nil.
func (c *Client) get(ctx context.Context, url string, token *oauth2.Token, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return errors.New("the address cannot be used")
	}
	return c.do(r, token, into)
}

// ask sends a GraphQL query.
func (c *Client) ask(ctx context.Context, url, query string, token *oauth2.Token, into any) error {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return errors.New("the address cannot be used")
	}
	r.Header.Set("Content-Type", "application/json")
	return c.do(r, token, into)
}

func (c *Client) do(r *http.Request, token *oauth2.Token, into any) error {
	r.Header.Set("Accept", "application/json")
	if token != nil {
		r.Header.Set("Authorization", "Bearer "+token.AccessToken)
		for name, value := range c.kind.headers {
			if value == clientID {
				value = c.config.ClientID
			}
			r.Header.Set(name, value)
		}
	}
	res, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return statusError(res.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return err
	}
	if len(text) > maxAnswer {
		return errors.New("the answer of the service is too long")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return errors.New("the answer of the service is not the JSON that was expected")
	}
	return nil
}
