package main_test

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var updateSurface = flag.Bool("update-surface", false, "write testdata/surface.txt anew")

// promised are the packages whose exported names embedding programs may rely on
// (docs/embedding.md).
var promised = []string{
	"api", "api/apitest", "auth", "auth/provider", "core", "core/backup", "core/blob", "core/change", "core/collection", "core/coretest",
	"core/coretest/s3test", "core/coretest/smtptest", "core/fault", "core/hook", "core/insight", "core/job", "core/logs", "core/mail", "core/pocketbase", "core/record",
	"core/schema", "core/settings", "core/sqlrun", "core/where", "realtime", "realtime/channel",
}

// TestSurfaceIsKept compares the exported names of the promised packages with testdata/surface.txt.
// A line of the file without its name breaks embedding programs: only a version that says so in
// CHANGELOG.md may remove the line. A new name becomes a promise with the next release, which
// writes the file again:
//
//	go test -run TestSurfaceIsKept . -update-surface
func TestSurfaceIsKept(t *testing.T) {
	t.Parallel()
	var now []string
	for _, p := range packages(t) {
		if slices.Contains(promised, p.name()) {
			now = append(now, exported(t, p)...)
		}
	}
	// Names with a type of an internal package in their signature are of no use to other modules.
	now = slices.DeleteFunc(now, func(line string) bool { return strings.Contains(line, "store.") })
	slices.Sort(now)
	const file = "testdata/surface.txt"
	if *updateSurface {
		if err := os.WriteFile(file, []byte(strings.Join(now, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(before)) {
		if line = strings.TrimSuffix(line, "\n"); !slices.Contains(now, line) {
			t.Errorf("gone or changed: %s", line)
		}
	}
}

// unpromised are the packages that a program can import, and whose exported names may change with
// any version: the commands, folders whose place at the top level is fixed, and the database
// engines for the tests of this repository, which use the store itself.
var unpromised = []string{"main", "admin", "migrations", "deploy/release", "core/coretest/enginetest"}

// TestOtherPackagesAreInternal checks that every package is promised, unpromised or internal, and
// that docs/embedding.md lists the promised packages.
func TestOtherPackagesAreInternal(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		internal := slices.Contains(strings.Split(p.name(), "/"), "internal")
		if !internal && !slices.Contains(promised, p.name()) && !slices.Contains(unpromised, p.name()) {
			t.Errorf("%s is for programs, by its place: list it in promised and docs/embedding.md, or move it into internal", p.name())
		}
	}
	page, err := os.ReadFile("docs/embedding.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range promised {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/embedding.md does not list %s", name)
		}
	}
}

// exported lists the exported names of a package: functions, methods of exported types, constants,
// variables, types, and each exported field of a struct.
func exported(t *testing.T, p pkg) (list []string) {
	t.Helper()
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && isExported(d.Recv) {
					d.Body = nil
					d.Type.Params, d.Type.Results = unnamed(d.Type.Params), unnamed(d.Type.Results)
					list = append(list, p.name()+": "+onOneLine(t, d))
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					for _, line := range exportedBy(t, d.Tok, spec) {
						list = append(list, p.name()+": "+line)
					}
				}
			}
		}
	}
	return list
}

// unnamed returns parameters or results without their names, which are no promise.
func unnamed(list *ast.FieldList) *ast.FieldList {
	if list == nil {
		return nil
	}
	types := &ast.FieldList{Opening: list.Opening, Closing: list.Closing}
	for _, f := range list.List {
		for range max(1, len(f.Names)) {
			types.List = append(types.List, &ast.Field{Type: f.Type})
		}
	}
	return types
}

func exportedBy(t *testing.T, kind token.Token, spec ast.Spec) (list []string) {
	t.Helper()
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range s.Names {
			if name.IsExported() {
				list = append(list, kind.String()+" "+name.Name)
			}
		}
	case *ast.TypeSpec:
		if !s.Name.IsExported() {
			return nil
		}
		structure, ok := s.Type.(*ast.StructType)
		if !ok {
			return []string{"type " + onOneLine(t, s)}
		}
		list = append(list, "type "+s.Name.Name+" struct")
		for _, field := range structure.Fields.List {
			if len(field.Names) == 0 {
				list = append(list, "type "+s.Name.Name+" embeds "+onOneLine(t, field.Type))
			}
			for _, name := range field.Names {
				if name.IsExported() {
					list = append(list, "type "+s.Name.Name+" has "+name.Name+" "+onOneLine(t, field.Type))
				}
			}
		}
	}
	return list
}

func onOneLine(t *testing.T, node any) string {
	t.Helper()
	var text bytes.Buffer
	if err := printer.Fprint(&text, token.NewFileSet(), node); err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(text.String()), " ")
}
