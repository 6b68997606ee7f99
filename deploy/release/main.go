// Command release builds what is published of a version: static binaries for each system in
// archives with the licences, a bill of materials, and the checksums of all that. Built twice
// from the same commit by the same Go, everything has the same bytes.
//
//	go run ./deploy/release -out dist [-targets linux/amd64,darwin/arm64]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/loambase/loam/internal/version"
)

func main() {
	out := flag.String("out", "dist", "the folder to write to; it must be empty or missing")
	targets := flag.String("targets", "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64", "the systems to build for")
	sbom := flag.String("sbom", "cyclonedx-gomod", "the program that makes the bill of materials")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *out, strings.Split(*targets, ","), *sbom); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// release is a version that is being built.
type release struct {
	out    string
	commit string
	when   time.Time // of the commit
}

func run(ctx context.Context, out string, targets []string, sbom string) error {
	if entries, err := os.ReadDir(out); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty", out)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	r, err := head(ctx)
	if err != nil {
		return err
	}
	r.out = out
	licences, err := thirdParty(ctx)
	if err != nil {
		return err
	}
	for _, target := range targets {
		system, arch, ok := strings.Cut(target, "/")
		if !ok {
			return fmt.Errorf("the target %q is not a system and a processor, as linux/amd64", target)
		}
		if err := r.build(ctx, system, arch, licences); err != nil {
			return fmt.Errorf("%s: %w", target, err)
		}
	}
	if err := r.materials(ctx, sbom); err != nil {
		return err
	}
	return writeSums(out)
}

// head is the commit that is checked out.
func head(ctx context.Context) (*release, error) {
	text, err := output(ctx, nil, "git", "log", "-1", "--format=%H %cI")
	if err != nil {
		return nil, err
	}
	commit, stamp, _ := strings.Cut(strings.TrimSpace(text), " ")
	when, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return nil, err
	}
	if text, err = output(ctx, nil, "git", "status", "--porcelain", "--untracked-files=no"); err != nil {
		return nil, err
	}
	if text != "" {
		commit += "-changed"
	}
	return &release{commit: commit, when: when.UTC()}, nil
}

// build makes the archive of one system.
func (r *release) build(ctx context.Context, system, arch string, licences []byte) error {
	binary := "loam"
	if system == "windows" {
		binary += ".exe"
	}
	dir, err := os.MkdirTemp("", "release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, binary)
	const variables = "github.com/loambase/loam/internal/version."
	flags := "-s -w -buildid= -X " + variables + "commit=" + r.commit + " -X " + variables + "date=" + r.when.Format(time.DateOnly)
	env := []string{"CGO_ENABLED=0", "GOOS=" + system, "GOARCH=" + arch, "GOFLAGS=-mod=readonly", "GOAMD64=v1", "GOARM64=v8.0"}
	if _, err := output(ctx, env, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", path, "."); err != nil {
		return err
	}
	files := []file{{name: binary, path: path, mode: 0o755}, {name: "THIRD_PARTY_LICENSES", text: licences, mode: 0o644}}
	for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md", "SECURITY.md"} {
		files = append(files, file{name: name, path: name, mode: 0o644})
	}
	name := fmt.Sprintf("loam_%s_%s_%s", version.Number, system, arch)
	if system == "windows" {
		return writeZip(filepath.Join(r.out, name+".zip"), files, r.when)
	}
	return writeTar(filepath.Join(r.out, name+".tar.gz"), files, r.when)
}

// materials writes the bill of materials of the program, as CycloneDX.
func (r *release) materials(ctx context.Context, program string) error {
	path := filepath.Join(r.out, "loam_"+version.Number+".cdx.json")
	env := []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64"}
	if _, err := output(ctx, env, program, "app", "-json", "-licenses", "-noserial", "-notimestamp", "-output", path, "."); err != nil {
		return fmt.Errorf("%w (make tools installs it)", err)
	}
	return nil
}

// output runs a program and returns what it prints.
func output(ctx context.Context, env []string, name string, arguments ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, arguments...)
	cmd.Env = append(os.Environ(), env...)
	text, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return "", fmt.Errorf("%s: %w\n%s", name, err, failed.Stderr)
	}
	return string(text), err
}
