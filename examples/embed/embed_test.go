package main_test

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
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
	url := start(t, binary, dir)
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

// start serves until the test ends, and must end well then.
func start(t *testing.T, binary, dir string) (url string) {
	t.Helper()
	server := exec.Command(binary, "serve", "--http", "127.0.0.1:0")
	server.Dir = dir
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt) // Wait tells if it did not end well
		if err := server.Wait(); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	said := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if url := said.FindString(lines.Text()); url != "" {
			return url
		}
	}
	t.Fatal("the server did not say where it is")
	return ""
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
