// Tests of the architecture in core/DESIGN.md: imports between packages, and sizes of files.
package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/loambase/loam"

// layers returns the packages of this module from top to bottom. A package may import only packages
// of lower layers.
func layers() [][]string {
	return [][]string{
		{
			"internal/pgtest/with",
			"internal/testbinary",
			"deploy/release",
			"main",
		},
		{
			"api",
		},
		{
			"admin",
		},
		{
			"admin/internal/collections",
			"admin/internal/palette",
		},
		{
			"admin/internal/diagram",
			"admin/internal/graphiql",
			"admin/internal/live",
			"admin/internal/logs",
			"admin/internal/metrics",
			"admin/internal/overview",
			"admin/internal/own",
			"admin/internal/records",
			"admin/internal/settings",
			"admin/internal/sql",
		},
		{
			"admin/internal/reference",
		},
		{
			"admin/internal/complete",
			"admin/internal/form",
			"admin/internal/gate",
		},
		{
			"admin/internal/console",
			"api/internal/rest",
		},
		{
			"api/internal/middleware",
			"api/internal/graphql/live",
			"internal/metrics",
			"api/internal/openapi",
			"api/internal/traces",
			"api/internal/update",
			"api/internal/ws",
		},
		{
			"api/internal/graphql",
			"api/internal/socket",
			"api/internal/trywrite",
			"realtime/channel",
		},
		{
			"internal/request",
			"realtime",
		},
		{
			"api/internal/certificate",
			"api/internal/ratelimit",
			"internal/wire",
		},
		{
			"api/internal/graphql/introspect",
		},
		{
			"api/internal/graphql/front",
		},
		{
			"api/internal/graphql/document",
			"api/internal/graphql/model",
		},
		{
			"auth",
			"core/coretest",
			"core/pocketbase",
			"admin/internal/sheet",
		},
		{
			"auth/internal/fetch",
			"auth/provider",
		},
		{
			"core",
		},
		{
			"core/sqlrun",
		},
		{
			"core/backup",
			"core/collection",
			"core/insight",
			"core/logs",
			"core/mail",
			"internal/thumb",
			"core/internal/transfer",
		},
		{
			"api/internal/shape/typed",
		},
		{
			"core/settings",
			"api/internal/shape",
		},
		{
			"core/job",
			"core/record",
		},
		{
			"core/where",
		},
		{
			"core/coretest/enginetest",
		},
		{
			"core/change",
			"core/internal/query",
			"core/internal/store/postgres",
			"core/internal/store/sqlite",
			"core/internal/store/storetest",
			"core/internal/removal",
			"core/internal/alter",
			"admin/internal/task",
			"internal/migrationfile",
		},
		{
			"internal/definition",
			"core/internal/standard",
		},
		{
			"internal/disktest",
			"core/internal/query/render",
			"core/internal/store/sqlite/binding",
		},
		{
			"core/internal/query/ir",
		},
		{
			"core/schema",
		},
		{
			"internal/pgtest",
			"internal/address",
			"core/internal/viewquery",
			"core/internal/sqlindex",
		},
		{
			"core/internal/blobtest",
			"core/internal/s3",
		},
		{
			"core/blob",
			"core/internal/store",
			"internal/password",
			"internal/check",
		},
		{
			"core/internal/s3/ambient",
			"internal/budget",
		},
		{
			"admin/internal/ui",
		},
		{
			"admin/internal/asset",
			"api/apitest",
			"api/internal/follow", "api/internal/hostile",
			"internal/need",
			"core/coretest/s3test",
			"core/coretest/smtptest",
			"internal/cache",
			"core/fault",
			"core/hook",
			"core/internal/query/lang",
			"core/internal/cast",
			"core/internal/pattern",
			"internal/suggest",
			"internal/version",
			"internal/yaml",
			"migrations",
		},
		{
			"internal/tally",
			"internal/trace",
		},
	}
}

// pkg is a package of this module as "go list" describes it, without tests.
type pkg struct {
	ImportPath string
	Dir        string
	Doc        string
	GoFiles    []string
	Imports    []string
	Deps       []string
}

// name returns the package's path below the module.
func (p pkg) name() string { return own(p.ImportPath) }

// own returns the path of a package below the module, "" for a package of another module.
func own(path string) string {
	if path == module {
		return "main"
	}
	name, ok := strings.CutPrefix(path, module+"/")
	if !ok {
		return ""
	}
	return name
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Doc,GoFiles,Imports,Deps", "./...")
	var failure bytes.Buffer
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, failure.String())
	}
	var list []pkg
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		list = append(list, p)
	}
}

func TestDependenciesPointDown(t *testing.T) {
	depth := map[string]int{}
	for i, layer := range layers() {
		for _, name := range layer {
			depth[name] = i
		}
	}
	for _, p := range packages(t) {
		from, ok := depth[p.name()]
		if !ok {
			t.Errorf("%s is in no layer of this test: say where it belongs", p.name())
			continue
		}
		for _, path := range p.Imports {
			name := own(path)
			if to, ok := depth[name]; ok && to <= from {
				t.Errorf("%s imports %s, which does not lie below it", p.name(), name)
			}
		}
	}
}

func TestEnginesAreNamedInOnePlace(t *testing.T) {
	for _, p := range packages(t) {
		if strings.HasPrefix(p.name(), "core/internal/store/") || strings.HasPrefix(p.name(), "core/coretest/") {
			continue
		}
		for _, file := range p.GoFiles {
			for _, path := range importsOf(t, filepath.Join(p.Dir, file)) {
				engine := strings.HasPrefix(own(path), "core/internal/store/")
				if at := p.name() + "/" + file; engine && at != "core/engine.go" {
					t.Errorf("%s imports %s: engines are chosen in core/engine.go", at, path)
				}
			}
		}
	}
}

// rule forbids imports. A path with "/..." at its end stands for all packages below. With deep,
// indirect imports count too.
type rule struct {
	packages []string
	except   []string
	imports  []string
	deep     bool
	reason   string
}

func rules() []rule {
	return []rule{
		{
			packages: []string{"admin/...", "api/...", "auth/...", "realtime/...", "internal/metrics", "internal/request", "internal/wire"},
			imports:  []string{module + "/core/internal/store/...", module + "/core/internal/query/...", "database/sql/...", "modernc.org/..."},
			reason:   "transports call services",
		},
		{
			packages: []string{"core/record", "core/collection", "core/internal/query", "core/schema"},
			imports:  []string{"net/http/..."},
			deep:     true,
			reason:   "the core does not know HTTP",
		},
		{
			packages: []string{"core/...", "auth/...", "internal/...", "migrations"},
			except:   []string{"internal/metrics", "internal/request", "internal/wire", "auth/internal/fetch", "auth/provider", "core/internal/s3", "core/internal/s3/ambient", "core/coretest/s3test"}, // the last five send requests to other servers
			imports:  []string{"net/http/..."},
			reason:   "HTTP is spoken in api",
		},
		{
			packages: []string{"migrations", "core/fault"},
			imports:  []string{module + "/..."},
			reason:   "it stands at the bottom",
		},
		{
			packages: []string{"..."},
			except:   []string{"core/internal/store/sqlite/binding", "internal/disktest"},
			imports:  []string{"modernc.org/...", "C"},
			reason:   "SQLite stands in the binding",
		},
		{
			packages: []string{"..."},
			except:   []string{"core/internal/store/sqlite/binding", "internal/disktest", "api/internal/trywrite"},
			imports:  []string{"unsafe"},
			reason:   "unsafe code stands in the binding, and in the write of a delivery",
		},
		{
			packages: []string{"..."},
			imports:  []string{"database/sql/...", "log", "io/ioutil", "testing/quick"},
			reason:   "the store has its own binding; logs go through log/slog",
		},
	}
}

func TestForbiddenImports(t *testing.T) {
	list := packages(t)
	for _, r := range rules() {
		for _, p := range list {
			if !matches(r.packages, p.name()) || matches(r.except, p.name()) {
				continue
			}
			imports := p.Imports
			if r.deep {
				imports = p.Deps
			}
			for _, path := range imports {
				if matches(r.imports, path) {
					t.Errorf("%s imports %s: %s", p.name(), path, r.reason)
				}
			}
		}
	}
}

func matches(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		prefix, below := strings.CutSuffix(pattern, "...")
		if !below {
			return path == pattern
		}
		return strings.HasPrefix(path+"/", prefix)
	})
}

func TestPackagesSayWhatTheyAre(t *testing.T) {
	for _, p := range packages(t) {
		if p.Doc == "" {
			t.Errorf("%s has no package comment", p.name())
		}
	}
}

// ceiling is the maximum number of lines of a file that is neither a test nor generated.
const ceiling = 700

func TestFilesAreSmall(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && (name == "node_modules" || name == "testdata" || len(name) > 1 && name[0] == '.'):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		generated := bytes.HasPrefix(text, []byte("// Code generated "))
		if lines := bytes.Count(text, []byte("\n")); lines > ceiling && !generated {
			t.Errorf("%s has %d lines, want at most %d", path, lines, ceiling)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func importsOf(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatalf("read the imports of %s: %v", file, err)
	}
	var list []string
	for _, spec := range parsed.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatalf("%s: import %s: %v", file, spec.Path.Value, err)
		}
		list = append(list, path)
	}
	return list
}
