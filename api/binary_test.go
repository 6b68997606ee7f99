package api_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest/s3test"
	"github.com/loambase/loam/core/record"
)

// binary builds the real binary, once, and returns its path.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "loam-binary-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "loam")
	if out, err := exec.Command("go", "build", "-o", path, "github.com/loambase/loam").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

// program is the real binary, with its data folder, and with a database of PostgreSQL if db is not
// empty.
type program struct {
	t       testing.TB
	dir, db string
	env     []string // in addition to the environment of the test
	// arguments of the command besides the folder; default: a free port of this machine
	arguments []string
	path      string         // of the binary; empty: built from this module
	bucket    *s3test.Server // stores its files; nil: in the folder
	url       string
	cmd       *exec.Cmd
	stderr    bytes.Buffer
	said      sync.WaitGroup // until its output has been read
	client    *http.Client
}

// prepare creates the data folder with the collections of the tests, and returns the program, which
// is not started.
func prepare(t *testing.T, db string) *program {
	t.Helper()
	p := &program{t: t, dir: t.TempDir(), db: db}
	app := core.New(core.Config{Dir: p.dir, DB: db})
	ctx := context.Background()
	err := app.Open(ctx, core.Tool)
	if err != nil {
		t.Fatal(err)
	}
	_, err = app.Collections().Create(ctx, record.Root(), []byte(`{"name":"notes","listRule":"","viewRule":"","createRule":"","updateRule":"","deleteRule":"",
		"fields":[{"name":"key","type":"text"},{"name":"n","type":"number"},{"name":"text","type":"text"}],
		"indexes":["CREATE UNIQUE INDEX notes_key ON notes (key)"]}`))
	if err == nil {
		_, err = app.Settings().Patch(ctx, record.Root(), []byte(`{"batch":{"enabled":true,"maxRequests":50,"timeout":30}}`))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	return p
}

var servedAt = regexp.MustCompile(`serves (https?://\S+)`)

func (p *program) command() *exec.Cmd {
	p.t.Helper()
	if p.path == "" {
		path, err := binary()
		if err != nil {
			p.t.Fatal(err)
		}
		p.path = path
	}
	arguments := p.arguments
	if arguments == nil {
		arguments = []string{"--http", "127.0.0.1:0"}
	}
	cmd := exec.Command(p.path, append([]string{"serve", "--dir", p.dir}, arguments...)...)
	cmd.Dir = p.dir
	cmd.Env = append(append(os.Environ(), "LOAM_DB="+p.db), p.env...)
	return cmd
}

// start starts the program, and waits until it serves. The end of the test kills the program.
func (p *program) start() {
	p.t.Helper()
	p.cmd = p.command()
	p.stderr.Reset()
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	cmd := p.cmd
	p.t.Cleanup(func() { _ = cmd.Process.Kill() }) // the process may have ended already
	lines := bufio.NewReader(out)
	first, _ := lines.ReadString('\n')
	found := servedAt.FindStringSubmatch(first)
	if found == nil {
		p.t.Fatalf("the program says %q: %v\n%s", first, p.cmd.Wait(), &p.stderr)
	}
	p.url = found[1]
	p.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: time.Minute}
	p.said.Go(func() { _, _ = io.Copy(io.Discard, lines) })
}

func (p *program) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// wait waits until the program has ended.
func (p *program) wait() error {
	p.said.Wait()
	err := p.cmd.Wait()
	p.client.CloseIdleConnections()
	return err
}

// answer is the answer to a request.
type answer struct {
	status int
	body   map[string]any
	text   string
	retry  string // the header Retry-After
	err    error  // the answer is missing or incomplete
}

func (a answer) ok() bool { return a.err == nil && a.status/100 == 2 }

func (a answer) String() string { return fmt.Sprintf("%d %s %v", a.status, a.text, a.err) }

// ask sends a request with a JSON body.
func (p *program) ask(method, path, body string) answer {
	return ask(p.client, method, p.url+path, body)
}

func ask(client *http.Client, method, url, body string) (a answer) {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := client.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	a = answer{status: res.StatusCode, text: strings.TrimSpace(string(text)), retry: res.Header.Get("Retry-After"), err: err}
	if strings.HasPrefix(a.text, "{") && err == nil {
		a.err = json.Unmarshal(text, &a.body)
	}
	return a
}
