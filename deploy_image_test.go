// A test of the image of deploy/Containerfile.
package main_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/loambase/loam/internal/need"
)

// TestImage builds the image with buildah from a binary, like the binary of a release, and runs the
// commands of a container in it. The image has no file but the binary.
func TestImage(t *testing.T) {
	t.Parallel()
	need.Program(t, "buildah")
	if os.Geteuid() != 0 {
		need.Skip(t, "buildah needs root here")
	}
	dir := t.TempDir()
	must := func(name string, arguments ...string) string {
		t.Helper()
		out, err := exec.Command(name, arguments...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(arguments, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	// Static linking reuses the compiled packages; "make build" would compile them again.
	must("go", "build", "-ldflags", "-linkmode external -extldflags -static", "-o", filepath.Join(dir, "loam"), ".")
	must("cp", "-r", "deploy", filepath.Join(dir, "deploy"))

	images := []string{"--storage-driver", "vfs", "--root", filepath.Join(dir, "images"), "--runroot", filepath.Join(dir, "run")}
	buildah := func(arguments ...string) string {
		t.Helper()
		return must("buildah", append(images[:len(images):len(images)], arguments...)...)
	}
	buildah("bud", "--isolation", "chroot", "--format", "docker", "-f", filepath.Join(dir, "deploy/Containerfile"), "-t", "loam", dir)
	var image struct {
		Docker struct {
			Config struct {
				User        string
				Healthcheck struct{ Test []string }
			} `json:"config"`
		}
	}
	if err := json.Unmarshal([]byte(buildah("inspect", "--type", "image", "loam")), &image); err != nil {
		t.Fatal(err)
	}
	if c := image.Docker.Config; c.User != "65532:65532" || len(c.Healthcheck.Test) != 3 {
		t.Errorf("the image has the user %s and the health check %q", c.User, c.Healthcheck.Test)
	}
	container := buildah("from", "--pull-never", "loam")
	inside := []string{"run", "--isolation", "chroot", container, "--", "/loam"}
	if out := buildah(append(inside, "superuser", "create", "root@example.com", "a-long-password")...); !strings.Contains(out, "in /data") {
		t.Errorf("the data folder of the image: %s", out)
	}

	serve := exec.Command("buildah", append(append(images[:len(images):len(images)], inside...), "serve", "--http", "127.0.0.1:0")...)
	out, err := serve.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), " serves http://") {
	}
	_, rest, _ := strings.Cut(lines.Text(), " serves http://")
	address, _, ok := strings.Cut(rest, " ")
	if !ok {
		t.Fatalf("the server in the image has ended: %v", serve.Wait())
	}
	if said := buildah(append(inside, "health", "--http", address)...); !strings.HasPrefix(said, "The server is ready.") {
		t.Errorf("the health check says %s", said)
	}
	if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // until all processes have closed the output, so the server has ended too
	}
	_ = serve.Wait()
}
