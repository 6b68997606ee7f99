package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// module is one that the program is made of, as "go list" tells.
type module struct {
	Path, Version, Dir string
	Main               bool
}

// systems are the operating systems of releases. Each may need other packages.
var systems = []string{"linux", "darwin", "windows"}

// thirdParty returns the licences of all modules that the program is made of on any system,
// and that of Go. That a module has none is an error.
func thirdParty(ctx context.Context) ([]byte, error) {
	found := map[string]module{}
	for _, system := range systems {
		if err := modules(ctx, system, found); err != nil {
			return nil, err
		}
	}
	root, err := output(ctx, nil, "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("The licences of what is in the binary of Loam beside its own code.\n")
	if err := writeLicences(&b, "Go", strings.TrimSpace(root)); err != nil {
		return nil, err
	}
	for _, path := range slices.Sorted(maps.Keys(found)) {
		m := found[path]
		if err := writeLicences(&b, m.Path+" "+m.Version, m.Dir); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// modules adds the modules whose packages are in the program on a system.
func modules(ctx context.Context, system string, found map[string]module) error {
	env := []string{"CGO_ENABLED=0", "GOOS=" + system}
	text, err := output(ctx, env, "go", "list", "-deps", "-json=Module", ".")
	if err != nil {
		return err
	}
	for d := json.NewDecoder(strings.NewReader(text)); ; {
		var p struct{ Module *module }
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if p.Module != nil && !p.Module.Main {
			found[p.Module.Path] = *p.Module
		}
	}
}

var licence = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([.-].*)?$`)

// writeLicences writes the licences in a folder.
func writeLicences(b *bytes.Buffer, name, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	none := true
	for _, e := range entries {
		if e.IsDir() || !licence.MatchString(e.Name()) || filepath.Ext(e.Name()) == ".go" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		none = false
		fmt.Fprintf(b, "\n%s\n%s: %s\n\n%s\n", strings.Repeat("=", 80), name, e.Name(), bytes.TrimSpace(text))
	}
	if none {
		return fmt.Errorf("%s has no licence in %s", name, dir)
	}
	return nil
}
