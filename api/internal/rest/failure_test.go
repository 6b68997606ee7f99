package rest_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

// TestInternalFailures sends requests to an app whose database is closed.
func TestInternalFailures(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	app := coretest.Open(t, core.Config{Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(&log, nil))})
	coretest.Collection(t, app, `{"name":"notes","viewRule":"","createRule":"","fields":[{"name":"title","type":"text"}]}`)
	s := &server{Handler: handler(t, app), app: app, tokens: map[string]string{"": ""}}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	const path = "/api/collections/notes/records"
	for _, sc := range []scenario{
		{path: path + "/abc?token=secret", headers: map[string]string{"X-Request-Id": "from-the-proxy.1"}},
		{method: "POST", path: path, body: `{"title":"secret"}`, headers: map[string]string{"X-Request-Id": "not \"sane\""}},
	} {
		log.Reset()
		res := s.do(sc)
		if want := `{"data":{},` + defaultMessage + `,"status":500}`; res.Code != 500 || res.Body.String() != want {
			t.Errorf("%s %s = %d %s, want 500 %s", sc.method, sc.path, res.Code, res.Body, want)
		}
		id, line := res.Header().Get("X-Request-Id"), log.String()
		if id == "" || !strings.Contains(line, "request="+id) || strings.Contains(line, "secret") || strings.Contains(line, "sane") {
			t.Errorf("id %q, log %s", id, line)
		}
	}
}

// TestEnrichThatFailsAfterACreate checks that no record is stored if the create fails in the hook
// Enrich: otherwise a client that repeats the create would create it twice.
func TestEnrichThatFailsAfterACreate(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, `{"name":"notes","createRule":"","fields":[{"name":"title","type":"text"}]}`)
	app.Hooks().Records.Enrich.BindFunc(func(*record.EnrichEvent) error { return errors.New("broken") })
	s := &server{Handler: handler(t, app), app: app, tokens: map[string]string{"": ""}}
	res := s.do(scenario{method: "POST", path: "/api/collections/notes/records", body: `{"title":"x"}`})
	n, err := app.Records().Count(t.Context(), "notes")
	if err != nil {
		t.Fatal(err)
	}
	if res.Code == 200 != (n == 1) {
		t.Errorf("create = %d, and %d records are stored", res.Code, n)
	}
}

// TestAnswersDoNotMix sends concurrent requests, which share buffers and compressors.
func TestAnswersDoNotMix(t *testing.T) {
	t.Parallel()
	s := newBlog(t)
	for i := range 20 {
		coretest.Create(t, s.app, "posts", map[string]any{"title": strings.Repeat(string(rune('a'+i)), 200), "views": 100 + i})
	}
	paths := []string{posts, posts + "?fields=title", posts + "?filter=views%3E110&sort=-views", post1, "/api/health", "/api/nope"}
	want := make([]string, len(paths))
	for i, path := range paths {
		want[i] = s.do(scenario{path: path}).Body.String()
	}
	server := httptest.NewServer(s)
	defer server.Close()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for n := range 30 {
				i := n % len(paths)
				if got, err := fetchCompressed(server.URL + paths[i]); err != nil || got != want[i] {
					t.Errorf("%s = %.100q, %v; want %.100q", paths[i], got, err, want[i])
				}
			}
		})
	}
	wg.Wait()
}

func fetchCompressed(url string) (string, error) {
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	r.Header.Set("Accept-Encoding", "gzip")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	in := io.Reader(res.Body)
	if res.Header.Get("Content-Encoding") == "gzip" {
		if in, err = gzip.NewReader(res.Body); err != nil {
			return "", fmt.Errorf("gzip: %w", err)
		}
	}
	body, err := io.ReadAll(in)
	return string(body), err
}
