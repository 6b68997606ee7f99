package api_test

import (
	"flag"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loambase/loam/api/internal/hostile"
	"github.com/loambase/loam/core/coretest"
)

var (
	hostileFor     = flag.Duration("hostile", 0, "how long each attack goes on; all of them mixed go on for -mixed")
	hostileMixed   = flag.Duration("mixed", 0, "how long all attacks go on at once")
	hostileClients = flag.Int("clients", 0, "hostile clients")
	hostileHonest  = flag.Int("honest", 0, "honest clients beside them")
	hostileRows    = flag.Int("rows", 0, "rows of the large collections")
	hostileText    = flag.Int("text", 0, "bytes of text in each of their rows")
	hostileOnly    = flag.String("only", "", "the names of the attacks, with commas; default all")
	hostileBinary  = flag.String("binary", "", "another binary to attack, which is measured and not judged")
)

const root, rootPassword = "root@example.com", "correct-horse-battery"

// TestHostile lets guests attack the real binary in all known ways, and checks the latencies and
// the errors of honest clients meanwhile. In a normal run each attack is short, and the limits
// leave room for a busy machine; docs/limits.md describes measurements.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("the attacks are left out of short runs")
	}
	p := empty(t)
	p.start()
	each, mixed := max(*hostileFor, 300*time.Millisecond), *hostileMixed
	field, err := hostile.Prepare(t.Context(), hostile.Config{URL: p.url, PID: p.cmd.Process.Pid, Email: root, Password: rootPassword,
		Rows: *hostileRows, Text: *hostileText, Clients: *hostileClients, Honest: *hostileHonest, For: each, Log: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	field.For = max(each, min(*hostileMixed/2, 2*time.Minute)) // a p99 needs many requests
	judge(t, field.Run(t.Context(), "none"))
	field.For = each
	attacks := slices.DeleteFunc(slices.Clone(hostile.Attacks), func(a hostile.Attack) bool {
		return *hostileOnly != "" && !slices.Contains(strings.Split(*hostileOnly, ","), a.Name)
	})
	for _, a := range attacks {
		judge(t, field.Run(t.Context(), a.Name, a))
	}
	if field.For = mixed; mixed > 0 {
		judge(t, field.Run(t.Context(), "all", attacks...))
	}
	p.signal(syscall.SIGTERM)
	if err := p.wait(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, &p.stderr)
	}
}

// judge logs the result of an attack, and fails the test if honest clients were refused or delayed,
// or if the server used too much memory.
func judge(t *testing.T, r hostile.Result) {
	t.Helper()
	t.Log(r)
	if *hostileBinary != "" {
		return
	}
	measured := *hostileFor > 0 || *hostileMixed > 0
	for _, failed := range r.Failed {
		if measured || !strings.Contains(failed, ": 503 ") { // on a busy machine a 503 is legitimate
			t.Errorf("%s: an honest client was refused: %s", r.Attack, failed)
		}
	}
	for status := range r.Statuses {
		if !slices.Contains([]int{0, 200, 204, 400, 403, 404, 408, 413, 429, 503}, status) {
			t.Errorf("%s: the attackers got the status %d", r.Attack, status)
		}
	}
	patience := 30 * time.Second
	if measured {
		patience = 5 * time.Second
	}
	for kind, l := range r.Honest {
		if worst := l.Quantile(1); worst > patience {
			t.Errorf("%s: the worst %s took %v", r.Attack, kind, worst)
		}
	}
	if limit := int64(512 << 20); r.Peak > limit {
		t.Errorf("%s: the server held %d MiB, more than %d", r.Attack, r.Peak>>20, limit>>20)
	}
}

// empty returns the real binary, or the binary of the flag, on a fresh folder with a superuser. The
// binary is not started.
func empty(t *testing.T) *program {
	t.Helper()
	p := &program{t: t, dir: t.TempDir(), db: coretest.DB(t), path: *hostileBinary}
	serve := p.command()
	upsert := exec.Command(serve.Path, "superuser", "upsert", root, rootPassword, "--dir", p.dir)
	upsert.Dir, upsert.Env = serve.Dir, serve.Env
	if out, err := upsert.CombinedOutput(); err != nil {
		t.Fatalf("create a superuser: %v\n%s", err, out)
	}
	return p
}
