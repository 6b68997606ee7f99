// Keys from metadata services: of a container, and of a virtual machine.

package ambient

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"
)

const (
	patience  = 2 * time.Second // timeout of a service, which is on the same machine
	maxAnswer = 64 << 10        // bytes
)

// newClient returns a client that connects to the service itself: it uses no proxy and follows no
// redirects.
func newClient() *http.Client {
	return &http.Client{
		Timeout: patience,
		Transport: &http.Transport{
			DialContext:       (&net.Dialer{Timeout: patience}).DialContext,
			DisableKeepAlives: true, // it sends few requests
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// document has keys in the format of the services.
type document struct {
	Code            string    `json:"Code"` // of a machine's service: Success
	AccessKeyID     string    `json:"AccessKeyId"`
	SecretAccessKey string    `json:"SecretAccessKey"`
	Token           string    `json:"Token"`
	Expiration      time.Time `json:"Expiration"`
}

func (s *Source) readDocument(ctx context.Context, place, address string, header map[string]string) (Keys, error) {
	text, err := s.fetch(ctx, http.MethodGet, address, header)
	if err != nil {
		return Keys{}, fmt.Errorf("%s: %w", place, err)
	}
	var d document
	if json.Unmarshal(text, &d) != nil || d.Code != "" && d.Code != "Success" {
		return Keys{}, fmt.Errorf("%s has answered something else than keys", place)
	}
	k, err := Keys{d.AccessKeyID, d.SecretAccessKey, d.Token, d.Expiration}.complete(place)
	if errors.Is(err, errNone) {
		err = fmt.Errorf("%s has answered something else than keys", place)
	}
	if err == nil && !k.Expires.IsZero() && !s.now().Before(k.Expires) {
		err = fmt.Errorf("%s has keys that have expired", place)
	}
	return k, err
}

// fetch returns the response of the address. Errors do not contain the response.
func (s *Source) fetch(ctx context.Context, method, address string, header map[string]string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, err
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	res, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answers %s", res.Status)
	}
	return io.ReadAll(io.LimitReader(res.Body, maxAnswer))
}

// container finds keys at the address in the environment of a container, with a token that may be in
// a file. An address is refused unless it is encrypted, local, or one of a container service, since
// the token would be sent to it.
func (s *Source) container(ctx context.Context) (Keys, error) {
	const place = "the container's service"
	address := s.env("AWS_CONTAINER_CREDENTIALS_FULL_URI")
	if relative := s.env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); relative != "" {
		address = "http://169.254.170.2/" + strings.TrimPrefix(relative, "/")
	}
	if address == "" {
		return Keys{}, errNone
	}
	if !isTrusted(address) {
		return Keys{}, errors.New("AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor of this machine")
	}
	token := s.env("AWS_CONTAINER_AUTHORIZATION_TOKEN")
	if path := s.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); path != "" {
		text, err := os.ReadFile(path) // read each time: it changes
		if err != nil {
			return Keys{}, fmt.Errorf("%s: %w", place, err)
		}
		token = strings.TrimSpace(string(text))
	}
	header := map[string]string{}
	if token != "" {
		header["Authorization"] = token
	}
	return s.readDocument(ctx, place, address, header)
}

// isTrusted reports whether a secret may be sent to the address.
func isTrusted(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil {
		return false
	}
	switch host := u.Hostname(); {
	case u.Scheme == "https":
		return host != ""
	case u.Scheme != "http":
		return false
	case host == "localhost", host == "169.254.170.2", host == "169.254.170.23", host == "fd00:ec2::23":
		return true
	default:
		ip, err := netip.ParseAddr(host)
		return err == nil && ip.IsLoopback()
	}
}

// machine finds the keys of the role of a virtual machine. It uses only the second version of the
// service, which requires a token from a PUT request: an attacker who can make a server send a
// GET cannot make it send that.
func (s *Source) machine(ctx context.Context) (Keys, error) {
	const place, roles = "the machine's service", "/latest/meta-data/iam/security-credentials/"
	if strings.EqualFold(s.env("AWS_EC2_METADATA_DISABLED"), "true") {
		return Keys{}, errNone
	}
	named := s.env("AWS_EC2_METADATA_SERVICE_ENDPOINT")
	base := strings.TrimSuffix(cmp.Or(named, "http://169.254.169.254"), "/")
	token, err := s.fetch(ctx, http.MethodPut, base+"/latest/api/token", map[string]string{"X-Aws-Ec2-Metadata-Token-Ttl-Seconds": "60"})
	if err != nil {
		if named == "" && ctx.Err() == nil {
			return Keys{}, errNone // the machine has no such service
		}
		return Keys{}, fmt.Errorf("%s: %w", place, err)
	}
	header := map[string]string{"X-Aws-Ec2-Metadata-Token": string(token)}
	list, err := s.fetch(ctx, http.MethodGet, base+roles, header)
	if err != nil {
		return Keys{}, fmt.Errorf("%s: %w", place, err)
	}
	role, _, _ := strings.Cut(strings.TrimSpace(string(list)), "\n")
	if role == "" {
		return Keys{}, fmt.Errorf("%s knows of no role", place)
	}
	return s.readDocument(ctx, place, base+roles+url.PathEscape(strings.TrimSpace(role)), header)
}
