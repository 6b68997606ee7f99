package rest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/schema"
)

// server is an app with its handler, and the tokens and ids of its accounts.
type server struct {
	http.Handler
	app    *core.App
	tokens map[string]string // by the name of the caller; the token of a guest is ""
	ids    map[string]string
}

const password = "a-long-password"

func handler(t testing.TB, app *core.App) http.Handler {
	t.Helper()
	h, err := (&api.Program{App: app}).Handler()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// newServer returns a server with the superuser "root" and the members "ann" and "bob".
func newServer(t testing.TB) *server {
	t.Helper()
	app := coretest.New(t)
	s := &server{Handler: handler(t, app), app: app, tokens: map[string]string{"": ""}, ids: map[string]string{}}
	coretest.Collection(t, app, `{"name":"members","type":"auth","listRule":"","viewRule":"","updateRule":"id = @request.auth.id",
		"fields":[{"name":"password","type":"password","min":8,"cost":4}]}`)
	s.join(t, schema.Superusers, "root")
	s.join(t, "members", "ann")
	s.join(t, "members", "bob")
	return s
}

// join creates a record of an auth collection and signs it in.
func (s *server) join(t testing.TB, collection, name string) {
	t.Helper()
	email := name + "@example.com"
	rec := coretest.Create(t, s.app, collection, map[string]any{"email": email, "password": password, "passwordConfirm": password})
	s.tokens[name], s.ids[name] = apitest.SignIn(t, s, collection, email, password), rec["id"].(string)
}

// scenario is a request with the expected answer.
type scenario struct {
	name    string
	as      string // the caller's name; "" for a guest
	method  string // default GET
	path    string
	body    string
	headers map[string]string // default Content-Type: JSON

	status int
	has    []string // expected parts of the body
	hasNot []string
	header map[string]string // of the answer
	check  func(t *testing.T, body string)
}

func (s *server) do(sc scenario) *httptest.ResponseRecorder {
	if sc.method == "" {
		sc.method = http.MethodGet
	}
	var body io.Reader
	if sc.body != "" {
		body = strings.NewReader(sc.body)
	}
	r := httptest.NewRequest(sc.method, sc.path, body)
	r.Header.Set("Content-Type", "application/json")
	if token := s.tokens[sc.as]; token != "" {
		r.Header.Set("Authorization", token)
	}
	for name, value := range sc.headers {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// run runs the scenarios one after the other.
func (s *server) run(t *testing.T, scenarios []scenario) {
	t.Helper()
	for _, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			if _, known := s.tokens[sc.as]; !known {
				t.Fatalf("nobody is called %q", sc.as)
			}
			res := s.do(sc)
			body := res.Body.String()
			if res.Code != sc.status {
				t.Errorf("%s %s = %d, want %d: %s", sc.method, sc.path, res.Code, sc.status, body)
			}
			for _, part := range sc.has {
				if !strings.Contains(body, part) {
					t.Errorf("body misses %s: %s", part, body)
				}
			}
			for _, part := range sc.hasNot {
				if strings.Contains(body, part) {
					t.Errorf("body has %s: %s", part, body)
				}
			}
			for name, want := range sc.header {
				if got := strings.Join(res.Header().Values(name), ","); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
			if sc.status >= 400 {
				checkEnvelope(t, body, sc.status)
			}
			if sc.status == http.StatusNoContent && (body != "" || res.Header().Get("Content-Type") != "") {
				t.Errorf("204 with content %q of type %q", body, res.Header().Get("Content-Type"))
			}
			if sc.check != nil {
				sc.check(t, body)
			}
		})
	}
}

// checkEnvelope checks the form of a failure.
func checkEnvelope(t *testing.T, body string, status int) {
	t.Helper()
	var envelope struct {
		Data    map[string]any
		Message string
		Status  int
	}
	if err := json.Unmarshal([]byte(body), &envelope); err != nil || envelope.Data == nil || envelope.Message == "" || envelope.Status != status {
		t.Errorf("no envelope of status %d: %s", status, body)
	}
	if !strings.HasPrefix(body, `{"data":{`) || !strings.HasSuffix(body, "}") {
		t.Errorf("form of the envelope: %q", body)
	}
}

// form returns a multipart body with the parts, alternately names and values. A value of bytes is a
// file.
func form(t testing.TB, parts ...any) (headers map[string]string, body string) {
	t.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for i := 0; i+1 < len(parts); i += 2 {
		name := parts[i].(string)
		var err error
		switch value := parts[i+1].(type) {
		case string:
			err = w.WriteField(name, value)
		case []byte:
			part, e := w.CreateFormFile(name, "Some File.txt")
			if err = e; err == nil {
				_, err = part.Write(value)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	return map[string]string{"Content-Type": w.FormDataContentType()}, buf.String()
}

const (
	defaultMessage  = `"message":"Something went wrong while processing your request."`
	notFoundMessage = `"message":"The requested resource wasn't found."`
	nobody          = `{"data":{},"message":"The request requires valid record authorization token.","status":401}`
	notAllowed      = `{"data":{},"message":"The authorized record is not allowed to perform this action.","status":403}`
)
