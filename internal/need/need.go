// Package need skips tests whose requirements the machine does not meet, and fails them in CI.
package need

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Skip skips the test and gives the reason. Where the variable CI is set, the test fails
// instead: everything should be installed there, and a skipped test looks like a passed one.
func Skip(t testing.TB, reason ...any) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(reason...)
	}
	t.Skip(reason...)
}

// Program returns the absolute path of a program. name is a command on PATH, or a path with a
// slash, relative to the folder of the test. Without the program it ends the test by Skip.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		Skip(t, err)
	}
	return path
}
