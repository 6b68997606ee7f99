package main_test

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loambase/loam/api/apitest"
)

// TestExamplesStandAlone copies each example, a module of its own, to a folder outside of this
// repository, as its readers do. There it runs the tests of the example and its binary.
func TestExamplesStandAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles programs")
	}
	t.Parallel()
	for name, drive := range map[string]func(*testing.T, string, string){
		"embed": driveEmbed, "saas": driveSaaS, "import": driveImport,
	} {
		t.Run(name, func(t *testing.T) {
			dir := outside(t, name)
			run(t, dir, "go", "test", "-vet=off", "-ldflags=-w", "./...")
			binary := filepath.Join(dir, name)
			run(t, dir, "go", "build", "-ldflags=-w", "-o", binary, ".")
			drive(t, binary, dir)
		})
	}
}

// outside copies an example to a new folder. The replace in the go.mod of the copy has the absolute
// path of this repository.
func outside(t *testing.T, name string) (dir string) {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("examples", name))); err != nil {
		t.Fatal(err)
	}
	run(t, dir, "go", "mod", "edit", "-replace", "github.com/loambase/loam="+here)
	return dir
}

// run runs a command and returns its standard output. A command that fails ends the test.
func run(t *testing.T, dir, command string, args ...string) string {
	t.Helper()
	cmd := exec.Command(command, args...)
	cmd.Dir = dir
	var out, failure strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &failure
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", command, strings.Join(args, " "), err, &out, &failure)
	}
	return out.String()
}

// asked is a request to an example, with the wanted status and a text of the wanted body.
type asked struct {
	method, path, body string
	status             int
	want               string
}

// ask sends the requests one after the other.
func ask(t *testing.T, url string, requests []asked) {
	t.Helper()
	for _, a := range requests {
		r, err := http.NewRequest(a.method, url+a.path, strings.NewReader(a.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != a.status || !strings.Contains(string(text), a.want) {
			t.Errorf("%s %s = %d %s, want %d with %s", a.method, a.path, response.StatusCode, text, a.status, a.want)
		}
	}
}

func driveEmbed(t *testing.T, binary, dir string) {
	if out := run(t, dir, binary, "slug", "Hello  World"); out != "hello-world\n" {
		t.Errorf("embed slug = %q", out)
	}
	ask(t, apitest.Serve(t, binary, dir), []asked{
		{"POST", "/api/collections/posts/records", `{"title":"Hello World"}`, 200, `"slug":"hello-world"`},
		{"POST", "/api/collections/posts/records", `{"slug":"mine"}`, 400, `"code":"validation_required"`},
		{"GET", "/api/posts/hello-world", "", 200, `{"id":"`},
		{"GET", "/api/posts/nothing", "", 404, `"status":404`},
		{"GET", "/api/health", "", 200, `"code":200`},
		{"GET", "/api/openapi.json", "", 200, `"/api/posts/{slug}"`},
	})
}

func driveSaaS(t *testing.T, binary, dir string) {
	if out := run(t, dir, binary, "--help"); !strings.Contains(out, "Teams, invitations") || !strings.Contains(out, "SAAS_HTTP") {
		t.Errorf("the help is %s", out)
	}
	ask(t, apitest.Serve(t, binary, dir), []asked{
		{"GET", "/", "", 200, "<h1>0 teams"},
		{"POST", "/api/collections/teams/records", `{"name":"x"}`, 400, `"status":400`},
		{"POST", "/api/teams/x/invitations", `{}`, 401, `"status":401`},
		{"POST", "/webhooks/billing", `{"team":"x"}`, 401, `"status":401`},
	})
	if out := run(t, dir, binary, "migrate", "list"); !strings.HasPrefix(out, "0001_teams\t20") {
		t.Errorf("migrate list prints %q", out)
	}
}

func driveImport(t *testing.T, binary, dir string) {
	rows := run(t, dir, binary, "make", "5000")
	if err := os.WriteFile(filepath.Join(dir, "rows.csv"), []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"load", "rows.csv"}, {"load", "--hooks", "rows.csv"}} {
		if out := run(t, dir, binary, args...); !strings.HasPrefix(out, "5000 rows in ") {
			t.Errorf("import %s prints %q", strings.Join(args, " "), out)
		}
	}
	ask(t, apitest.Serve(t, binary, dir), []asked{
		{"GET", "/api/collections/readings/records?perPage=1", "", 200, `"totalItems":10000`},
		{"GET", "/api/collections/readings/records?perPage=1&filter=state='broken'", "", 200, `"totalItems":400`},
	})
}
