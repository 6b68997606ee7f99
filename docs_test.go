package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/internal/need"
)

// pages are the pages whose shell blocks are run as written. A line with the comment "# […]" must
// print that text; a line with a comment like "# 404" must be answered with that status; all other
// lines must succeed.
var pages = []string{
	"README.md",
	"docs/getting-started.md",
	"docs/authentication.md",
	"docs/oauth2.md",
	"docs/collections.md",
	"docs/schema-as-code.md",
	"docs/views.md",
	"docs/aggregates.md",
	"docs/graphql.md",
	"docs/openapi.md",
	"docs/types.md",
	"docs/sql.md",
	"docs/realtime.md",
	"docs/websocket.md",
	"docs/files.md",
	"docs/settings.md",
	"docs/rate-limits.md",
	"docs/mail.md",
	"docs/jobs.md",
	"docs/logs.md",
	"docs/api-rules-and-filters.md",
	"docs/data-folder.md",
	"docs/durability.md",
	"docs/backups.md",
	"docs/moving-from-pocketbase.md",
}

// address is the address of the server on the pages.
const address = "127.0.0.1:8090"

func TestDocs(t *testing.T) {
	for _, command := range []string{"bash", "curl", "jq", "sqlite3", "node"} {
		need.Program(t, command)
	}
	for _, dir := range []string{"clients/pocketbase", "examples/atlas"} {
		if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
			need.Skip(t, "npm ci has not run in "+dir)
		}
	}
	binary := filepath.Join(t.TempDir(), "loam")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	// A reader has one folder and reads the pages in any order: no page may break another page.
	reversed := slices.Clone(pages)
	slices.Reverse(reversed)
	for name, order := range map[string][]string{forwards: pages, "from last to first": reversed} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			prepare(t, dir, binary)
			server := strings.TrimPrefix(apitest.Serve(t, binary, dir), "http://")
			for _, page := range order {
				t.Run(page, func(t *testing.T) { runPage(t, dir, server, page, name == forwards) })
			}
		})
	}
}

const forwards = "from first to last"

// runPage runs the blocks of a page in the folder of a server. Without world it skips the cities of
// the world, which take longer than all other blocks.
func runPage(t *testing.T, dir, server, page string, world bool) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !world {
		text = atlas.ReplaceAll(text, nil)
	}
	blocks := script(string(text))
	if blocks == "" {
		t.Fatalf("%s has no shell blocks", page)
	}
	bash := exec.Command("bash", "-c", strings.ReplaceAll(prelude+blocks, address, server))
	bash.Dir = dir
	bash.Env = append(os.Environ(), "URL=http://"+server, "LOAM_URL=http://"+server)
	if out, err := bash.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// prepare makes the folder look like a clone in which everything is installed.
func prepare(t *testing.T, dir, binary string) {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	links := map[string]string{
		"bin":          binary,
		"Makefile":     filepath.Join(here, "Makefile"),
		"examples":     filepath.Join(here, "examples"),
		"node_modules": filepath.Join(here, "clients/pocketbase/node_modules"),
	}
	for name, target := range links {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "loam"), []byte(loam), 0o700); err != nil {
		t.Fatal(err)
	}
	pocketbase := "mkdir pb_data && cat \"$0\"/fresh.sql \"$0\"/lived.sql | sqlite3 -bail pb_data/data.db"
	old := exec.Command("bash", "-c", pocketbase, filepath.Join(here, "core/pocketbase/testdata"))
	old.Dir = dir
	if out, err := old.CombinedOutput(); err != nil {
		t.Fatalf("make a folder of PocketBase: %v\n%s", err, out)
	}
	upsert := exec.Command("./bin", "superuser", "upsert", "root@example.com", "correct-horse")
	upsert.Dir = dir
	if out, err := upsert.CombinedOutput(); err != nil {
		t.Fatalf("superuser upsert: %v\n%s", err, out)
	}
}

// loam replaces the command ./loam of the pages: it does not start a server, because one runs
// already.
const loam = `#!/usr/bin/env bash
case "$*" in serve|*=*" serve") exit ;; esac
exec "$(dirname "$0")/bin" "$@"
`

// prelude is the script before the blocks. It skips commands that install or build, because prepare
// has done their work, and sets $TOKEN to the token of the superuser.
const prelude = `
set -euo pipefail
go() {
	case "$1" in
	build) ;;
	run) shift 2; ./loam "$@" ;;
	*) command go "$@" ;;
	esac
}
npm() { :; }
loam() { ./loam "$@"; }
TOKEN=$(command curl -s http://` + address + `/api/collections/_superusers/auth-with-password \
	-H 'Content-Type: application/json' \
	-d '{"identity":"root@example.com","password":"correct-horse"}' | jq -r .token)
curl() { command curl --fail-with-body "$@"; }
prints() {
	local got; got=$(eval "$1" || true)
	[[ $got == "$2" ]] || { echo "$1 prints $got, not $2"; exit 1; }
}
answers() {
	local got; got=$(eval "$1 -o /dev/null -w '%{http_code}'" || true)
	[[ $got == "$2" ]] || { echo "$1 is answered with $got, not $2"; exit 1; }
}
`

var (
	block   = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")
	atlas   = regexp.MustCompile("(?ms)^```sh\n[^`]*(make atlas|collections/cities)[^`]*^```$")
	printed = regexp.MustCompile(`^(.+?)\s+# (\[.*\])$`)
	status  = regexp.MustCompile(`^(.+?)\s+# ([45]\d\d)$`)
)

// script returns the commands of the blocks of a page, with the checks of their comments.
func script(page string) string {
	var b strings.Builder
	for _, m := range block.FindAllStringSubmatch(page, -1) {
		commands := strings.ReplaceAll(m[1], "\\\n", " ")
		for line := range strings.Lines(commands) {
			line = strings.TrimRight(line, "\n")
			if p := printed.FindStringSubmatch(line); p != nil {
				line = fmt.Sprintf("prints %s %s", quoted(p[1]), quoted(p[2]))
			} else if s := status.FindStringSubmatch(line); s != nil {
				line = fmt.Sprintf("answers %s %s", quoted(s[1]), s[2])
			}
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// quoted quotes a text as one word of a shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// TestReadmeAnswersFirst checks that pages mention the facts that a new user would otherwise learn
// from waiting or from failures.
func TestReadmeAnswersFirst(t *testing.T) {
	t.Parallel()
	pages := map[string][]string{
		"README.md": {"minutes", "CGO_ENABLED=0", "npm install pocketbase", "loam_data", "loam_public", "docs/deployment.md"},
		"docs/deployment.md": {"trustedProxy", "X-Forwarded-For", "systemd", "Caddy", "nginx", "TLS", "--origins",
			"superuserIPs", "backup"},
	}
	for page, words := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range words {
			if !strings.Contains(string(text), word) {
				t.Errorf("%s does not speak of %s", page, word)
			}
		}
	}
}
