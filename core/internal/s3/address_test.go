package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/coretest/s3test"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/s3/ambient"
)

// rotating is a source of keys that are exchanged whenever the store refuses them.
type rotating struct {
	mu   sync.Mutex // guards keys
	keys []ambient.Keys
	err  error
}

func (r *rotating) Get(context.Context) (ambient.Keys, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return ambient.Keys{}, r.err
	}
	return r.keys[0], nil
}

func (r *rotating) Refused(ambient.Keys) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.keys) == 1 {
		return false
	}
	r.keys = r.keys[1:]
	return true
}

var stubKeys = ambient.Keys{AccessKey: s3test.AccessKey, Secret: s3test.Secret}

// fetch requests an address like a client that knows nothing about the store.
func fetch(t *testing.T, method, address string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

// openRemote stores a blob and opens it.
func openRemote(t *testing.T, s *Store) blob.Remote {
	t.Helper()
	if err := s.Put(t.Context(), "c/r/a ~ü+&.png", strings.NewReader("a picture"), 9, blob.Attributes{ContentType: "image/png"}); err != nil {
		t.Fatal(err)
	}
	b, err := s.Open(t.Context(), "c/r/a ~ü+&.png")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() }) // nothing was read
	return b.(blob.Remote)
}

var testHeaders = blob.Headers{ContentType: "image/png", ContentDisposition: `inline; filename="a b.png"; filename*=UTF-8''%C3%BC.png`, CacheControl: "max-age=5"}

// checkAddressOf gets the blob by its address, and checks that the headers are set and that the
// address cannot be modified.
func checkAddressOf(t *testing.T, b blob.Remote) {
	t.Helper()
	address, until, err := b.Address(time.Minute, testHeaders)
	if left := time.Until(until); err != nil || left > time.Minute || left < 28*time.Second {
		t.Fatalf("Address is good until %v, %v", until, err)
	}
	res, text := fetch(t, http.MethodGet, address)
	got := blob.Headers{ContentType: res.Header.Get("Content-Type"), ContentDisposition: res.Header.Get("Content-Disposition"), CacheControl: res.Header.Get("Cache-Control")}
	if res.StatusCode != 200 || text != "a picture" || got != testHeaders {
		t.Errorf("the address gives %d %q %+v", res.StatusCode, text, got)
	}
	for from, to := range map[string]string{"inline": "attachment", "image%2Fpng": "text%2Fhtml", "X-Amz-Expires=60": "X-Amz-Expires=600", "c/r/": "c/x/"} {
		if !strings.Contains(address, from) {
			t.Fatalf("%s has no %s", address, from)
		}
		if res, text := fetch(t, http.MethodGet, strings.Replace(address, from, to, 1)); res.StatusCode != http.StatusForbidden {
			t.Errorf("with %s instead of %s: %d %s", to, from, res.StatusCode, text)
		}
	}
	if res, _ := fetch(t, http.MethodDelete, address); res.StatusCode != http.StatusForbidden {
		t.Errorf("DELETE = %d", res.StatusCode)
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	s := newStore(t, s3test.Start(t))
	b := openRemote(t, s)
	checkAddressOf(t, b)
	if address, _, err := b.Address(time.Second-1, testHeaders); address != "" || err != nil {
		t.Errorf("an address of less than a second is %q, %v", address, err)
	}
	now := time.Now()
	s.now = func() time.Time { return now.Truncate(time.Hour) }
	first, until, err := b.Address(2*time.Hour, testHeaders)
	if err != nil || !until.Equal(s.now().Add(2*time.Hour)) {
		t.Errorf("at first it is good until %v, %v", until, err)
	}
	s.now = func() time.Time { return now.Truncate(time.Hour).Add(time.Hour - 1) }
	if again, _, err := b.Address(2*time.Hour, testHeaders); again != first || err != nil {
		t.Errorf("an hour later it is another one: %s, %v", again, err)
	}
	s.now = func() time.Time { return now.Truncate(time.Hour).Add(time.Hour) }
	if again, _, err := b.Address(2*time.Hour, testHeaders); again == first || err != nil {
		t.Errorf("it is never renewed: %v", err)
	}
}

// TestAddressOfKeysThatExpire: an address expires with its keys.
func TestAddressOfKeysThatExpire(t *testing.T) {
	t.Parallel()
	s := newStore(t, s3test.Start(t))
	b := openRemote(t, s)
	keys := stubKeys
	keys.Token, keys.Expires = "a token+", time.Now().Add(5*time.Minute)
	s.source = &rotating{keys: []ambient.Keys{keys}}
	address, until, err := b.Address(2*time.Hour, testHeaders)
	if err != nil || until.After(keys.Expires) || until.Before(keys.Expires.Add(-2*time.Second)) {
		t.Errorf("the address is good until %v, the keys %v, %v", until, keys.Expires, err)
	}
	if res, text := fetch(t, http.MethodGet, address); res.StatusCode != 200 || !strings.Contains(address, "X-Amz-Security-Token=a%20token%2B") {
		t.Errorf("%s gives %d %s", address, res.StatusCode, text)
	}
	s.source = &rotating{err: io.ErrUnexpectedEOF}
	if address, _, err := b.Address(time.Hour, testHeaders); address != "" || err == nil {
		t.Errorf("without keys there is %q, %v", address, err)
	}
}

// TestKeysAreExchanged: keys that the store no longer accepts are requested again; a token is
// part of the signature; without keys no request is sent.
func TestKeysAreExchanged(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	asked := 0
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		token := r.Header.Get("X-Amz-Security-Token")
		if token != "new" || !strings.Contains(r.Header.Get("Authorization"), "x-amz-security-token") {
			w.WriteHeader(http.StatusBadRequest)
			if r.Method != http.MethodHead {
				fmt.Fprint(w, "<Error><Code>ExpiredToken</Code></Error>")
			}
			return
		}
		server.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	s := newStore(t, server)
	s.base.Host = strings.TrimPrefix(front.URL, "http://")
	fresh, expired := stubKeys, stubKeys
	fresh.Token, expired.Token = "new", "old"
	for name, call := range map[string]func() error{
		"HEAD": func() error {
			if _, err := s.Open(t.Context(), "none"); !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("Open = %w", err)
			}
			return nil
		},
		"LIST": func() error { return s.List(t.Context(), "", func(blob.Info) error { return nil }) },
	} {
		asked = 0
		s.source = &rotating{keys: []ambient.Keys{expired, fresh}}
		err := call()
		if err != nil || asked != 2 {
			t.Errorf("%s: %v after %d requests", name, err, asked)
		}
		s.source = &rotating{keys: []ambient.Keys{expired}}
		asked = 0
		if err := call(); err == nil || asked != 1 {
			t.Errorf("%s with keys that are refused: %v after %d requests", name, err, asked)
		}
	}
	asked = 0
	s.source = &rotating{err: io.ErrUnexpectedEOF}
	if err := s.Delete(t.Context(), "a"); fault.KindOf(err) != fault.Unavailable || asked != 0 {
		t.Errorf("without keys: %v after %d requests", err, asked)
	}
}

// TestMetadataServicesAreNoStores: the settings cannot be used to read a metadata service.
func TestMetadataServicesAreNoStores(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"169.254.169.254:80": true, "169.254.170.2:80": true, "[fe80::1%eth0]:443": true, "[fd00:ec2::254]:80": true, "[::ffff:169.254.169.254]:80": true,
		"127.0.0.1:9000": false, "10.0.0.1:443": false, "[fd00::1]:443": false, "52.1.2.3:443": false,
	} {
		if err := refuseMetadata("tcp", address, nil); (err != nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
	s, err := New(Config{Endpoint: "http://169.254.169.254", Bucket: "latest", Region: "r", AccessKey: "a", Secret: "s", PathStyle: true})
	if err != nil {
		t.Fatal(err)
	}
	s.pause = time.Microsecond
	if err := s.Check(t.Context(), "meta-data"); err == nil || !strings.Contains(err.Error(), "no address of a store") {
		t.Errorf("Check = %v", err)
	}
}
