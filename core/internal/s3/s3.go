// Package s3 keeps blobs in a bucket of an S3-compatible object store.
//
// It uses only the few calls that a blob.Store needs, in the form that all such stores understand:
// signature V4 over the whole request, without checksum headers, trailers and chunked signatures.
// ETags serve only as names of versions. Content passes through a buffer of limited size.
package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/internal/s3/ambient"
)

// Config has the address of a bucket and the keys for it. Endpoint, Bucket, Region and keys are
// required.
type Config struct {
	Endpoint  string // https://s3.example.com; without a scheme it is https
	Bucket    string
	Region    string
	AccessKey string
	Secret    string
	Ambient   bool // the keys come from the machine (package ambient), not from AccessKey and Secret
	PathStyle bool // the bucket is in the path of the URL, not in front of the host

	// Patience is the time after which a request fails while the store sends nothing. Default: a
	// minute.
	Patience time.Duration
}

// Store keeps blobs in a bucket. It is safe for concurrent use. If the bucket cannot be reached, or
// fails temporarily, the error is a fault.Unavailable.
type Store struct {
	cfg    Config
	base   url.URL // the address of the bucket, without a slash at the end
	source keySource
	client *http.Client
	slow   *http.Client // for requests that the store answers after long work
	now    func() time.Time
	part   int           // the size of a part of an upload, in bytes
	pause  time.Duration // the time before a request is sent again
}

var _ blob.Store = (*Store)(nil)

// New returns the Store of a bucket. It sends no request; Check tells whether the bucket can be
// used.
func New(c Config) (*Store, error) {
	if !strings.Contains(c.Endpoint, "://") {
		c.Endpoint = "https://" + c.Endpoint
	}
	base, err := url.Parse(c.Endpoint)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" || base.RawQuery != "" || base.User != nil {
		return nil, fmt.Errorf("s3: the endpoint %q is no address", c.Endpoint)
	}
	base.Path = strings.TrimSuffix(base.Path, "/")
	if c.PathStyle {
		base.Path += "/" + c.Bucket
	} else {
		base.Host = c.Bucket + "." + base.Host
	}
	if c.Patience <= 0 {
		c.Patience = time.Minute
	}
	s := &Store{cfg: c, base: *base, client: newClient(c.Patience), slow: newClient(attemptTime), now: time.Now, part: partSize, pause: min(time.Second, c.Patience/60)}
	s.source = fixed{AccessKey: c.AccessKey, Secret: c.Secret}
	if c.Ambient {
		s.source = ambient.New()
	}
	return s, nil
}

// keySource provides the keys.
type keySource interface {
	Get(ctx context.Context) (ambient.Keys, error)
	Refused(k ambient.Keys) (again bool)
}

// fixed are the keys of a Config.
type fixed ambient.Keys

func (f fixed) Get(context.Context) (ambient.Keys, error) { return ambient.Keys(f), nil }
func (f fixed) Refused(ambient.Keys) bool                 { return false }

// newClient returns a client that waits for a response for the time patience. It follows no
// redirection, since a signature is valid for one host, and connects to no metadata service of a
// machine, since such a service gives out secrets.
func newClient(patience time.Duration) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 10 * time.Second, Control: refuseMetadata}).DialContext,
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: patience,
			IdleConnTimeout:       90 * time.Second,
			MaxIdleConnsPerHost:   16,
			DisableCompression:    true, // the content of a blob is returned as it was stored
			ForceAttemptHTTP2:     true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// refuseMetadata refuses the addresses of metadata services: link-local addresses and
// fd00:ec2::254.
func refuseMetadata(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if ip := to.Addr().Unmap(); ip.IsLinkLocalUnicast() || ip.WithZone("") == netip.MustParseAddr("fd00:ec2::254") {
		return fmt.Errorf("s3: %s is no address of a store", ip)
	}
	return nil
}

// Close closes idle connections.
func (s *Store) Close() error {
	s.client.CloseIdleConnections()
	s.slow.CloseIdleConnections()
	return nil
}

// Delete implements blob.Store.
func (s *Store) Delete(ctx context.Context, key string) error {
	p, err := blob.Path(key)
	if err != nil {
		return nil // the blob does not exist
	}
	if err := s.delete(ctx, p); err != nil {
		return fmt.Errorf("delete blob %q: %w", key, err)
	}
	return nil
}

func (s *Store) delete(ctx context.Context, p string) error {
	err := s.call(ctx, request{method: http.MethodDelete, path: p}, nil)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// DeletePrefix implements blob.Store. The prefix "", which would delete all blobs, is blob.ErrKey.
func (s *Store) DeletePrefix(ctx context.Context, prefix string) error {
	if strings.TrimSuffix(prefix, "/") == "" {
		return fmt.Errorf("%w: %q", blob.ErrKey, prefix)
	}
	return s.List(ctx, prefix, func(b blob.Info) error { return s.Delete(ctx, b.Key) })
}

// Check writes, reads and deletes a blob with the key. The error names the failed step and the
// steps before it.
func (s *Store) Check(ctx context.Context, key string) error {
	const text = "loam"
	if err := s.Put(ctx, key, strings.NewReader(text), int64(len(text)), blob.Attributes{ContentType: "text/plain"}); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	failed := s.checkRead(ctx, key, text)
	if failed != nil {
		failed = fmt.Errorf("read, after a file was written: %w", failed)
	}
	err := s.Delete(context.WithoutCancel(ctx), key)
	switch {
	case err != nil && failed == nil:
		err = fmt.Errorf("delete, after a file was written and read: %w", err)
	case err != nil:
		err = fmt.Errorf("delete: %w", err)
	}
	return errors.Join(failed, err)
}

// checkRead returns an error unless the blob with the key has the content text.
func (s *Store) checkRead(ctx context.Context, key, text string) error {
	b, err := s.Open(ctx, key)
	if err != nil {
		return err
	}
	found, err := io.ReadAll(io.LimitReader(b, int64(len(text))+1))
	if err = errors.Join(err, b.Close()); err == nil && string(found) != text {
		err = errors.New("the file has another content than was written")
	}
	return err
}
