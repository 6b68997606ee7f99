// Command with starts a PostgreSQL server for tests, runs a command with the server in
// LOAM_TEST_POSTGRES and with LOAM_TEST_ENGINE=postgres, and ends with the exit code of the
// command.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/loambase/loam/internal/pgtest"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: with COMMAND…")
		os.Exit(2)
	}
	os.Exit(run(os.Args[1:]))
}

func run(command []string) int {
	server, err := pgtest.Start()
	if err != nil {
		fmt.Fprintln(os.Stderr, "start PostgreSQL:", err)
		return 1
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "LOAM_TEST_ENGINE=postgres", "LOAM_TEST_POSTGRES="+server.URL)
	err = cmd.Run()
	if closed := server.Close(); closed != nil {
		fmt.Fprintln(os.Stderr, "stop PostgreSQL:", closed)
	}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return max(1, exit.ExitCode())
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
