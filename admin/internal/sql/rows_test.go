package sql

import (
	"bufio"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
)

// TestWriteRow reads the written lines with another CSV reader.
func TestWriteRow(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	var file strings.Builder
	w := bufio.NewWriter(&file)
	for _, row := range [][]*string{
		{text("a"), text(`say "x", y`), text("two\r\nlines"), text(" spaces ")},
		{nil, text(""), text("é"), nil},
	} {
		if err := writeRow(w, row); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	lines, err := csv.NewReader(strings.NewReader(file.String())).ReadAll()
	if err != nil || len(lines) != 2 || !slices.Equal(lines[0], []string{"a", `say "x", y`, "two\nlines", " spaces "}) {
		t.Errorf("%q, %v", lines, err)
	}
	if !strings.HasSuffix(file.String(), "\r\n,\"\",é,\r\n") {
		t.Errorf("NULL and an empty text: %q", file.String())
	}
}
