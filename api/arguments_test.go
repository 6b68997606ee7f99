package api

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestListenAddress(t *testing.T) {
	for flag, want := range map[string]string{
		"8090": "127.0.0.1:8090", "0": "127.0.0.1:0", ":8090": ":8090", "127.0.0.1:80": "127.0.0.1:80", "[::1]:80": "[::1]:80",
		"localhost:http": "localhost:http", "host.example:8090": "host.example:8090",
		"": "", "localhost": "", "99999": "", "-1": "", "a:99999": "", "http://x:80": "", "::1:80": "", "::1": "", "127.0.0.1": "",
	} {
		got, err := listenAddress("--http", flag)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("listenAddress(%q) = %q, %v; want %q", flag, got, err, want)
		}
	}
}

func TestUnusableOrigin(t *testing.T) {
	for origin, usable := range map[string]bool{
		"*": true, "https://app.example.com": true, "http://localhost:3000": true, "https://*.example.com": true, "*.example.com": true,
		"*://x.example.com": true, "capacitor://localhost": true, "null": true, "http://[::1]:80000": true, "https://x:80": true, "HTTPS://X.example": true,
		"": false, "app.example.com": false, "localhost:3000": false, "https://x.example.com/": false, "https://x.example.com/app": false,
		"https://": false, "://x": false, "https://x:443": false, "http://x:80": false, " https://x": false, "https://u@x": false, "*.example.com/": false,
	} {
		if why := unusableOrigin(origin); (why == "") != usable {
			t.Errorf("unusableOrigin(%q) = %q, want usable: %t", origin, why, usable)
		}
	}
}

func TestCheckPublic(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	for _, d := range []string{"data/storage/c", "data/backups", "data/public", "public"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("data/storage", filepath.Join(dir, "alias")); err != nil {
		t.Fatal(err)
	}
	for public, want := range map[string]string{
		"public": "", ".": "", "data/public": "",
		"missing": "no such folder", "data": "the data folder", "data/storage": "files of records", "data/storage/c": "files of records",
		"data/backups": "files of records", "alias": "files of records",
	} {
		err := checkPublic(filepath.Join(dir, public), data)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("checkPublic(%q) = %v, want %q", public, err, want)
		}
	}
}
