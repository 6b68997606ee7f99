package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/core/coretest"
)

func TestPostsHaveSlugs(t *testing.T) {
	p := program()
	coretest.Start(t, p.App)
	h, err := p.Handler()
	if err != nil {
		t.Fatal(err)
	}
	coretest.Create(t, p.App, "posts", map[string]any{"title": "Hello World"})
	status, body := apitest.Ask(t, h, "", http.MethodGet, "/api/posts/hello-world", "")
	if status != http.StatusOK || !strings.Contains(body, `"title":"Hello World"`) {
		t.Errorf("GET the slug = %d %s, want the post", status, body)
	}
	if status, body = apitest.Ask(t, h, "", http.MethodGet, "/api/posts/nothing", ""); status != http.StatusNotFound {
		t.Errorf("GET another slug = %d %s, want 404", status, body)
	}
}

func TestPostsAreCounted(t *testing.T) {
	p := program()
	var log bytes.Buffer
	p.App.Config.Log = slog.New(slog.NewTextHandler(&log, nil))
	coretest.Start(t, p.App)
	coretest.Create(t, p.App, "posts", map[string]any{"title": "Hello World"})
	if err := p.App.Jobs().RunAndWait(t.Context(), "count posts"); err != nil || !strings.Contains(log.String(), "msg=posts count=1") {
		t.Errorf("the job = %v, logged %s", err, &log)
	}
}
