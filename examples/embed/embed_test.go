package main_test

import (
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loambase/loam/api/apitest"
)

func TestEmbed(t *testing.T) {
	dir := t.TempDir()
	binary := filepath.Join(dir, "embed")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	if out, err := exec.Command(binary, "slug", "Hello  World").Output(); string(out) != "hello-world\n" || err != nil {
		t.Errorf("embed slug = %q, %v", out, err)
	}
	url := apitest.Serve(t, binary, dir)
	for _, test := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{http.MethodPost, "/api/collections/posts/records", `{"title":"Hello World"}`, 200, `"slug":"hello-world"`},
		{http.MethodPost, "/api/collections/posts/records", `{"slug":"mine"}`, 400, `"code":"validation_required"`},
		{http.MethodGet, "/api/posts/hello-world", "", 200, `{"id":"`},
		{http.MethodGet, "/api/posts/nothing", "", 404, `"status":404`},
		{http.MethodGet, "/api/health", "", 200, `"code":200`},
	} {
		status, body := ask(t, test.method, url+test.path, test.body)
		if status != test.status || !strings.Contains(body, test.want) {
			t.Errorf("%s %s = %d %s, want %d with %s", test.method, test.path, status, body, test.status, test.want)
		}
	}
}

func ask(t *testing.T, method, url, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}
