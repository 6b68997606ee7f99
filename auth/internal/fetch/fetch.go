// Package fetch downloads images from addresses that strangers choose. It connects only to the
// public internet: the target of a connection is checked when the connection is made, by its
// resolved IP address, so that neither a changing DNS name nor a redirect leads into the network of
// the server.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/gabriel-vasile/mimetype"
)

const (
	// MaxImage is the maximum size of an image in bytes, whatever the caller allows.
	MaxImage = 32 << 20

	imageTime    = 10 * time.Second // for the whole download
	maxAtOnce    = 8                // images that are downloaded at a time, since they are held in memory
	maxRedirects = 3
)

// Client downloads images. It is safe for concurrent use.
type Client struct {
	http   *http.Client
	places chan struct{}

	// public is the function Public, except in tests, whose servers are on this machine.
	public func(netip.Addr) bool
}

// New returns a client.
func New() *Client {
	c := &Client{places: make(chan struct{}, maxAtOnce), public: Public}
	dialer := net.Dialer{Timeout: imageTime, Control: c.judge}
	c.http = &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would make the connection, to any address
			DialContext:            dialer.DialContext,
			DisableKeepAlives:      true,
			DisableCompression:     true, // the limit holds for the unpacked bytes
			TLSHandshakeTimeout:    imageTime,
			MaxResponseHeaderBytes: 64 << 10,
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return errors.New("too many redirects")
			}
			return judgeURL(r.URL)
		},
	}
	return c
}

// errPrivate is the error of an address that is not in the public internet.
var errPrivate = errors.New("fetch: the address is not public")

// judge returns an error for a connection to an address that is not public. It is called after
// names are resolved.
func (c *Client) judge(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !c.public(to.Addr()) {
		return errPrivate
	}
	return nil
}

func judgeURL(u *url.URL) error {
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return errors.New("fetch: no web address")
	}
	return nil
}

// Image returns the image at an address, of at most limit bytes, and at most MaxImage. Content that
// is not an image is an error, whatever type the server claims.
func (c *Client) Image(ctx context.Context, address string, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, imageTime)
	defer cancel()
	select {
	case c.places <- struct{}{}:
		defer func() { <-c.places }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("fetch: no web address")
	}
	if err := judgeURL(u); err != nil {
		return nil, err
	}
	return c.get(ctx, u, min(limit, MaxImage))
}

func (c *Client) get(ctx context.Context, u *url.URL, limit int64) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "image/*")
	res, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch: the answer is %d", res.StatusCode)
	}
	if res.ContentLength > limit {
		return nil, errTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > limit {
		return nil, errTooLarge
	}
	if kind := mimetype.Detect(body); !strings.HasPrefix(kind.String(), "image/") {
		return nil, fmt.Errorf("fetch: no image but %s", kind)
	}
	return body, nil
}

var errTooLarge = errors.New("fetch: the image is too large")
