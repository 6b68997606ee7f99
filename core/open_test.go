package core_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
)

func TestHashCost(t *testing.T) {
	t.Parallel()
	app := coretest.Open(t, core.Config{Dir: t.TempDir(), HashCost: 5})
	hash, err := app.Passwords().Hash(t.Context(), "correct-horse", 0)
	if err != nil {
		t.Fatal(err)
	}
	if cost, err := bcrypt.Cost([]byte(hash)); err != nil || cost != 5 {
		t.Errorf("hashed at the cost %d, %v, want 5", cost, err)
	}
}

func TestHashCostOutOfRange(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	err := core.New(core.Config{Dir: dir, HashCost: 3}).Open(t.Context(), core.Serve)
	if err == nil || !strings.Contains(err.Error(), "hash cost 3 is not between 4 and 31") {
		t.Errorf("Open = %v", err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the refused app left a folder: %v", err)
	}
}
