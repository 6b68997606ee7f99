package ambient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// world is the machine that a Source sees.
type world struct {
	env  map[string]string
	home string
	now  atomic.Int64 // nanoseconds
}

func newSource(t *testing.T, env map[string]string) (*Source, *world) {
	t.Helper()
	w := &world{env: env, home: t.TempDir()}
	w.now.Store(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano())
	return &Source{
		env:    func(name string) string { return w.env[name] },
		home:   func() (string, error) { return w.home, nil },
		client: newClient(),
		now:    w.time,
	}, w
}

func (w *world) time() time.Time      { return time.Unix(0, w.now.Load()).UTC() }
func (w *world) pass(d time.Duration) { w.now.Add(int64(d)) }
func (w *world) write(t *testing.T, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(w.home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.home, ".aws", "credentials"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// service is a metadata service with numbered keys.
type service struct {
	url   string
	asked atomic.Int64
	down  atomic.Bool
	life  time.Duration
	world *world
}

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{life: time.Hour}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /latest/api/token", func(w http.ResponseWriter, r *http.Request) {
		if s.down.Load() || r.Header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds") == "" {
			http.Error(w, "no", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "session")
	})
	guarded := func(h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Aws-Ec2-Metadata-Token") != "session" {
				http.Error(w, "no", http.StatusUnauthorized)
				return
			}
			h(w, r)
		}
	}
	mux.HandleFunc("GET /latest/meta-data/iam/security-credentials/{$}", guarded(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "role of loam") }))
	mux.HandleFunc("GET /latest/meta-data/iam/security-credentials/role%20of%20loam", guarded(s.answer))
	mux.HandleFunc("GET /container", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "pod" {
			http.Error(w, "a secret", http.StatusForbidden)
			return
		}
		s.answer(w, r)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *service) answer(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintf(w, `{"Code":"Success","AccessKeyId":"access-%d","SecretAccessKey":"secret","Token":"token","Expiration":%q}`,
		s.asked.Add(1), s.world.time().Add(s.life).Format(time.RFC3339))
}

// want gets keys and compares the access key.
func want(t *testing.T, s *Source, access string) Keys {
	t.Helper()
	k, err := s.Get(t.Context())
	if err != nil || k.AccessKey != access {
		t.Fatalf("Get = %q, %v, want %q", k.AccessKey, err, access)
	}
	return k
}

// TestOrder: the environment comes before the file, and the file before a service.
func TestOrder(t *testing.T) {
	t.Parallel()
	m := newService(t)
	s, w := newSource(t, map[string]string{"AWS_ACCESS_KEY_ID": "of the environment", "AWS_SECRET_ACCESS_KEY": "s", "AWS_EC2_METADATA_SERVICE_ENDPOINT": m.url})
	m.world = w
	w.write(t, "# keys\n[other]\naws_access_key_id = no\n\n[ default ]\naws_access_key_id=of the file\naws_secret_access_key = a=b \n;x\n")
	want(t, s, "of the environment")
	delete(w.env, "AWS_ACCESS_KEY_ID")
	delete(w.env, "AWS_SECRET_ACCESS_KEY")
	want(t, s, "of the environment") // for a while
	w.pass(lookAgain)
	if k := want(t, s, "of the file"); k.Secret != "a=b" || k.Token != "" || !k.Expires.IsZero() {
		t.Errorf("the file gives %+v", k)
	}
	w.write(t, "[other]\naws_access_key_id = no\n")
	w.pass(lookAgain)
	if k := want(t, s, "access-1"); k.Secret != "secret" || k.Token != "token" || !k.Expires.Equal(w.time().Add(time.Hour)) {
		t.Errorf("the service gives %+v", k)
	}
	w.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = m.url + "/container"
	token := filepath.Join(t.TempDir(), "token")
	w.env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = token
	if err := os.WriteFile(token, []byte("pod\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.pass(2 * time.Hour)
	want(t, s, "access-2")
}

// TestRenewal: keys are renewed before they expire, by one of their users, and used until they
// expire if the renewal fails.
func TestRenewal(t *testing.T) {
	t.Parallel()
	m := newService(t)
	s, w := newSource(t, map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": m.url})
	m.world = w
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { want(t, s, "access-1") })
	}
	all.Wait()
	w.pass(54 * time.Minute)
	want(t, s, "access-1")
	w.pass(2 * time.Minute)
	for range 20 {
		all.Go(func() {
			if _, err := s.Get(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	want(t, s, "access-2")
	m.down.Store(true)
	w.pass(56 * time.Minute)
	want(t, s, "access-2")
	m.down.Store(false)
	want(t, s, "access-2") // before the next attempt
	w.pass(retry)
	want(t, s, "access-3")
	m.down.Store(true)
	w.pass(2 * time.Hour)
	if k, err := s.Get(t.Context()); err == nil || k != (Keys{}) {
		t.Errorf("keys that have expired: %+v, %v", k, err)
	}
	m.down.Store(false)
	want(t, s, "access-4")

	m.life = time.Minute // shorter than early
	w.pass(2 * time.Hour)
	want(t, s, "access-5")
	w.pass(20 * time.Second)
	want(t, s, "access-5")
	w.pass(20 * time.Second)
	want(t, s, "access-6")
}

// TestRefused: keys that a store refuses are searched for again, but not too often.
func TestRefused(t *testing.T) {
	t.Parallel()
	s, w := newSource(t, map[string]string{"AWS_ACCESS_KEY_ID": "old", "AWS_SECRET_ACCESS_KEY": "s"})
	k := want(t, s, "old")
	w.env["AWS_ACCESS_KEY_ID"] = "new"
	if s.Refused(k) {
		t.Error("keys are looked for that have just been found")
	}
	w.pass(retry + 1)
	if !s.Refused(k) {
		t.Error("keys are not looked for")
	}
	want(t, s, "new")
	if !s.Refused(k) {
		t.Error("there are newer keys already")
	}
	want(t, s, "new")
}

// TestWhatCannotBeUsed: the error for unusable keys names their place, and contains no secret.
func TestWhatCannotBeUsed(t *testing.T) {
	t.Parallel()
	m := newService(t)
	answers := func(text string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }))
		t.Cleanup(server.Close)
		return server.URL
	}
	elsewhere := httptest.NewServer(http.RedirectHandler(m.url+"/container", http.StatusTemporaryRedirect))
	t.Cleanup(elsewhere.Close)
	for name, tt := range map[string]struct {
		env  map[string]string
		file string
		want string
	}{
		"half of the environment":        {env: map[string]string{"AWS_ACCESS_KEY_ID": "topsecret"}, want: "no secret"},
		"another half":                   {env: map[string]string{"AWS_SECRET_ACCESS_KEY": "topsecret"}, want: "no access key"},
		"half of a file":                 {file: "[default]\naws_secret_access_key = topsecret\n", want: "no access key"},
		"a profile that is not there":    {env: map[string]string{"AWS_PROFILE": "x"}, file: "[default]\naws_secret_access_key = topsecret\n", want: `no profile "x"`},
		"a file that is not there":       {env: map[string]string{"AWS_SHARED_CREDENTIALS_FILE": "/none/x"}, want: "no such file"},
		"a line that does not end":       {file: "[default]\naws_secret_access_key = " + strings.Repeat("topsecret", 20_000), want: "token too long"},
		"nothing":                        {env: map[string]string{"AWS_EC2_METADATA_DISABLED": "true"}, want: "nor a metadata service"},
		"an address of somebody":         {env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/topsecret"}, want: "neither https nor"},
		"one with a user":                {env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "https://topsecret@example.com/"}, want: "neither https nor"},
		"a file as an address":           {env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "file:///etc/passwd"}, want: "neither https nor"},
		"a service that refuses":         {env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": m.url + "/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "topsecret"}, want: "403"},
		"a service that sends elsewhere": {env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": elsewhere.URL, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "pod"}, want: "307"},
		"a page":                         {env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": answers("<p>topsecret")}, want: "something else than keys"},
		"an empty document":              {env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": answers("{}")}, want: "something else than keys"},
		"a failure":                      {env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": answers(`{"Code":"Failed","SecretAccessKey":"topsecret","AccessKeyId":"a"}`)}, want: "something else than keys"},
		"keys of the past":               {env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": answers(`{"SecretAccessKey":"topsecret","AccessKeyId":"a","Expiration":"2020-01-01T00:00:00Z"}`)}, want: "have expired"},
		"a machine's that is away":       {env: map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1"}, want: "connection refused"},
		"a machine without a role":       {env: map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": answers("")}, want: "no role"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := tt.env
			if env == nil {
				env = map[string]string{}
			}
			s, w := newSource(t, env)
			if tt.file != "" {
				w.write(t, tt.file)
			}
			k, err := s.Get(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "topsecret") || k != (Keys{}) {
				t.Errorf("Get = %+v, %v, want %q", k, err, tt.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s, _ := newSource(t, map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": m.url})
	if _, err := s.Get(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Get that was cancelled = %v", err)
	}
}

func TestTrustedAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://example.com/x": true, "http://localhost:80/": true, "http://127.9.9.9/": true, "http://[::1]/": true,
		"http://169.254.170.2/v2": true, "http://169.254.170.23/v1": true, "http://[fd00:ec2::23]/v1": true,
		"http://169.254.169.254/": false, "http://example.com": false, "http://localhost.example.com/": false, "https://": false, "gopher://localhost": false, "": false, "http://10.0.0.1/": false,
	} {
		if got := isTrusted(address); got != want {
			t.Errorf("isTrusted(%q) = %t", address, got)
		}
	}
}
