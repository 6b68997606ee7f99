package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/loambase/loam/"

// pkg is what "go list" says of a package of ours, its path without the module.
type pkg struct {
	ImportPath string
	Doc        string
	Dir        string
	GoFiles    []string
	Imports    []string
	Deps       []string
}

// floors is the house (core/DESIGN.md), the ground first: a package imports only
// packages of ours on floors below its own. Packages on one floor do not know each
// other.
var floors = [][]string{
	{"core/fault", "core/change", "migrations"},
	{"core/store", "core/blob", "core/password"},
	{"core/store/sqlite/binding"},
	{"core/store/sqlite", "core/store/postgres", "core/schema"},
	{"core/query", "core/settings"},
	{"core/record"},
	{"core/collection"},
	{"core"},
	{"core/coretest", "auth", "api/wire"},
	{"api/rest", "api/middleware"},
	{"api"},
	{""},
}

// testOnly are packages that only tests import: they may look anywhere below.
var testOnly = []string{"core/store/storetest", "core/store/sqlite/binding/disktest", "core/store/postgres/pgtest"}

func TestDependenciesPointDown(t *testing.T) {
	floor := map[string]int{}
	for i, names := range floors {
		for _, name := range names {
			floor[name] = i
		}
	}
	for name, p := range packages(t) {
		if slices.Contains(testOnly, name) {
			continue
		}
		own, known := floor[name]
		if !known {
			t.Errorf("package %q has no floor: give it one in this test and in core/DESIGN.md", name)
			continue
		}
		for _, imported := range ours(p.Imports) {
			if below, known := floor[imported]; !known || below >= own {
				t.Errorf("%q imports %q, which is not below it", name, imported)
			}
		}
	}
}

func TestPackagesKeepToTheirTrade(t *testing.T) {
	all := packages(t)
	for _, c := range []struct {
		of   []string // prefixes of packages
		not  []string // prefixes of what they must not import
		deep bool     // not even through others
	}{
		{of: []string{"api", "auth"}, not: []string{module + "core/store", module + "core/query", "database/sql", "modernc.org/"}},
		{of: []string{"core/record", "core/collection", "core/query", "core/schema"}, not: []string{"net/http"}, deep: true},
		{of: []string{"core"}, not: []string{"database/sql"}, deep: false},
		{of: []string{"migrations"}, not: []string{module}, deep: true},
	} {
		for name, p := range all {
			if !hasPrefix(name, c.of) || slices.Contains(testOnly, name) {
				continue
			}
			imports := p.Imports
			if c.deep {
				imports = p.Deps
			}
			for _, imported := range imports {
				if hasPrefix(imported, c.not) {
					t.Errorf("%q must not import %q", name, imported)
				}
			}
		}
	}
}

func TestEnginesAreNamedInOnePlace(t *testing.T) {
	for name, p := range packages(t) {
		if name == "core" || slices.Contains(testOnly, name) || strings.HasPrefix(name, "core/store/") {
			continue
		}
		for _, imported := range ours(p.Imports) {
			if strings.HasPrefix(imported, "core/store/") {
				t.Errorf("%q imports the engine %q: only core/engine.go may", name, imported)
			}
		}
	}
	for _, file := range packages(t)["core"].GoFiles {
		if file == "engine.go" {
			continue
		}
		text, err := os.ReadFile(filepath.Join("core", file))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte(module+"core/store/")) {
			t.Errorf("core/%s imports an engine: only core/engine.go may", file)
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for name, p := range packages(t) {
		if p.Doc == "" {
			t.Errorf("package %q has no doc comment", name)
		}
	}
}

func TestFilesStayReadable(t *testing.T) {
	const ceiling = 700 // lines
	for name, p := range packages(t) {
		for _, file := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(text, []byte("\n")); n > ceiling && !bytes.Contains(text, []byte("// Code generated")) {
				t.Errorf("%s/%s has %d lines, more than %d", name, file, n, ceiling)
			}
		}
	}
}

// packages are all packages of the module, by path without the module.
func packages(t *testing.T) map[string]pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Doc,Dir,GoFiles,Imports,Deps", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := map[string]pkg{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		all[strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, strings.TrimSuffix(module, "/")), "/")] = p
	}
}

// ours are the imports that are packages of this module, without the module.
func ours(imports []string) []string {
	var list []string
	for _, path := range imports {
		if name, ok := strings.CutPrefix(path, module); ok {
			list = append(list, name)
		}
	}
	return list
}

func hasPrefix(path string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(path, p) })
}
