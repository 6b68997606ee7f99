// A PostgreSQL server for the time of a test run.

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNotInstalled is the error of Start on a machine without a PostgreSQL server.
var ErrNotInstalled = errors.New("no PostgreSQL server is installed (Debian: postgresql)")

// Server is a PostgreSQL server on a Unix socket in a temporary folder. The server ends, and the
// folder is removed, when this process ends in any way.
type Server struct {
	URL string

	bin, dir string
	stdin    io.WriteCloser // its end tells the keeper that this process has ended
	cmd      *exec.Cmd
}

// keeper is a script that runs the server and waits for input. "stop MODE" ends the server with
// that signal; if this process dies, the input ends, and the folder is removed too.
const keeper = `
trap '' INT TERM HUP
"$0" "$@" >"$FOLDER/log" 2>&1 </dev/null &
pid=$!
if read -r signal; then kill -"$signal" $pid; wait $pid; exit 0; fi
kill -QUIT $pid
wait $pid
rm -rf "$FOLDER"`

// Start makes a database cluster that would not survive a power cut, and starts a server on it. The
// error is ErrNotInstalled if there is no PostgreSQL server on the machine.
func Start() (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "loam-pg-")
	if err != nil {
		return nil, err
	}
	s := &Server{URL: "postgres:///postgres?host=" + dir + "&user=postgres", bin: bin, dir: dir}
	if err := s.init(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.Resume(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) init() error {
	if err := give(s.dir); err != nil {
		return err
	}
	// The order of texts is an unusual one, so that code that sorts by the database's default order
	// is found.
	initdb := exec.Command(filepath.Join(s.bin, "initdb"), "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8",
		"--no-sync", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")
	initdb.Dir = s.dir
	initdb.SysProcAttr = unprivileged()
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Resume starts the server, which must not be running, and waits until it answers.
func (s *Server) Resume() error {
	args := []string{"-D", s.data(), "-k", s.dir}
	for _, setting := range []string{
		"listen_addresses=", "fsync=off", "full_page_writes=off",
		"max_connections=400", "shared_buffers=64MB", "autovacuum_naptime=5s",
	} {
		args = append(args, "-c", setting)
	}
	s.cmd = exec.Command("/bin/sh", append([]string{"-c", keeper, filepath.Join(s.bin, "postgres")}, args...)...)
	s.cmd.Dir = s.dir
	s.cmd.Env = append(os.Environ(), "FOLDER="+s.dir)
	s.cmd.SysProcAttr = unprivileged()
	var err error
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	return s.wait()
}

// wait waits for the first connection.
func (s *Server) wait() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		c, err := pgx.Connect(ctx, s.URL)
		if err == nil {
			return c.Close(ctx)
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("PostgreSQL does not answer: %w: %s", err, log)
		case <-tick.C:
		}
	}
}

// Crash ends the server at once, like a power cut: connected clients are cut off.
func (s *Server) Crash() error { return s.signal("QUIT") }

// Shutdown ends the server: running transactions are rolled back, and their clients are told.
func (s *Server) Shutdown() error { return s.signal("INT") }

func (s *Server) signal(name string) error {
	if _, err := io.WriteString(s.stdin, name+"\n"); err != nil {
		return err
	}
	return s.cmd.Wait()
}

// Close ends the server and removes its folder.
func (s *Server) Close() error {
	if err := s.stdin.Close(); err != nil {
		return err
	}
	return s.cmd.Wait()
}

// binaries returns the folder of the newest server on the machine.
func binaries() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", err
	}
	best, newest := "", 0
	for _, path := range found {
		dir := filepath.Dir(path)
		if version, err := strconv.Atoi(filepath.Base(filepath.Dir(dir))); err == nil && version > newest {
			best, newest = dir, version
		}
	}
	if best == "" {
		return "", ErrNotInstalled
	}
	return best, nil
}
