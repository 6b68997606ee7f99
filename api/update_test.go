package api_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/api/internal/update"
)

// published is a folder of releases. The binaries are scripts that print their version.
type published struct {
	t    *testing.T
	dir  string
	sums strings.Builder
}

func (p *published) add(name, version string) (path string) {
	p.t.Helper()
	script := "#!/bin/sh\necho loam " + version + "\n"
	var archive bytes.Buffer
	z := gzip.NewWriter(&archive)
	w := tar.NewWriter(z)
	if err := w.WriteHeader(&tar.Header{Name: "loam", Mode: 0o755, Size: int64(len(script))}); err != nil {
		p.t.Fatal(err)
	}
	fmt.Fprint(w, script)
	if w.Close() != nil || z.Close() != nil {
		p.t.Fatal("the archive cannot be written")
	}
	fmt.Fprintf(&p.sums, "%x  %s\n", sha256.Sum256(archive.Bytes()), name)
	p.write(name, archive.String())
	p.write("SHA256SUMS", p.sums.String())
	return filepath.Join(p.dir, name)
}

func (p *published) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// TestUpdate updates a copy of the real binary, from files and over HTTP, and rolls it back. A
// release that is older, broken or for another system is refused, and the binary stays.
func TestUpdate(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts programs")
	}
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the new binaries are scripts of a shell")
	}
	built, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "loam")
	text, err := os.ReadFile(built)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, text, 0o700); err != nil {
		t.Fatal(err)
	}
	execute := func(program string, arguments ...string) (string, error) {
		cmd := exec.Command(program, arguments...)
		cmd.Dir = dir
		cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "LOAM_") })
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	run := func(arguments ...string) (string, error) { return execute(program, arguments...) }
	if out, err := run("superuser", "create", "root@example.com", "a-long-password"); err != nil {
		t.Fatal(out)
	}
	p := &published{t: t, dir: t.TempDir()}
	system := runtime.GOOS + "_" + runtime.GOARCH + ".tar.gz"
	good := p.add("loam_99.1.0_"+system, "99.1.0")
	liar := p.add("loam_99.2.0_"+system, "99.1.0")
	cut := p.add("loam_99.3.0_"+system, "99.3.0")
	whole, err := os.ReadFile(cut)
	if err != nil {
		t.Fatal(err)
	}
	p.write(filepath.Base(cut), string(whole[:len(whole)-1]))
	older, same := p.add("loam_0.0.9_"+system, "0.0.9"), p.add("loam_0.1.0_"+system, "0.1.0")
	foreign := p.add("loam_99.1.0_plan9_mips.tar.gz", "99.1.0")
	p.write("loam_99.4.0_"+system, "not in the list")
	routes := http.NewServeMux()
	routes.Handle("/", http.FileServer(http.Dir(p.dir)))
	routes.Handle("/plain/", http.RedirectHandler("http://example.com/", http.StatusFound))
	routes.Handle("/broken/SHA256SUMS", http.StripPrefix("/broken", http.FileServer(http.Dir(p.dir))))
	routes.HandleFunc("/broken/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, "a part")
	})
	server := httptest.NewServer(routes)
	defer server.Close()

	for from, want := range map[string]string{
		liar:    `says that it is "loam 99.1.0"`,
		cut:     "it is incomplete or was changed",
		older:   "0.0.9 is older than the version that runs, 0.1.0",
		same:    "0.1.0 is the version that runs",
		foreign: "is for plan9/mips, this is " + runtime.GOOS,
		filepath.Join(p.dir, "loam_99.4.0_"+system):   "has no checksum of",
		filepath.Join(p.dir, "loam_99.5.0_"+system):   "has no checksum of",
		"http://example.com/loam_99.1.0_" + system:    "an update comes over https",
		server.URL + "/nothing/loam_99.1.0_" + system: "404 Not Found",
		server.URL + "/plain/loam_99.1.0_" + system:   "http://example.com/: an update comes over https",
		server.URL + "/broken/loam_99.1.0_" + system:  "loam_99.1.0_" + system + ": unexpected EOF",
		filepath.Join(p.dir, "SHA256SUMS"):            "is no name of an archive",
	} {
		if out, err := run("update", "--from", from); err == nil || !strings.Contains(out, want) {
			t.Errorf("update --from %s: %v, %s; want %s", from, err, out, want)
		}
	}
	if out, err := run("update", "--rollback"); err == nil || !strings.Contains(out, "no update was made here") {
		t.Errorf("a rollback of nothing: %v, %s", err, out)
	}
	if out, _ := run("version"); out != "loam 0.1.0\n" {
		t.Fatalf("after what was refused the binary is %s", out)
	}

	for _, from := range []string{good, server.URL + "/loam_99.1.0_" + system} {
		out, err := run("update", "--from", from)
		if err != nil || !strings.Contains(out, "Made the backup pb_backup_") || !strings.Contains(out, "is 99.1.0 now") {
			t.Fatalf("update --from %s: %v, %s", from, err, out)
		}
		if out, _ := run("version"); out != "loam 99.1.0\n" {
			t.Errorf("the new binary is %s", out)
		}
		// The new binary is a script without the command for a rollback.
		if out, err := execute(program+".old", "version"); err != nil || out != "loam 0.1.0\n" {
			t.Errorf("the old binary: %v, %s", err, out)
		}
		if err := update.Rollback(program); err != nil {
			t.Fatal(err)
		}
		if out, _ := run("version"); out != "loam 0.1.0\n" {
			t.Errorf("after the rollback the binary is %s", out)
		}
		// Names of backups have a resolution of one second.
		if err := os.RemoveAll(filepath.Join(dir, "loam_data/backups")); err != nil {
			t.Fatal(err)
		}
	}
}
