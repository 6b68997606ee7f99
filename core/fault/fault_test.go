package fault

import (
	"slices"
	"testing"
)

func TestLines(t *testing.T) {
	t.Parallel()
	f := Fields{}
	f.Set(Leaf("a", "Is wrong"), "smtp", "port")
	f.Set(Leaf("b", "Is wrong too"), "fields", Index(2), "name")
	f.Set(Leaf("c", "Is missing"), "name")
	want := []string{"fields.2.name: Is wrong too", "name: Is missing", "smtp.port: Is wrong"}
	if got := f.Lines(); !slices.Equal(got, want) {
		t.Errorf("Lines() = %q, want %q", got, want)
	}
}
