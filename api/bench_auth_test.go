package api

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/password"
)

const signIn = "/api/collections/users/auth-with-password"

// benchAccounts returns a server with n accounts, whose passwords have the default cost.
func benchAccounts(b *testing.B, n int) (*core.App, http.Handler) {
	app := coretest.Open(b, core.Config{Dir: b.TempDir(), DB: coretest.DB(b), HashCost: password.DefaultCost})
	for i := range n {
		coretest.Create(b, app, "users", map[string]any{"email": fmt.Sprintf("user%d@example.com", i), "password": "correct horse", "passwordConfirm": "correct horse"})
	}
	h, err := (&Program{App: app}).Handler()
	if err != nil {
		b.Fatal(err)
	}
	return app, h
}

func signInForm(i int) string {
	return fmt.Sprintf(`{"identity":"user%d@example.com","password":"correct horse"}`, i)
}

// BenchmarkSignIn measures a sign-in without its hash, and a refresh.
func BenchmarkSignIn(b *testing.B) {
	app, h := benchAccounts(b, 1)
	send := func(path, body, token string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		return w
	}
	b.Run("hash alone", func(b *testing.B) {
		hash, err := app.Passwords().Hash(b.Context(), "correct horse", 0)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if ok, err := app.Passwords().Compare(b.Context(), hash, "correct horse"); !ok || err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sign in", func(b *testing.B) {
		for b.Loop() {
			send(signIn, signInForm(0), "")
		}
	})
	b.Run("refresh", func(b *testing.B) {
		_, rest, _ := strings.Cut(send(signIn, signInForm(0), "").Body.String(), `"token":"`)
		token, _, _ := strings.Cut(rest, `"`)
		b.ReportAllocs()
		for b.Loop() {
			send("/api/collections/users/auth-refresh", "", token)
		}
	})
}

// BenchmarkGetDuringSignIns measures how long a request takes while 200 accounts sign in again and
// again, and while none does: percentiles in milliseconds, over a connection.
func BenchmarkGetDuringSignIns(b *testing.B) {
	const clients = 200
	app, h := benchAccounts(b, clients)
	coretest.Collection(b, app, `{"name":"posts","viewRule":"","fields":[{"name":"title","type":"text"}]}`)
	coretest.Create(b, app, "posts", map[string]any{"id": "post00000000001", "title": "a title"})
	if _, err := app.Settings().Patch(b.Context(), record.Root(), []byte(`{"trustedProxy":{"headers":["X-Forwarded-For"]}}`)); err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients + 1}}
	do := func(r *http.Request, err error) int {
		if err != nil {
			b.Error(err)
			return 0
		}
		answer, err := client.Do(r)
		if err != nil {
			b.Error(err)
			return 0
		}
		defer answer.Body.Close()
		_, _ = io.Copy(io.Discard, answer.Body)
		return answer.StatusCode
	}
	gets := func(n int) (all []time.Duration) {
		for range n {
			began := time.Now()
			if status := do(http.NewRequest("GET", server.URL+"/api/collections/posts/records/post00000000001", nil)); status != http.StatusOK {
				b.Errorf("GET: %d", status)
			}
			all = append(all, time.Since(began))
			time.Sleep(5 * time.Millisecond) // the rate of a reader
		}
		return all
	}
	var idle, busy []time.Duration
	for range b.N {
		idle = append(idle, gets(500)...)
		done := make(chan struct{})
		var storm sync.WaitGroup
		for i := range clients {
			storm.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					r, err := http.NewRequest("POST", server.URL+signIn, strings.NewReader(signInForm(i)))
					r.Header.Set("Content-Type", "application/json")
					r.Header.Set("X-Forwarded-For", fmt.Sprintf("192.0.2.%d", i)) // each client has its own address
					if status := do(r, err); status != http.StatusOK {
						b.Errorf("sign in: %d", status)
						return
					}
				}
			})
		}
		busy = append(busy, gets(500)...)
		close(done)
		storm.Wait()
	}
	at := func(all []time.Duration, p int) float64 {
		slices.Sort(all)
		return float64(all[len(all)*p/100].Microseconds()) / 1000
	}
	b.ReportMetric(at(idle, 50), "idle-p50-ms")
	b.ReportMetric(at(busy, 50), "busy-p50-ms")
	b.ReportMetric(at(idle, 99), "idle-p99-ms")
	b.ReportMetric(at(busy, 99), "busy-p99-ms")
}
