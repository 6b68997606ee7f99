package apitest

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"regexp"
	"testing"
)

var served = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// Serve runs the command "serve" of a program in the folder, on a free port, until the test ends.
// The program must then end without an error. Serve returns the URL of the server.
func Serve(t testing.TB, binary, dir string) (url string) {
	t.Helper()
	server := exec.Command(binary, "serve", "--http", "127.0.0.1:0")
	server.Dir = dir
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt) // Wait reports whether it ended without an error
		if err := server.Wait(); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if url := served.FindString(lines.Text()); url != "" {
			go func() { _, _ = io.Copy(io.Discard, out) }() // the pipe must not fill up
			return url
		}
	}
	t.Fatal("the server did not say where it is")
	return ""
}
