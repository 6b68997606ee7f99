package api

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/internal/need"
)

// measuredServer returns a server with metrics, and the server that Prometheus scrapes.
func measuredServer(t *testing.T) (server, figures *httptest.Server) {
	t.Helper()
	app := coretest.New(t)
	coretest.Collection(t, app, `{"name":"posts","listRule":"","createRule":"title != 'refused'","fields":[{"name":"title","type":"text"}]}`)
	p := &Program{App: app, Config: Config{Metrics: true}}
	p.Serve.BindFunc(func(e *ServeEvent) error {
		e.Route("GET", "/own/{name}", say("own"))
		e.Mount("/mounted", http.NotFoundHandler())
		return e.Next()
	})
	handler, err := p.Handler()
	if err != nil {
		t.Fatal(err)
	}
	server, figures = httptest.NewServer(handler), httptest.NewServer(p.Server().Metrics())
	t.Cleanup(server.Close)
	t.Cleanup(figures.Close)
	for _, path := range []string{"/api/health", "/api/collections/posts/records", "/api/collections/posts/records?filter=(", "/nothing", "/own/a", "/mounted/a"} {
		fetch(t, server.URL+path)
	}
	for _, title := range []string{"a", "refused"} {
		res, err := http.Post(server.URL+"/api/collections/posts/records", "application/json", strings.NewReader(`{"title":"`+title+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	return server, figures
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	server, figures := measuredServer(t)
	text := fetch(t, figures.URL)
	const requests = "loam_http_request_duration_seconds_count"
	for _, line := range []string{
		requests + `{method="GET",route="/api/health",status="200"} 1`,
		requests + `{method="GET",route="/api/collections/{collection}/records",status="200"} 1`,
		requests + `{method="GET",route="/api/collections/{collection}/records",status="400"} 1`,
		requests + `{method="",route="file",status="404"} 1`,
		requests + `{method="GET",route="/own/{name}",status="200"} 1`,
		requests + `{method="",route="/mounted/",status="404"} 1`,
		`loam_record_changes_total{action="create",collection="posts"} 1`,
		`loam_budget_held{budget="passwords"} 0`, `loam_database_available 1`, `loam_http_requests_running 0`,
		`loam_realtime_clients{transport="websocket"} 0`, `loam_sql_statements_total{action="insert",collection="posts"} 1`,
		`loam_rule_denials_total{action="create",collection="posts"} 1`, `loam_store_writes_waiting 0`, `loam_cache_hits_total{cache="tokens"} 0`,
		`loam_realtime_messages_total 0`, `loam_mail_attempts_total{result="success"} 0`, `loam_job_runs_total{result="failure"} 0`,
		`loam_file_operations_total{operation="put",result="success"} 0`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("there is no line %s", line)
		}
	}
	if got := fetch(t, server.URL+"/metrics"); strings.Contains(got, "loam_") {
		t.Error("the figures are on the main listener too")
	}
	app := coretest.New(t)
	p := &Program{App: app}
	if _, err := p.Handler(); err != nil || p.Server().Metrics() != nil {
		t.Errorf("a server without metrics has some: %v", err)
	}
}

// TestMetricsToken requests /metrics of the server itself, with the token and without it.
func TestMetricsToken(t *testing.T) {
	t.Parallel()
	const token = "a token of figures"
	p := &Program{App: coretest.New(t), Config: Config{MetricsToken: token}}
	handler, err := p.Handler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	for _, test := range []struct {
		authorization string
		status        int
	}{{"", 401}, {"Bearer a token of figuren", 401}, {"Bearer " + token + "x", 401}, {"Bearer " + token, 200}} {
		r, err := http.NewRequest(http.MethodGet, server.URL+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", test.authorization)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != test.status || strings.Contains(string(text), "loam_build_info") != (test.status == 200) {
			t.Errorf("%q: status %d, want %d (%v)", test.authorization, res.StatusCode, test.status, err)
		}
		if challenged := res.Header.Get("WWW-Authenticate") != ""; challenged != (test.status == 401) {
			t.Errorf("%q: WWW-Authenticate is %q", test.authorization, res.Header.Get("WWW-Authenticate"))
		}
	}
	short := &Program{App: coretest.New(t), Config: Config{MetricsToken: "short"}}
	if _, err := short.Handler(); err == nil {
		t.Error("a token of five characters is taken")
	}
}

// TestPrometheus has a real Prometheus scrape the server, with native histograms and without,
// load the alert rules, and run every query of the dashboard.
func TestPrometheus(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts programs")
	}
	t.Parallel()
	need.Program(t, "promtool")
	_, figures := measuredServer(t)
	check := exec.Command("promtool", "check", "metrics")
	check.Stdin = strings.NewReader(fetch(t, figures.URL))
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
	for name, flags := range map[string][]string{"classic": nil, "native": {"--enable-feature=native-histograms"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startPrometheus(t, figures.URL, flags...)
			count := `loam_http_request_duration_seconds_count{route="/api/health"}`
			if name == "native" {
				count = `histogram_count(loam_http_request_duration_seconds{route="/api/health"})`
			}
			p.await(t, count+` == 1`)
			p.await(t, `up{job="loam"} == 1`)
			for _, expr := range dashboard(t) {
				p.query(t, expr)
			}
			var rules struct {
				Data struct {
					Groups []struct {
						Rules []struct{ Name, LastError string }
					}
				}
			}
			p.get(t, "/api/v1/rules", &rules)
			if len(rules.Data.Groups) != 1 || len(rules.Data.Groups[0].Rules) < 5 {
				t.Errorf("the rules are %+v", rules)
			}
			for _, rule := range rules.Data.Groups[0].Rules {
				if rule.LastError != "" {
					t.Errorf("%s: %s", rule.Name, rule.LastError)
				}
			}
		})
	}
}

// dashboard returns the queries of deploy/grafana.json, with the variables of Grafana replaced.
func dashboard(t *testing.T) (list []string) {
	t.Helper()
	text, err := os.ReadFile("../deploy/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			list = append(list, strings.NewReplacer("$__rate_interval", "5m", "$job", "loam").Replace(target.Expr))
		}
	}
	if len(list) < 10 {
		t.Errorf("only %d queries were found", len(list))
	}
	return list
}

// TestFiguresAreThere checks that the server has all metrics that the alert rules and the dashboard
// use.
func TestFiguresAreThere(t *testing.T) {
	t.Parallel()
	_, figures := measuredServer(t)
	told := fetch(t, figures.URL)
	rules, err := os.ReadFile("../deploy/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`\b(loam|process|go)_[a-z_]+`).FindAllString(string(rules)+strings.Join(dashboard(t), "\n"), -1)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if name == "loam_database_file_bytes" && enginetest.Postgres() { // PostgreSQL has no such files
			continue
		}
		if base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_count"), "_bucket"), "_sum"); !strings.Contains(told, "# TYPE "+base+" ") && base != "loam_job_failed" {
			t.Errorf("there is no %s", name)
		}
	}
}

// look is the interval at which the tests poll Prometheus, which sends no notifications.
const look = 20 * time.Millisecond

// prometheus is a running Prometheus.
type prometheus struct{ url string }

func startPrometheus(t *testing.T, target string, flags ...string) *prometheus {
	t.Helper()
	dir := t.TempDir()
	rules, err := filepath.Abs("../deploy/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	config := `{global: {scrape_interval: 1s, evaluation_interval: 1s}, rule_files: [` + rules + `],
		scrape_configs: [{job_name: loam, metrics_path: /, static_configs: [{targets: ["` + strings.TrimPrefix(target, "http://") + `"]}]}]}`
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("prometheus", append(flags, "--config.file="+filepath.Join(dir, "config.yaml"),
		"--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address=127.0.0.1:0")...)
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	address := make(chan string, 1)
	go func() {
		defer close(read)
		listening := regexp.MustCompile(`msg="Listening on".* address=(127[^ ]+)`)
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if m := listening.FindStringSubmatch(lines.Text()); m != nil {
				address <- m[1]
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait()
	})
	select {
	case at := <-address:
		p := &prometheus{"http://" + at}
		for !strings.Contains(fetch(t, p.url+"/-/ready"), "is Ready") {
			<-time.After(look)
		}
		return p
	case <-read:
		t.Fatal("prometheus has ended")
		return nil
	}
}

func (p *prometheus) get(t *testing.T, path string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(fetch(t, p.url+path)), into); err != nil {
		t.Fatal(err)
	}
}

// query runs a query and returns the number of series in its result.
func (p *prometheus) query(t *testing.T, expr string) int {
	t.Helper()
	var answer struct {
		Status, Error string
		Data          struct{ Result []any }
	}
	p.get(t, "/api/v1/query?query="+url.QueryEscape(expr), &answer)
	if answer.Status != "success" {
		t.Fatalf("%s: %s", expr, answer.Error)
	}
	return len(answer.Data.Result)
}

// await waits for the scrape after which the query has a result.
func (p *prometheus) await(t *testing.T, expr string) {
	t.Helper()
	for p.query(t, expr) == 0 {
		<-time.After(look)
	}
}
