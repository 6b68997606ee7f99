//go:build unix

package pocketbase_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/pocketbase"
)

// TestPipesAreRefused: reading a pipe would wait for a writer.
func TestPipesAreRefused(t *testing.T) {
	for _, at := range []string{"storage/x/y/pipe", "data.db-wal"} {
		dir := source(t, fresh)
		file(t, dir, "storage/x/y/z", "")
		if err := syscall.Mkfifo(filepath.Join(dir, at), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, pocketbase.Config{Source: dir, App: core.Config{Dir: filepath.Join(t.TempDir(), "data")}}, "is not a regular file")
	}
}
