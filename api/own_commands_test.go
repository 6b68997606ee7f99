package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

// runOwn runs a command line of a program. Without p.App the program gets a new folder.
func runOwn(t *testing.T, p *Program, args ...string) (code int, out, failure string) {
	t.Helper()
	if p.App == nil {
		p.App = core.New(core.Config{Dir: t.TempDir()})
	}
	var stdout, stderr bytes.Buffer
	code = p.run(t.Context(), args, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestOwnCommands(t *testing.T) {
	t.Setenv("LOAM_DIR", t.TempDir())
	broken := errors.New("the printer is on fire")
	own := func() []*cobra.Command {
		var copies int
		printing := &cobra.Command{Use: "print FILE", Args: cobra.ExactArgs(1), RunE: func(cmd *cobra.Command, args []string) error {
			fmt.Fprintln(cmd.OutOrStdout(), copies, args[0])
			if args[0] == "broken" {
				return fmt.Errorf("print: %w", broken)
			}
			return nil
		}}
		printing.Flags().IntVar(&copies, "copies", 1, "how many")
		return []*cobra.Command{
			printing,
			{Use: "pre", PersistentPreRunE: func(*cobra.Command, []string) error { return broken }, RunE: func(*cobra.Command, []string) error { return nil }},
			{Use: "version", Short: "Mine", Run: func(cmd *cobra.Command, _ []string) { fmt.Fprintln(cmd.OutOrStdout(), "own version") }},
		}
	}
	for _, test := range []struct {
		args         []string
		env          string
		code         int
		out, failure string // stdout, and the beginning of stderr
	}{
		{args: []string{"print", "a"}, out: "1 a\n"},
		{args: []string{"print", "a", "--copies", "3"}, out: "3 a\n"},
		{args: []string{"print", "a"}, env: "5", out: "5 a\n"},
		{args: []string{"print", "broken"}, code: 1, out: "1 broken\n", failure: "shop: print: the printer is on fire\n"},
		{args: []string{"print"}, code: 2, failure: "shop: accepts 1 arg(s), received 0\nRun \"shop print --help\""},
		{args: []string{"print", "--copeis", "3", "a"}, code: 2, failure: "shop: unknown flag: --copeis (did you mean --copies?)"},
		{args: []string{"pre"}, code: 1, failure: "shop: the printer is on fire\n"},
		{args: []string{"version"}, out: "own version\n"},
	} {
		t.Run(strings.Join(test.args, " ")+test.env, func(t *testing.T) {
			if test.env != "" {
				t.Setenv("SHOP_COPIES", test.env)
			}
			code, out, failure := runOwn(t, &Program{Name: "shop", EnvPrefix: "SHOP_", Commands: own()}, test.args...)
			if code != test.code || out != test.out || !strings.HasPrefix(failure, test.failure) || code == 1 && strings.Contains(failure, "--help") {
				t.Errorf("%d, %q, %q; want %d, %q, %q", code, out, failure, test.code, test.out, test.failure)
			}
		})
	}
}

func TestOwnHelp(t *testing.T) {
	t.Parallel()
	p := &Program{Name: "shop", Version: "3.2", Short: "The shop of the corner", EnvPrefix: "SHOP_", Defaults: map[string]string{"http": ":9999", "origins": "https://a.example,https://b.example"}}
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}, {"health", "--help"}, {"superuser", "--help"}, {"backup", "--help"}} {
		code, out, failure := runOwn(t, p, args...)
		if code != 0 || failure != "" || strings.Contains(out, " loam ") || strings.Contains(out, "LOAM_") {
			t.Errorf("%v = %d %s%s", args, code, out, failure)
		}
		switch args[0] {
		case "--help":
			if !strings.HasPrefix(out, "The shop of the corner") || !strings.Contains(out, "SHOP_HTTP") {
				t.Errorf("the help is %s", out)
			}
		case "serve":
			if !strings.Contains(out, `(default ":9999")`) || !strings.Contains(out, "(default [https://a.example,https://b.example])") {
				t.Errorf("the defaults are missing: %s", out)
			}
		}
		p = &Program{Name: p.Name, Version: p.Version, Short: p.Short, EnvPrefix: p.EnvPrefix, Defaults: p.Defaults}
	}
	if code, out, _ := runOwn(t, p, "--version"); code != 0 || out != "shop 3.2\n" {
		t.Errorf("--version = %d %q", code, out)
	}
}

func TestDefaultsThatAreWrong(t *testing.T) {
	t.Parallel()
	for want, defaults := range map[string]map[string]string{
		"of --htpp, which is no flag":  {"htpp": ":1"},
		"default \"much\" of --memory": {"memory": "much"},
	} {
		if code, _, failure := runOwn(t, &Program{Defaults: defaults}, "version"); code != 1 || !strings.Contains(failure, want) {
			t.Errorf("%v: %d %q, want %s", defaults, code, failure, want)
		}
	}
}

// TestDefaultsGiveWay checks that a list on the command line replaces the default list.
func TestDefaultsGiveWay(t *testing.T) {
	t.Parallel()
	p := &Program{App: core.New(core.Config{Dir: t.TempDir()}), Defaults: map[string]string{"origins": "https://a.example"}}
	root := newRootCommand(p, io.Discard)
	if err := setDefaults(root, p.Defaults); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(p.Config.Origins); got != "[https://a.example]" {
		t.Errorf("by default the origins are %s", got)
	}
	serve, _, err := root.Find([]string{"serve"})
	if err != nil {
		t.Fatal(err)
	}
	if err := serve.ParseFlags([]string{"--origins", "https://b.example"}); err != nil || fmt.Sprint(p.Config.Origins) != "[https://b.example]" {
		t.Errorf("the origins are %v, %v", p.Config.Origins, err)
	}
}

func TestBanner(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	in, out := io.Pipe()
	p := &Program{App: core.New(core.Config{Dir: t.TempDir()}), Defaults: map[string]string{"http": "127.0.0.1:0"},
		Banner: func(w io.Writer, url string) { fmt.Fprintf(w, "The shop is open at %s\n", url) }}
	ended := make(chan int, 1)
	go func() {
		ended <- p.run(ctx, []string{"serve"}, out, io.Discard)
		out.Close()
	}()
	var line string
	if _, err := fmt.Fscanf(in, "The shop is open at %s\n", &line); err != nil || !strings.HasPrefix(line, "http://127.0.0.1:") {
		t.Errorf("the first line has %q, %v", line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, in) }()
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("serve ends with %d", code)
	}
}

// TestTwoProgramsInOneProcess serves two apps that differ only in their folders. Records, tokens
// and rate limits of one app have no effect on the other.
func TestTwoProgramsInOneProcess(t *testing.T) {
	t.Parallel()
	make := func(name string) (*core.App, http.Handler) {
		p := &Program{App: coretest.New(t), Name: name, Config: Config{Metrics: true}}
		p.App.Hooks().Records.Before.BindFunc(func(e *record.WriteEvent) error {
			e.Record.Set("by", name)
			return nil
		}, "notes")
		p.Serve.BindFunc(func(e *ServeEvent) error {
			e.Route("GET", "/who", func(w http.ResponseWriter, _ *Request) error { return JSON(w, 200, name) })
			return e.Next()
		})
		h, err := p.Handler()
		if err != nil {
			t.Fatal(err)
		}
		coretest.Collection(t, p.App, `{"name":"notes","listRule":"","createRule":"","fields":[{"name":"by","type":"text"}]}`)
		coretest.Create(t, p.App, "_superusers", map[string]any{"email": "root@example.com", "password": "correct-horse", "passwordConfirm": "correct-horse"})
		return p.App, h
	}
	first, one := make("one")
	_, two := make("two")
	for range 3 {
		if status, body := apitest.Ask(t, one, "", "POST", "/api/collections/notes/records", `{}`); status != 200 || !strings.Contains(body, `"by":"one"`) {
			t.Fatalf("create in the first = %d %s", status, body)
		}
	}
	if _, body := apitest.Ask(t, two, "", "GET", "/api/collections/notes/records", ""); !strings.Contains(body, `"totalItems":0`) {
		t.Errorf("the second has %s", body)
	}
	token := apitest.SignIn(t, one, "_superusers", "root@example.com", "correct-horse")
	if status, _ := apitest.Ask(t, two, token, "GET", "/api/settings", ""); status != 401 {
		t.Errorf("a token of the first is %d in the second", status)
	}
	if _, err := first.Settings().Patch(t.Context(), record.Root(), []byte(`{"meta":{"appName":"first"},"rateLimits":{"enabled":true,"rules":[{"label":"/who","maxRequests":1,"duration":60}]}}`)); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{200, 429} {
		if status, _ := apitest.Ask(t, one, "", "GET", "/who", ""); status != want {
			t.Errorf("request %d to the first = %d, want %d", i, status, want)
		}
		if status, body := apitest.Ask(t, two, "", "GET", "/who", ""); status != 200 || body != `"two"` {
			t.Errorf("request %d to the second = %d %s", i, status, body)
		}
	}
}
