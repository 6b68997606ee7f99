package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// hooksOf adds the hooks in the fields of a struct to found, by name, each as a pointer to a
// hook.Hook.
func hooksOf(v reflect.Value, prefix string, found map[string]reflect.Value) {
	for i := range v.NumField() {
		f, t := v.Field(i), v.Type().Field(i)
		if f.Kind() != reflect.Pointer {
			f = f.Addr()
		}
		if bind := f.MethodByName("BindFunc"); bind.IsValid() {
			found[prefix+t.Name] = f
			continue
		}
		next := prefix + t.Name + "."
		if t.Anonymous {
			next = prefix
		}
		hooksOf(f.Elem(), next, found)
	}
}

// all returns the hooks of a program by name.
func all(p *api.Program) map[string]reflect.Value {
	found := map[string]reflect.Value{}
	hooks := p.Hooks()
	hooksOf(reflect.ValueOf(&hooks).Elem(), "", found)
	return found
}

// bind binds a function to a hook of any event.
func bind(h reflect.Value, fn func() error) (remove func()) {
	m := h.MethodByName("BindFunc")
	handler := reflect.MakeFunc(m.Type().In(0), func([]reflect.Value) []reflect.Value {
		result := reflect.New(reflect.TypeFor[error]()).Elem()
		if err := fn(); err != nil {
			result.Set(reflect.ValueOf(err))
		}
		return []reflect.Value{result}
	})
	return m.Call([]reflect.Value{handler})[0].Interface().(func())
}

// documented reads the table of docs/hooks.md. may describes what handlers may do, events has the
// types of the events, both by the name of the hook.
func documented(t *testing.T) (may, events map[string]string) {
	t.Helper()
	text, err := os.ReadFile("../docs/hooks.md")
	if err != nil {
		t.Fatal(err)
	}
	may, events = map[string]string{}, map[string]string{}
	row := regexp.MustCompile("(?m)^\\| `([A-Za-z0-9.]+)` \\| `([a-zA-Z0-9.]+)` \\| .* \\| (.*)\\|$")
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		may[m[1]], events[m[1]] = m[3], m[2]
	}
	return may, events
}

func TestHooksTable(t *testing.T) {
	t.Parallel()
	may, events := documented(t)
	hooks := all(&api.Program{App: core.New(core.Config{})})
	for name, h := range hooks {
		handler := h.MethodByName("BindFunc").Type().In(0)
		if event := strings.TrimPrefix(handler.In(0).String(), "*"); events[name] != event {
			t.Errorf("docs/hooks.md has the event %q of %s, want %s", events[name], name, event)
		}
	}
	for name := range may {
		if !hooks[name].IsValid() {
			t.Errorf("docs/hooks.md has %s, which is no hook", name)
		}
	}
}

// stage is a program that records which of its hooks have run.
type stage struct {
	*api.Program
	t       *testing.T
	handler http.Handler
	url     string
	hooks   map[string]reflect.Value
	root    string // the token of a superuser
	user    *record.Record
	post    *record.Record
	backup  string

	mu   sync.Mutex
	fire map[string]chan struct{} // by the name of a hook; closed when the hook has run
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, fire: map[string]chan struct{}{}}
	s.Program = &api.Program{App: core.New(core.Config{PrintMails: io.Discard})}
	s.hooks = all(s.Program)
	for name, h := range s.hooks {
		s.fire[name] = make(chan struct{})
		bind(h, func() error { s.fired(name); return nil })
	}
	coretest.Start(t, s.App)
	var err error
	if s.handler, err = s.Handler(); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.handler)
	t.Cleanup(server.Close)
	s.url = server.URL
	coretest.Collection(t, s.App, `{"name":"posts","listRule":"","viewRule":"","createRule":"","updateRule":"","deleteRule":"",
		"fields":[{"name":"title","type":"text","required":true},{"name":"attached","type":"file","maxSelect":1}]}`)
	users := `{"otp":{"enabled":true},"createRule":"","authRule":""}`
	if _, err := s.App.Collections().Update(t.Context(), record.Root(), "users", []byte(users)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.App.Settings().Patch(t.Context(), record.Root(), []byte(`{"batch":{"enabled":true},"realtime":{"channels":[{"pattern":"room:*","joinRule":"","sendRule":""}]}}`)); err != nil {
		t.Fatal(err)
	}
	s.user = coretest.Record(t, s.App, "users", map[string]any{"email": "a@example.com", "password": "12345678"})
	coretest.Create(t, s.App, "_superusers", map[string]any{"email": "root@example.com", "password": "12345678"})
	s.root = apitest.SignIn(t, s.handler, "_superusers", "root@example.com", "12345678")
	const text = "hello"
	file := &blob.Upload{OriginalName: "a.txt", Name: "a.txt", Size: int64(len(text)), MediaType: "text/plain",
		Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
	in := record.Input{Body: map[string]any{"title": "first"}, Files: map[string][]*blob.Upload{"attached": {file}}}
	if s.post, err = s.App.Records().Create(t.Context(), record.Root(), "posts", in); err != nil {
		t.Fatal(err)
	}
	s.backup = "first.zip"
	if _, err := s.App.Backups().Create(t.Context(), record.Root(), s.backup); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stage) fired(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.fire[name]:
	default:
		close(s.fire[name])
	}
}

// ask sends a request as a guest, or as the superuser.
func (s *stage) ask(root bool, method, path, body string) int {
	s.t.Helper()
	token := ""
	if root {
		token = s.root
	}
	status, _ := apitest.Ask(s.t, s.handler, token, method, path, body)
	return status
}

// flow confirms the link of a mail to the user.
func (s *stage) flow(of auth.TokenType, path, more string) int {
	s.t.Helper()
	r, err := s.App.Records().FindByID(s.t.Context(), "users", s.user.ID())
	if err != nil {
		s.t.Fatal(err)
	}
	token, err := s.Server().Auth.NewToken(r, auth.Token{Type: of, Email: r.Text("email"), NewEmail: "b@example.com"})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.ask(false, http.MethodPost, "/api/collections/users/"+path, fmt.Sprintf(`{"token":%q%s}`, token, more))
}

// as sends a request as the user.
func (s *stage) as(path, body string) int {
	s.t.Helper()
	token := apitest.SignIn(s.t, s.handler, "users", s.user.Text("email"), "12345678")
	status, _ := apitest.Ask(s.t, s.handler, token, http.MethodPost, path, body)
	return status
}

// connect opens a stream of events. It returns the id of the client and the lines of the stream.
func (s *stage) connect(ctx context.Context) (status int, id string, lines *bufio.Scanner) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/api/realtime", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { answer.Body.Close() })
	lines = bufio.NewScanner(answer.Body)
	for answer.StatusCode == http.StatusOK && id == "" && lines.Scan() {
		id = strings.TrimPrefix(lines.Text(), "id:")
	}
	return answer.StatusCode, id, lines
}

// subscribe opens a stream and subscribes its client to the posts.
func (s *stage) subscribe(ctx context.Context) (status int, lines *bufio.Scanner) {
	s.t.Helper()
	_, id, lines := s.connect(ctx)
	body := fmt.Sprintf(`{"clientId":%q,"subscriptions":["posts/*"]}`, id)
	answer, err := http.Post(s.url+"/api/realtime", "application/json", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode, lines
}

const newPost = `{"title":"x"}`

// actions returns requests that a hook may refuse, by the name of the hook. Each function returns
// the status of the answer.
func (s *stage) actions() map[string]func() int {
	const records, collections = "/api/collections/posts/records", "/api/collections"
	post := func() int { return s.ask(false, http.MethodPost, records, newPost) }
	collection := func() int {
		return s.ask(true, http.MethodPost, collections, fmt.Sprintf(`{"name":"c%d","type":"base"}`, time.Now().UnixNano()))
	}
	settings := func() int { return s.ask(true, http.MethodPatch, "/api/settings", `{"meta":{"appName":"Other"}}`) }
	signIn := func() int {
		return s.ask(false, http.MethodPost, "/api/collections/users/auth-with-password", `{"identity":"a@example.com","password":"12345678"}`)
	}
	return map[string]func() int{
		"Records.Request": post,
		"Records.Batch": func() int {
			return s.ask(false, http.MethodPost, "/api/batch", `{"requests":[{"method":"POST","url":"`+records+`","body":`+newPost+`}]}`)
		},
		"Records.Before":      post,
		"Records.InTx":        post,
		"Records.Enrich":      func() int { return s.ask(false, http.MethodGet, records+"/"+s.post.ID(), "") },
		"Collections.Request": func() int { return s.ask(true, http.MethodGet, collections+"/posts", "") },
		"Collections.Before":  collection,
		"Collections.InTx":    collection,
		"Settings.Request":    func() int { return s.ask(true, http.MethodGet, "/api/settings", "") },
		"Settings.Before":     settings,
		"Settings.InTx":       settings,
		"Files.Download": func() int {
			return s.ask(false, http.MethodGet, "/api/files/posts/"+s.post.ID()+"/"+s.post.Text("attached"), "")
		},
		"Files.Token":              func() int { return s.as("/api/files/token", "") },
		"Backups.Create":           func() int { return s.ask(true, http.MethodPost, "/api/backups", `{"name":"second.zip"}`) },
		"Auth.Attempt":             signIn,
		"Auth.SignIn":              signIn,
		"Auth.Respond":             signIn,
		"Auth.ConfirmVerification": func() int { return s.flow(auth.Verification, "confirm-verification", "") },
		"Auth.ConfirmPasswordReset": func() int {
			return s.flow(auth.PasswordReset, "confirm-password-reset", `,"password":"12345678","passwordConfirm":"12345678"`)
		},
		"Auth.RequestEmailChange": func() int { return s.as("/api/collections/users/request-email-change", `{"newEmail":"c@example.com"}`) },
		"Auth.ConfirmEmailChange": func() int { return s.flow(auth.EmailChange, "confirm-email-change", `,"password":"12345678"`) },
		"Realtime.Connect": func() int {
			ctx, cancel := context.WithCancel(s.t.Context())
			defer cancel()
			status, _, _ := s.connect(ctx)
			return status
		},
		"Realtime.Subscribe": func() int {
			ctx, cancel := context.WithCancel(s.t.Context())
			defer cancel()
			status, _ := s.subscribe(ctx)
			return status
		},
		"Channels.Join": func() int { return s.inChannel(`{"type":"join","id":"1","channel":"room:1"}`) },
		"Channels.Broadcast": func() int {
			return s.inChannel(`{"type":"broadcast","id":"2","channel":"room:1","event":"say","ack":true}`)
		},
	}
}

// inChannel joins a channel over a WebSocket, sends the message and leaves the channel. A message
// that joins the channel is sent once. inChannel returns the status of the answer to the message.
func (s *stage) inChannel(message string) int {
	s.t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{"loam.v1"}}
	conn, answer, err := dialer.DialContext(s.t.Context(), strings.Replace(s.url, "http", "ws", 1)+"/api/realtime/ws", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	defer conn.Close()
	const join = `{"type":"join","id":"1","channel":"room:1"}`
	messages := []string{join, message}
	if message == join {
		messages = messages[1:]
	}
	for _, text := range append(messages, `{"type":"leave","id":"3","channel":"room:1"}`) {
		if err := conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			s.t.Fatal(err)
		}
	}
	asked := struct{ ID string }{}
	if err := json.Unmarshal([]byte(message), &asked); err != nil {
		s.t.Fatal(err)
	}
	status := 0
	for {
		var got struct {
			Type, ID string
			Status   int
		}
		if err := conn.ReadJSON(&got); err != nil {
			s.t.Fatal(err)
		}
		if got.ID == asked.ID {
			if status = got.Status; got.Type == "ok" {
				status = http.StatusOK
			}
		}
		if got.ID == "3" {
			return status
		}
	}
}

// elsewhere names the hooks whose refusal is tested in another file.
var elsewhere = []string{
	"Auth.OAuth2",     // auth/oauth2_test.go
	"Backups.Restore", // core/backup_hooks_test.go
}

// TestHooksFromOutside checks that each hook runs at the operation of docs/hooks.md, and that the
// hook can refuse the operation if docs/hooks.md says so.
func TestHooksFromOutside(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	may, _ := documented(t)
	actions := s.actions()
	for _, name := range slices.Sorted(maps.Keys(may)) {
		refuses := strings.Contains(may[name], "refuse")
		action := actions[name]
		if refuses != (action != nil) && !slices.Contains(elsewhere, name) {
			t.Errorf("%s: docs say that it may refuse: %v; there is a request for that: %v", name, refuses, action != nil)
		}
		if action == nil {
			continue
		}
		posts, err := s.App.Records().Count(t.Context(), "posts")
		if err != nil {
			t.Fatal(err)
		}
		remove := bind(s.hooks[name], func() error { return fault.New(fault.Forbidden, "Not now.") })
		if status := action(); status != http.StatusForbidden {
			t.Errorf("%s: a request that it refuses is answered with %d, want 403", name, status)
		}
		remove()
		if n, err := s.App.Records().Count(t.Context(), "posts"); n != posts || err != nil {
			t.Errorf("%s: what it has refused is stored, %v", name, err)
		}
		if name == "Auth.ConfirmEmailChange" { // after it, no test could sign in with the old address
			continue
		}
		if status := action(); status >= 300 {
			t.Errorf("%s: without a refusal the answer is %d", name, status)
		}
	}
	s.flowsByMail()
	s.failures()
	s.told()
	if status := s.ask(true, http.MethodPost, "/api/backups/"+s.backup+"/restore", ""); status != http.StatusNoContent {
		t.Errorf("restore = %d", status)
	}
	if status := actions["Auth.ConfirmEmailChange"](); status >= 300 {
		t.Errorf("confirm-email-change = %d", status)
	}
	for name, fired := range s.fire {
		if name == "Stop" || name == "Auth.OAuth2" { // tested elsewhere
			continue
		}
		select {
		case <-fired:
		case <-time.After(20 * time.Second):
			t.Errorf("%s has not run", name)
		}
	}
}

// flowsByMail requests the mails whose hooks run after the answer.
func (s *stage) flowsByMail() {
	for _, path := range []string{"request-verification", "request-password-reset", "request-otp"} {
		user := coretest.Record(s.t, s.App, "users", map[string]any{"email": path + "@example.com", "password": "12345678"})
		if status := s.ask(false, http.MethodPost, "/api/collections/users/"+path, fmt.Sprintf(`{"email":%q}`, user.Text("email"))); status >= 300 {
			s.t.Errorf("%s = %d", path, status)
		}
	}
}

// failures sends writes that fail, and changes the password of an account.
func (s *stage) failures() {
	for path, body := range map[string]string{"/api/collections/posts/records": `{"title":""}`, "/api/collections": `{"name":"!"}`} {
		if status := s.ask(true, http.MethodPost, path, body); status != http.StatusBadRequest {
			s.t.Errorf("POST %s = %d, want 400", path, status)
		}
	}
	if status := s.ask(true, http.MethodPatch, "/api/settings", `{"meta":{"appName":""}}`); status != http.StatusBadRequest {
		s.t.Errorf("PATCH settings = %d, want 400", status)
	}
	account, err := s.App.Records().FindByID(s.t.Context(), "users", s.user.ID())
	if err != nil {
		s.t.Fatal(err)
	}
	account.Set("password", "12345678")
	if _, err := s.App.Records().Save(s.t.Context(), record.Root(), account); err != nil {
		s.t.Error(err)
	}
}

// told waits until a subscribed client receives the event of a new post.
func (s *stage) told() {
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	status, lines := s.subscribe(ctx)
	if status >= 300 {
		s.t.Fatalf("subscribe = %d", status)
	}
	if status := s.ask(false, http.MethodPost, "/api/collections/posts/records", `{"title":"told"}`); status >= 300 {
		s.t.Fatalf("create = %d", status)
	}
	for lines.Scan() {
		if strings.Contains(lines.Text(), `"title":"told"`) {
			return
		}
	}
	s.t.Error("the client was told of no post")
}
