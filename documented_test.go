package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

// TestExportedNamesAreDocumented checks that every exported name has a doc comment. Methods that a
// standard interface documents need none.
func TestExportedNamesAreDocumented(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for _, name := range p.GoFiles {
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			for _, node := range undocumented(file) {
				t.Errorf("%s: an exported name has no doc comment", files.Position(node.Pos()))
			}
		}
	}
}

func undocumented(file *ast.File) (list []ast.Node) {
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc == nil && !isStandard(d) && isExported(d.Recv) {
				list = append(list, d)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if d.Doc == nil && exportsSilently(spec) {
					list = append(list, spec)
				}
			}
		}
	}
	return list
}

// exportsSilently reports whether the spec exports a name and has no comment.
func exportsSilently(spec ast.Spec) bool {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		return s.Name.IsExported() && s.Doc == nil && s.Comment == nil
	case *ast.ValueSpec:
		for _, name := range s.Names {
			if name.IsExported() && s.Doc == nil && s.Comment == nil {
				return true
			}
		}
	}
	return false
}

func isStandard(d *ast.FuncDecl) bool {
	switch d.Name.Name {
	case "String", "Error", "Unwrap":
		return d.Recv != nil
	}
	return false
}

// isExported reports whether the type of a method's receiver is exported. It returns true for a
// function.
func isExported(receiver *ast.FieldList) bool {
	if receiver == nil {
		return true
	}
	t := receiver.List[0].Type
	if pointer, ok := t.(*ast.StarExpr); ok {
		t = pointer.X
	}
	if generic, ok := t.(*ast.IndexExpr); ok {
		t = generic.X
	}
	name, ok := t.(*ast.Ident)
	return !ok || name.IsExported()
}
