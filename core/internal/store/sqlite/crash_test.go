package sqlite

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

// stress makes the random tests longer, for a run by hand.
var stress = flag.Int("stress", 1, "how many times as long the random tests are")

// crashFolder is the variable with the folder of the process that is killed; crashRole is the
// variable that says whether that process is the server.
const (
	crashFolder = "LOAM_TEST_CRASH_FOLDER"
	crashRole   = "LOAM_TEST_CRASH_ROLE"
)

// TestCrashWriter is the process that is killed in the middle of its writes: it prints the
// acknowledged writes to its standard output.
func TestCrashWriter(t *testing.T) {
	dir := os.Getenv(crashFolder)
	if dir == "" {
		t.Skip("for TestCrash")
	}
	db := openTest(t, crashConfig(dir, os.Getenv(crashRole) == "server"))
	var left remains
	if err := db.Read(t.Context(), left.read); err != nil {
		t.Fatal(err)
	}
	var print sync.Mutex
	note := func(format string, args ...any) {
		print.Lock()
		defer print.Unlock()
		fmt.Printf("note "+format+"\n", args...)
	}
	var work sync.WaitGroup
	for w := range 4 {
		work.Go(func() {
			i := 0
			if n, ok := left.last[w]; ok {
				i = n + 1
			}
			for ; ; i++ {
				if err := writePower(t, db, w, i, 0); err != nil {
					note("failed %v", err)
					return
				}
				note("stored %d %d 0", w, i)
			}
		})
	}
	work.Go(func() {
		for k := left.defined + 1; ; k++ {
			if err := definePowerTable(t, db, k); err != nil {
				note("failed %v", err)
				return
			}
			note("defined %d", k)
		}
	})
	work.Wait()
}

func crashConfig(dir string, serve bool) Config {
	return Config{Dir: dir, Serve: serve, checkpointEvery: 30, at: place{cachePages: 5}}
}

// A process that is killed in the middle of its writes loses no acknowledged write. Another
// process continues with the database, and until then it reads all acknowledged writes at any
// moment.
func TestCrash(t *testing.T) {
	t.Parallel()
	if os.Getenv(crashFolder) != "" {
		t.Skip("in the process that is to be ended")
	}
	for _, role := range []string{"server", "tool"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			db := openTest(t, crashConfig(t.TempDir(), role != "server"))
			defer mustClose(t, db)
			definePower(t, db)
			c := &crash{T: t, db: db, role: role}
			for range 2 * *stress {
				c.once()
			}
			t.Logf("%d reads beside the writes", c.reads)
		})
	}
}

// crash is a run of TestCrash.
type crash struct {
	*testing.T
	db    *DB
	role  string // role of the other process
	reads int

	mu    sync.Mutex
	notes []string
}

func (c *crash) known() known {
	c.mu.Lock()
	defer c.mu.Unlock()
	return facts(c.notes)
}

// once starts the other process, kills it after some writes, and checks the database.
func (c *crash) once() {
	c.Helper()
	cmd := exec.CommandContext(c.Context(), os.Args[0], "-test.run=^TestCrashWriter$")
	cmd.Env = append(os.Environ(), crashFolder+"="+c.db.cfg.Dir, crashRole+"="+c.role)
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); {
			note, ok := strings.CutPrefix(lines.Text(), "note ")
			if !ok {
				continue
			}
			c.mu.Lock()
			c.notes = append(c.notes, note)
			c.mu.Unlock()
			if n++; n == 40 {
				_ = cmd.Process.Kill() // it may write a little longer
			}
		}
	}()
	for ended := false; !ended; {
		select {
		case <-done:
			ended = true
		default:
		}
		c.read()
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Exited() {
		c.Fatalf("the other process ended by itself: %v, %q", err, c.notes)
	}
	c.read()
	if got := integrity(c.T, c.db); got != "ok" {
		c.Fatalf("integrity_check = %s", got)
	}
	if err := writePower(c.T, c.db, powerWriters, c.known().stored[powerWriters]+1, 0); err != nil {
		c.Fatalf("Write() after the end of the other process = %v", err)
	}
	c.mu.Lock()
	c.notes = append(c.notes, fmt.Sprintf("stored %d %d 0", powerWriters, facts(c.notes).stored[powerWriters]+1))
	c.mu.Unlock()
	c.read()
}

// read checks that the acknowledged writes are there.
func (c *crash) read() {
	c.Helper()
	before := c.known()
	var left remains
	if err := c.db.Read(c.Context(), func(r store.Reader) error { left = remains{}; return left.read(r) }); err != nil {
		c.Fatalf("Read() = %v", err)
	}
	c.reads++
	if left.misses(before) {
		c.Fatalf("writes %v and table %d are acknowledged, found %v and %d", before.stored, before.defined, left.last, left.defined)
	}
	for w, n := range left.last {
		if w < powerWriters && (len(left.a[w]) != min(powerKept, n+1) || len(left.b[w]) != len(left.a[w])) {
			c.Fatalf("writer %d: %v and %v of %d writes: a transaction is there in part", w, left.a[w], left.b[w], n)
		}
	}
}
