package rest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/internal/budget"
)

// slowClient is a client that reads none of its answer until it is released.
type slowClient struct {
	*httptest.ResponseRecorder
	writing func()
	release chan struct{}
}

func (c *slowClient) Write(p []byte) (int, error) {
	c.writing()
	<-c.release
	return c.ResponseRecorder.Write(p)
}

// askFrom sends a request with a JSON body from an address.
func askFrom(h http.Handler, w http.ResponseWriter, address, method, path, body string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = address + ":1"
	r.Header.Set("Content-Type", "application/json")
	h.ServeHTTP(w, r)
}

// storm sends requests whose answers the clients do not read, each when the previous answer is
// being written. It returns the number of blocked answers, and a function that ends them.
func storm(h http.Handler, addresses, each int, method, path, body string) (waiting int, end func()) {
	var all, done sync.WaitGroup
	var mu sync.Mutex
	release := make(chan struct{})
	for a := range addresses {
		for range each {
			all.Add(1)
			done.Go(func() {
				arrived := sync.OnceFunc(all.Done)
				defer arrived()
				c := &slowClient{ResponseRecorder: httptest.NewRecorder(), release: release}
				c.writing = func() {
					if c.Code == http.StatusOK {
						mu.Lock()
						waiting++
						mu.Unlock()
					}
					arrived()
				}
				askFrom(h, c, fmt.Sprint("192.0.2.", a), method, path, body)
			})
			all.Wait()
		}
	}
	return waiting, sync.OnceFunc(func() { close(release); done.Wait() })
}

// TestAnswersThatNobodyTakes checks that guests that request large answers and do not read them
// hold a bounded part of the memory, while known callers are answered.
func TestAnswersThatNobodyTakes(t *testing.T) {
	t.Parallel()
	const MiB = 1 << 20
	app := coretest.Open(t, core.Config{Dir: t.TempDir(), Limits: budget.Limits{Answers: 8 * MiB}})
	h := handler(t, app)
	coretest.Collection(t, app, `{"name":"nodes","listRule":"","viewRule":"","fields":[{"name":"text","type":"editor"}]}`)
	for range 4 {
		coretest.Create(t, app, "nodes", map[string]any{"text": strings.Repeat("x", MiB/4)})
	}
	const path = "/api/collections/nodes/records?skipTotal=1" // the answer has 1 MiB
	waiting, end := storm(h, 20, 3, http.MethodGet, path, "")
	defer end()
	if held := app.Budgets().Answers.Usage().Held; waiting != 5 || held > 6*MiB {
		t.Errorf("%d of 60 answers wait, with %d bytes", waiting, held)
	}
	answer := httptest.NewRecorder()
	askFrom(h, answer, "192.0.2.200", http.MethodGet, path, "")
	if answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Retry-After") == "" {
		t.Errorf("a guest is answered %d, %v", answer.Code, answer.Header())
	}
	for _, path := range []string{"/api/collections/nodes/records?skipTotal=1&filter=text=''", "/api/health"} { // small answers
		answer := httptest.NewRecorder()
		askFrom(h, answer, "192.0.2.200", http.MethodGet, path, "")
		if answer.Code != http.StatusOK {
			t.Errorf("%s of a guest: %d", path, answer.Code)
		}
	}
	coretest.Create(t, app, "_superusers", map[string]any{
		"email": "root@example.com", "password": "1234567890", "passwordConfirm": "1234567890"})
	token := apitest.SignIn(t, h, "_superusers", "root@example.com", "1234567890")
	if status, _ := apitest.Ask(t, h, token, http.MethodGet, path, ""); status != http.StatusOK {
		t.Errorf("a superuser is answered %d", status)
	}
	end()
	if u := app.Budgets().Answers.Usage(); u.Held != 0 || u.Callers != 0 {
		t.Errorf("left over: %+v", u)
	}
}

// TestPlacesAreLeftBeforeTheAnswer checks that a client that does not read the answer to a heavy
// body does not hold a place for heavy bodies.
func TestPlacesAreLeftBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	h := handler(t, app)
	coretest.Collection(t, app, `{"name":"notes","listRule":"","createRule":"","fields":[{"name":"list","type":"json"}]}`)
	heavy := `{"list":[1` + strings.Repeat(",1", 60_000) + `]}`
	const path = "/api/collections/notes/records"
	waiting, end := storm(h, 6, 1, http.MethodGet, path, heavy)
	defer end()
	if held := app.Budgets().Heavy.Usage().Held; waiting != 6 || held != 0 {
		t.Errorf("%d answers wait, and keep %d places", waiting, held)
	}
	answer := httptest.NewRecorder()
	askFrom(h, answer, "192.0.2.200", http.MethodPost, path, heavy)
	if answer.Code != http.StatusOK {
		t.Errorf("a heavy create is answered %d", answer.Code)
	}
}

// stalled is a request body that sends no data until end is closed, and then fails.
type stalled struct {
	begun func()
	end   chan struct{}
}

func (b *stalled) Read([]byte) (int, error) {
	b.begun()
	<-b.end
	return 0, io.ErrUnexpectedEOF
}

// TestBodiesThatDoNotCome checks that bodies of requests that rules refuse are not read, and that
// stalled bodies hold a bounded part of the memory.
func TestBodiesThatDoNotCome(t *testing.T) {
	t.Parallel()
	const MiB = 1 << 20
	app := coretest.Open(t, core.Config{Dir: t.TempDir(), Limits: budget.Limits{Bodies: 8 * MiB}})
	h := handler(t, app)
	coretest.Collection(t, app, `{"name":"open","createRule":"","fields":[{"name":"text","type":"text"}]}`)
	coretest.Collection(t, app, `{"name":"closed","fields":[{"name":"text","type":"text"}]}`)
	coretest.Collection(t, app, `{"name":"seen","type":"view","viewQuery":"SELECT id FROM open"}`)
	end := make(chan struct{})
	send := func(address, method, path string, begun func()) int {
		r := httptest.NewRequest(method, path, &stalled{begun, end})
		r.ContentLength, r.RemoteAddr = 20*MiB, address+":1"
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	ended := make(chan struct{})
	close(ended)
	for _, tt := range []struct {
		method, path string
		want         int
	}{
		{"POST", "nope/records", 404}, {"POST", "closed/records", 403}, {"POST", "seen/records", 400},
		{"GET", "nope/records", 404}, {"GET", "closed/records", 403}, {"GET", "closed/records/x", 403},
		{"PATCH", "closed/records/x", 403}, {"DELETE", "closed/records/x", 403}, {"GET", "closed/aggregate", 403},
	} {
		drained := &stalled{func() {}, ended} // the refusal drains it
		r := httptest.NewRequest(tt.method, "/api/collections/"+tt.path, drained)
		r.ContentLength = 20 * MiB
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != tt.want {
			t.Errorf("%s %s: %d, want %d", tt.method, tt.path, w.Code, tt.want)
		}
	}
	var done, reading sync.WaitGroup
	for a := range 3 { // each guest holds 2 MiB of 8 MiB
		for range 2 {
			reading.Add(1)
			done.Go(func() {
				send(fmt.Sprint("192.0.2.", a), "POST", "/api/collections/open/records", sync.OnceFunc(reading.Done))
			})
		}
	}
	reading.Wait()
	if u := app.Budgets().Bodies.Usage(); u.Held != 6*MiB {
		t.Errorf("%+v", u)
	}
	waiting := make(chan int, 1)
	go func() { waiting <- send("192.0.2.9", "POST", "/api/collections/open/records", func() {}) }()
	for app.Budgets().Bodies.Usage().Waiting == 0 {
		runtime.Gosched()
	}
	answer := httptest.NewRecorder() // its body is short
	askFrom(h, answer, "192.0.2.9", http.MethodPost, "/api/collections/open/records", `{"text":"x"}`)
	if answer.Code != http.StatusOK {
		t.Errorf("a short body: %d", answer.Code)
	}
	close(end)
	done.Wait()
	if code := <-waiting; code != http.StatusBadRequest {
		t.Errorf("the one that waited: %d", code)
	}
	if u := app.Budgets().Bodies.Usage(); u.Held != 0 || u.Callers != 0 {
		t.Errorf("left over: %+v", u)
	}
}
