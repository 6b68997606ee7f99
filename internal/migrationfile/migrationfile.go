// Package migrationfile generates migrations as Go files for a program that embeds Loam: blank
// steps, changes of collections, and snapshots of all collections. The folder of the files is a
// package with a variable All, for core.Config.Migrations; each file adds its step to All.
package migrationfile

import (
	"bytes"
	"errors"
	"fmt"
	"go/build"
	"go/format"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Step is the content of a migration file.
type Step struct {
	Label    string // describes the step in words; a part of the name of the migration
	Up, Down string // bodies of the functions, as Go statements that return an error; Down may be ""
}

// Text returns the name and the text of the file of the step, for a package migrations. The name
// begins with now in seconds of Unix time.
func Text(step Step, now time.Time) (file string, text []byte, err error) {
	name := strconv.FormatInt(now.Unix(), 10) + "_" + label(step.Label)
	if text, err = source("migrations", name, step); err != nil {
		return "", nil, err
	}
	file, err = fileName(name, text)
	return file, text, err
}

// Write writes the file of the step into the folder dir, which it creates if necessary, and
// returns the name of the migration and the path of the file. The name begins with now in seconds
// of Unix time, or with the next second that no file name in the folder begins with.
func Write(dir string, step Step, now time.Time) (name, path string, err error) {
	words := label(step.Label)
	if words == "" {
		return "", "", fmt.Errorf("migration %q: a name has letters or digits", step.Label)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", "", err
	}
	pkg, err := packageOf(dir)
	if err != nil {
		return "", "", err
	}
	if err := writeList(dir, pkg); err != nil {
		return "", "", err
	}
	stamp, err := nextStamp(dir, now)
	if err != nil {
		return "", "", err
	}
	name = stamp + "_" + words
	text, err := source(pkg, name, step)
	if err != nil {
		return "", "", err
	}
	file, err := fileName(name, text)
	if err != nil {
		return "", "", err
	}
	path = filepath.Join(dir, file)
	return name, path, writeNew(path, text)
}

// fileName returns the name of the file of a migration with the text. Go leaves out files whose names
// end with _test, and builds those that end with an operating system, such as _linux, for that system
// only: such a name gets an underscore at its end.
func fileName(name string, text []byte) (string, error) {
	everywhere := build.Context{GOOS: "none", GOARCH: "none", Compiler: "gc",
		OpenFile: func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }}
	isBuilt, err := everywhere.MatchFile("", name+".go")
	if err != nil || isBuilt && !strings.HasSuffix(name, "_test") {
		return name + ".go", err
	}
	return name + "_.go", nil
}

var notWord = regexp.MustCompile(`[^a-z0-9]+`)

// label returns the text as a part of a file name: at most 100 ASCII letters and digits in lower
// case, with underscores between the words.
func label(text string) string {
	const longest = 100
	words := strings.Trim(notWord.ReplaceAllString(strings.ToLower(text), "_"), "_")
	return strings.TrimRight(words[:min(len(words), longest)], "_")
}

// packageOf returns the name of the package in the folder. For a folder without Go files packageOf
// derives the name from the name of the folder.
func packageOf(dir string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return "", err
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly)
		if err != nil {
			return "", err
		}
		return parsed.Name.Name, nil
	}
	whole, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	name := notWord.ReplaceAllString(strings.ToLower(filepath.Base(whole)), "")
	if !token.IsIdentifier(name) {
		name = "migrations"
	}
	return name, nil
}

const list = "migrations.go"

// writeList writes the file with the variable All, unless the file exists.
func writeList(dir, pkg string) error {
	text := fmt.Sprintf(`// Package %[1]s holds what happened to the collections of the program, step by step.
package %[1]s

import "github.com/loambase/loam/core"

// All are the steps, for core.Config.Migrations. Each file of the package adds its own.
var All []core.Migration
`, pkg)
	err := writeNew(filepath.Join(dir, list), []byte(text))
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// nextStamp returns now in seconds of Unix time, or the next second that no file name in the folder
// begins with.
func nextStamp(dir string, now time.Time) (string, error) {
	for second := now.Unix(); ; second++ {
		stamp := strconv.FormatInt(second, 10)
		files, err := filepath.Glob(filepath.Join(dir, stamp+"_*"))
		if err != nil {
			return "", err
		}
		if len(files) == 0 {
			return stamp, nil
		}
	}
}

// source returns the contents of the file of a step.
func source(pkg, name string, step Step) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "package %s\n\nimport \"github.com/loambase/loam/core\"\n\n", pkg)
	fmt.Fprintf(&b, "func init() {\nAll = append(All, core.Migration{\nName: %q,\n", name)
	fmt.Fprintf(&b, "Up: func(tx *core.Tx) error {\n%s\n},\n", step.Up)
	if step.Down != "" {
		fmt.Fprintf(&b, "Down: func(tx *core.Tx) error {\n%s\n},\n", step.Down)
	}
	b.WriteString("})\n}\n")
	return format.Source(b.Bytes())
}

// writeNew creates a file. The error is fs.ErrExist if the file exists.
func writeNew(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}
