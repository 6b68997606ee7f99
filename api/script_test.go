package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/internal/password"
)

func TestMain(m *testing.M) {
	newApp := func() *core.App { return core.New(core.Config{HashCost: password.MinCost}) }
	testscript.Main(m, map[string]func(){
		"loam":        func() { os.Exit(Main(newApp())) },
		"loam-killed": func() { os.Exit(Main(killed(newApp()))) },
		"bare-writes": bareWrites,
	})
}

// killed returns an app whose process is killed while collections change, when the tables have
// their new form.
func killed(app *core.App) *core.App {
	app.Hooks().Collections.InTx.BindFunc(func(*collection.Event) error {
		return syscall.Kill(os.Getpid(), syscall.SIGKILL)
	})
	return app
}

// TestScript runs scripts that use the program from outside, like a user.
//
//	serve [flags]          start a server on a free port; $URL is where it is, $PID its process
//	shutdown               end it with SIGTERM; it must exit with 0
//	exitcode N prog args…  run a program that must exit with N
//	get PATH STATUS        ask the server; the body is then stdout
//	signin EMAIL PASSWORD STATUS
//	send METHOD PATH STATUS [BODY]   ask with a JSON body, or the file that @BODY names;
//	                                 the last signin's token is in $TOKEN, a further header
//	                                 may be in $HEADER; the headers of the answer are stderr
//	stall METHOD PATH BODY  send such a request without the last byte of its body
//	crash                  end the server as a crash would
//
// $SOURCES has the SQL scripts of databases of PocketBase.
func TestScript(t *testing.T) {
	if testing.Short() {
		t.Skip("each script starts programs")
	}
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": serveCommand, "shutdown": shutdownCommand, "exitcode": exitCodeCommand, "get": getCommand, "signin": signInCommand,
			"send": sendCommand, "stall": stallCommand, "crash": crashCommand,
		},
		Setup: func(env *testscript.Env) error {
			env.Values[serverKey{}] = &process{}
			sources, err := filepath.Abs("../core/pocketbase/testdata")
			env.Setenv("SOURCES", sources)
			return err
		},
	})
}

type serverKey struct{}

// process is the server of a script.
type process struct {
	cmd    *exec.Cmd
	url    string
	output *bytes.Buffer
	read   chan struct{} // closed when all of the output is read
}

func command(ts *testscript.TestScript, name string, args ...string) *exec.Cmd {
	path, err := exec.LookPath(name)
	ts.Check(err)
	cmd := exec.Command(path, args...)
	cmd.Dir = ts.Getenv("WORK")
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "LOAM_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	for _, name := range []string{
		"LOAM_DIR", "LOAM_DB", "LOAM_HTTP", "LOAM_PUBLIC", "LOAM_ORIGINS", "LOAM_DEBUG", "LOAM_ENCRYPTION_ENV", "LOAM_SETTINGS_KEY_ENV",
		"LOAM_SUPERUSER_EMAIL", "LOAM_SUPERUSER_PASSWORD", "LOAM_HTPP", "PB_KEY", "KEY", "OTHER_KEY", "SHORT_KEY", "TMPDIR",
	} {
		if v := ts.Getenv(name); v != "" {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	return cmd
}

var servedAt = regexp.MustCompile(`serves (http://\S+)`)

func serveCommand(ts *testscript.TestScript, neg bool, args []string) {
	p := ts.Value(serverKey{}).(*process)
	if neg || p.cmd != nil {
		ts.Fatalf("usage: serve [flags], once")
	}
	if ts.Getenv("LOAM_HTTP") == "" {
		args = append([]string{"--http", "127.0.0.1:0"}, args...)
	}
	p.cmd = command(ts, "loam", append([]string{"serve"}, args...)...)
	p.output, p.read = &bytes.Buffer{}, make(chan struct{})
	out, err := p.cmd.StdoutPipe()
	ts.Check(err)
	p.cmd.Stderr = p.cmd.Stdout
	ts.Check(p.cmd.Start())
	started := p.cmd.Process
	ts.Defer(func() { _ = started.Kill() }) // the process has ended in most cases

	lines := bufio.NewReader(out)
	var found []string
	for found == nil { // warnings may precede the address
		line, err := lines.ReadString('\n')
		p.output.WriteString(line)
		if err != nil {
			ts.Fatalf("serve has not served: %v\n%s", err, p.output)
		}
		found = servedAt.FindStringSubmatch(line)
	}
	p.url = found[1]
	ts.Setenv("URL", p.url)
	ts.Setenv("PID", strconv.Itoa(started.Pid))
	go func() {
		io.Copy(p.output, lines)
		close(p.read)
	}()
}

func shutdownCommand(ts *testscript.TestScript, neg bool, args []string) {
	p := ts.Value(serverKey{}).(*process)
	ts.Check(p.cmd.Process.Signal(syscall.SIGTERM))
	<-p.read
	if err := p.cmd.Wait(); err != nil {
		ts.Fatalf("serve after SIGTERM: %v\n%s", err, p.output)
	}
	fmt.Fprint(ts.Stdout(), p.output)
	p.cmd = nil
}

func exitCodeCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode N prog args…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	cmd := command(ts, args[1], args[2:]...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	fmt.Fprint(ts.Stdout(), &stdout)
	fmt.Fprint(ts.Stderr(), &stderr)
	if got := cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("exit code %d (%v), want %d\n%s%s", got, err, want, &stdout, &stderr)
	}
}

func getCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: get PATH STATUS")
	}
	res, err := http.Get(ts.Value(serverKey{}).(*process).url + args[0])
	answered(ts, res, err, args[1])
}

func signInCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: signin EMAIL PASSWORD STATUS")
	}
	url := ts.Value(serverKey{}).(*process).url + "/api/collections/_superusers/auth-with-password"
	body := fmt.Sprintf(`{"identity":%q,"password":%q}`, args[0], args[1])
	req, err := http.NewRequest("POST", url, strings.NewReader(body))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	addHeader(ts, req)
	res, err := http.DefaultClient.Do(req)
	var account struct{ Token string }
	if answer := answered(ts, res, err, args[2]); json.Unmarshal(answer, &account) == nil && account.Token != "" {
		ts.Setenv("TOKEN", account.Token)
	}
}

func sendCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args) > 4 {
		ts.Fatalf("usage: send METHOD PATH STATUS [BODY]")
	}
	body := ""
	if len(args) == 4 {
		body = args[3]
	}
	res, err := http.DefaultTransport.RoundTrip(newRequest(ts, args[0], args[1], body))
	answered(ts, res, err, args[2])
	res.Header.Write(ts.Stderr())
}

// newRequest returns a request with a JSON body, which may be @ and the name of a file.
func newRequest(ts *testscript.TestScript, method, path, body string) *http.Request {
	if name, ok := strings.CutPrefix(body, "@"); ok {
		body = ts.ReadFile(name)
	}
	req, err := http.NewRequest(method, ts.Value(serverKey{}).(*process).url+path, strings.NewReader(body))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	if token := ts.Getenv("TOKEN"); token != "" {
		req.Header.Set("Authorization", token)
	}
	addHeader(ts, req)
	return req
}

// stallCommand returns when the kernel has accepted the data. By then the server has read most of a
// long body. The connection stays open until the script ends.
func stallCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: stall METHOD PATH BODY")
	}
	req := newRequest(ts, args[0], args[1], args[2])
	var whole bytes.Buffer
	ts.Check(req.Write(&whole))
	conn, err := net.Dial("tcp", req.URL.Host)
	ts.Check(err)
	ts.Defer(func() { conn.Close() })
	_, err = conn.Write(whole.Bytes()[:whole.Len()-1])
	ts.Check(err)
}

func addHeader(ts *testscript.TestScript, req *http.Request) {
	if name, value, ok := strings.Cut(ts.Getenv("HEADER"), ":"); ok {
		req.Header.Set(name, strings.TrimPrefix(value, " "))
	}
}

func crashCommand(ts *testscript.TestScript, neg bool, args []string) {
	p := ts.Value(serverKey{}).(*process)
	ts.Check(p.cmd.Process.Kill())
	<-p.read
	_ = p.cmd.Wait() // its exit status says that it was killed
	p.cmd = nil
}

func answered(ts *testscript.TestScript, res *http.Response, err error, status string) (answer []byte) {
	ts.Check(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	ts.Check(err)
	fmt.Fprint(ts.Stdout(), string(body))
	if strconv.Itoa(res.StatusCode) != status {
		ts.Fatalf("status %d, want %s: %s", res.StatusCode, status, body)
	}
	return body
}
