package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestArchives: the same files give the same bytes, which the usual programs can read.
func TestArchives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	binary := filepath.Join(dir, "binary")
	if err := os.WriteFile(binary, []byte("#!/bin/sh\necho it runs\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	files := []file{{name: "loam", path: binary, mode: 0o755}, {name: "LICENSE", text: []byte("free"), mode: 0o644}}
	when := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for name, write := range map[string]func(string, []file, time.Time) error{"a.tar.gz": writeTar, "a.zip": writeZip} {
		var texts [2][]byte
		for i := range texts {
			out := filepath.Join(t.TempDir(), name)
			if err := write(out, files, when); err != nil {
				t.Fatal(err)
			}
			texts[i], _ = os.ReadFile(out)
			later := time.Now().Add(time.Duration(i+1) * time.Hour)
			if err := os.Chtimes(binary, later, later); err != nil {
				t.Fatal(err)
			}
		}
		if len(texts[0]) == 0 || !bytes.Equal(texts[0], texts[1]) {
			t.Errorf("%s has other bytes the second time", name)
		}
	}
	out := filepath.Join(dir, "dist")
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := writeTar(filepath.Join(out, "a.tar.gz"), files, when); err != nil {
		t.Fatal(err)
	}
	if err := writeSums(out); err != nil {
		t.Fatal(err)
	}
	script := exec.Command("sh", "-ec", "sha256sum -c SHA256SUMS && tar -xzf a.tar.gz && ./loam && cat LICENSE")
	script.Dir = out
	if text, err := script.CombinedOutput(); err != nil || string(text) != "a.tar.gz: OK\nit runs\nfree" {
		t.Errorf("%v: %s", err, text)
	}
}

// TestThirdParty: every module that is in the binary has its licence in the releases.
func TestThirdParty(t *testing.T) {
	t.Chdir("../..")
	text, err := thirdParty(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Go: LICENSE", "modernc.org/sqlite v", "github.com/go-chi/chi/v5 v", "github.com/prometheus/client_golang v"} {
		if !strings.Contains(string(text), "\n"+name) {
			t.Errorf("the licences have nothing of %s", name)
		}
	}
	if strings.Contains(string(text), "honnef.co") {
		t.Error("tools are not in the binary")
	}
}

// TestRefusals: nothing is built into a folder that has something.
func TestRefusals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "old"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(context.Background(), dir, nil, ""); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("run into a folder with files: %v", err)
	}
}
