package hostile

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The operations of honest clients.
const (
	read   = "read"
	list   = "list"
	create = "create"
	signIn = "sign-in"
)

var kinds = []string{read, list, create, signIn}

// honestPause is the pause between two requests of an honest client.
const honestPause = 40 * time.Millisecond

// honest holds the running honest clients.
type honest struct {
	done sync.WaitGroup

	mu     sync.Mutex // guards the fields below
	took   map[string]Latencies
	failed []string
}

// beginHonest lets the honest clients work until the context ends. Of four clients three are signed
// in, and one is a guest; all of them have addresses that no attacker has.
func (f *Field) beginHonest(ctx context.Context) *honest {
	h := &honest{took: map[string]Latencies{}}
	for i := range f.Honest {
		h.done.Go(func() { f.behave(ctx, h, i) })
	}
	h.done.Go(func() { f.keepSigningIn(ctx, h) })
	return h
}

func (h *honest) wait() (map[string]Latencies, []string) {
	h.done.Wait()
	for kind, l := range h.took {
		h.took[kind] = sorted(l)
	}
	return h.took, h.failed
}

func (f *Field) behave(ctx context.Context, h *honest, number int) {
	client, token := f.client(), f.token
	defer client.CloseIdleConnections()
	if number%4 == 3 {
		token = ""
	}
	for i := number; ctx.Err() == nil; i++ {
		switch i % 10 {
		case 0:
			h.time(ctx, create, client, token, http.MethodPost, f.URL+"/api/collections/notes/records", `{"title":"honest","body":"a few words"}`)
		case 1, 2:
			h.time(ctx, list, client, token, http.MethodGet, f.URL+"/api/collections/notes/records?perPage=30&skipTotal=1", "")
		default:
			h.time(ctx, read, client, token, http.MethodGet, f.URL+"/api/collections/notes/records/"+f.notes[i*37%len(f.notes)], "")
		}
		wait(ctx, honestPause)
	}
}

// keepSigningIn signs a superuser in repeatedly.
func (f *Field) keepSigningIn(ctx context.Context, h *honest) {
	client := f.client()
	defer client.CloseIdleConnections()
	for ctx.Err() == nil {
		h.time(ctx, signIn, client, "", http.MethodPost, f.URL+superusers, fmt.Sprintf(`{"identity":%q,"password":%q}`, f.Email, f.Password))
		wait(ctx, 20*honestPause)
	}
}

// time sends a request, and records the duration until the answer, and an answer that is not a
// success.
func (h *honest) time(ctx context.Context, kind string, client *http.Client, token, method, url, body string) {
	began := time.Now()
	status, text, err := send(context.WithoutCancel(ctx), client, token, method, url, "application/json", strings.NewReader(body))
	took := time.Since(began)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.took[kind] = append(h.took[kind], took)
	if (err != nil || status != http.StatusOK) && len(h.failed) < 10 {
		h.failed = append(h.failed, fmt.Sprintf("%s after %v: %d %.200s %v", kind, took.Round(time.Millisecond), status, text, err))
	}
}

// send sends a request and reads its answer.
func send(ctx context.Context, client *http.Client, token, method, url, mediaType string, body io.Reader) (int, string, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", mediaType)
	if token != "" {
		r.Header.Set("Authorization", token)
	}
	answer, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), err
}
