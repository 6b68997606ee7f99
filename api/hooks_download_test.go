package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

// withFile starts the program, and creates a record of posts with a file in the field attached and
// a file in the protected field secret. get requests the file of a field.
func withFile(t *testing.T, p *api.Program) (get func(field string) *httptest.ResponseRecorder) {
	t.Helper()
	coretest.Start(t, p.App)
	coretest.Collection(t, p.App, `{"name":"posts","viewRule":"","fields":[{"name":"title","type":"text"},
		{"name":"attached","type":"file"},{"name":"secret","type":"file","protected":true}]}`)
	in := record.Input{Body: map[string]any{"title": "ferns"}, Files: map[string][]*blob.Upload{}}
	for _, field := range []string{"attached", "secret"} {
		in.Files[field] = []*blob.Upload{{OriginalName: "a.txt", Name: field + ".txt", Size: 5, MediaType: "text/plain",
			Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("hello")), nil }}}
	}
	r, err := p.App.Records().Create(t.Context(), record.Root(), "posts", in)
	if err != nil {
		t.Fatal(err)
	}
	h, err := p.Handler()
	if err != nil {
		t.Fatal(err)
	}
	return func(field string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/files/posts/"+r.ID()+"/"+r.Text(field), nil))
		return w
	}
}

// TestDownloadHook changes the name of a file in a Download hook, and runs code after the file was
// sent.
func TestDownloadHook(t *testing.T) {
	t.Parallel()
	p := &api.Program{App: core.New(core.Config{})}
	var saw []string
	p.Hooks().Files.Download.BindFunc(func(e *core.DownloadEvent) error {
		saw = append(saw, e.File.Record.Text("title"))
		e.Name = e.File.Record.Text("title") + ".txt"
		err := e.Next()
		saw = append(saw, "sent")
		return err
	}, "posts")
	w := withFile(t, p)("attached")
	if got := w.Header().Get("Content-Disposition"); w.Body.String() != "hello" || !strings.Contains(got, `filename="ferns.txt"`) {
		t.Errorf("the answer is %d %q, %s, want the file as ferns.txt", w.Code, w.Body, got)
	}
	if strings.Join(saw, " ") != "ferns sent" {
		t.Errorf("the hook saw %q", saw)
	}
}

// TestFileHeadersOfAProgram checks that answers with files keep the headers that the program has
// set, except the Cache-Control of protected files.
func TestFileHeadersOfAProgram(t *testing.T) {
	t.Parallel()
	p := &api.Program{App: core.New(core.Config{})}
	p.Serve.BindFunc(func(e *api.ServeEvent) error {
		e.Use(func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Cache-Control", "max-age=60")
				w.Header().Set("Content-Security-Policy", "sandbox")
				next.ServeHTTP(w, r)
			})
		})
		return e.Next()
	})
	get := withFile(t, p)
	for field, want := range map[string]string{"attached": "max-age=60", "secret": "private, no-store"} {
		h := get(field).Header()
		if cache, policy := h.Get("Cache-Control"), h.Get("Content-Security-Policy"); cache != want || policy != "sandbox" {
			t.Errorf("Cache-Control of the file in %s = %q, Content-Security-Policy %q, want %q, %q", field, cache, policy, want, "sandbox")
		}
	}
}
