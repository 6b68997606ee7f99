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
	coretest.Start(t, p.App)
	coretest.Collection(t, p.App, `{"name":"posts","fields":[{"name":"title","type":"text"},{"name":"attached","type":"file","maxSelect":1}]}`)
	const text = "hello"
	file := &blob.Upload{OriginalName: "a.txt", Name: "a.txt", Size: int64(len(text)), MediaType: "text/plain",
		Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
	in := record.Input{Body: map[string]any{"title": "ferns"}, Files: map[string][]*blob.Upload{"attached": {file}}}
	r, err := p.App.Records().Create(t.Context(), record.Root(), "posts", in)
	if err != nil {
		t.Fatal(err)
	}
	h, err := p.Handler()
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/files/posts/"+r.ID()+"/"+r.Text("attached"), nil))
	if got := w.Header().Get("Content-Disposition"); w.Body.String() != text || !strings.Contains(got, `filename="ferns.txt"`) {
		t.Errorf("the answer is %d %q, %s, want the file as ferns.txt", w.Code, w.Body, got)
	}
	if strings.Join(saw, " ") != "ferns sent" {
		t.Errorf("the hook saw %q", saw)
	}
}
