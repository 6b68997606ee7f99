// The report of an import: data that was adjusted, kept although it is odd, or not imported.

package pocketbase

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/loambase/loam/core"
)

// ReportFile is the path of the report in the data folder.
const ReportFile = "import-report.txt"

// kind is the kind of a remark.
type kind uint8

const (
	adjusted kind = iota // the object has another form now
	kept                 // the object is unchanged, though it is odd
	skipped              // the object was not imported
)

func (k kind) title() string {
	return [...]string{
		"Adjusted: it has another form now, and means the same where it can",
		"Kept as it was, though it is odd, or would be refused if it were saved now",
		"Not carried over",
	}[k]
}

// remark is one line of the report.
type remark struct {
	kind  kind
	where string
	text  string
}

// Report describes the result of an import. It is complete when Import has returned.
type Report struct {
	Source, Target string
	Time           time.Time

	Collections int
	Records     int64
	Files       int64         // with thumbs and attributes
	Bytes       int64         // of the files
	Took        time.Duration // the time for the records

	remarks []remark
}

func newReport(cfg Config) *Report {
	return &Report{Source: cfg.Source, Target: cfg.App.Dir, Time: cfg.App.Now()}
}

// note adds a remark. where is a collection or a part of the folder.
func (r *Report) note(k kind, where, format string, args ...any) {
	r.remarks = append(r.remarks, remark{k, where, fmt.Sprintf(format, args...)})
}

// clone copies the report, so that a retried transaction can begin with the remarks that were made
// before the transaction.
func (r Report) clone() Report {
	r.remarks = slices.Clone(r.remarks)
	return r
}

// Count returns the number of remarks about objects that were adjusted, kept although they are odd,
// and not imported.
func (r *Report) Count() (adjustments, oddities, left int) {
	var n [3]int
	for _, m := range r.remarks {
		n[m.kind]++
	}
	return n[adjusted], n[kept], n[skipped]
}

// Summary returns a sentence about the size of the installation.
func (r *Report) Summary() string {
	return fmt.Sprintf("%d collections, %d records, %d files (%d bytes)", r.Collections, r.Records, r.Files, r.Bytes)
}

// String returns the report as a text.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Import of %s into %s by Loam %s, %s\n\n%s\n", r.Source, r.Target, core.Version,
		r.Time.UTC().Format(time.DateTime+" UTC"), r.Summary())
	for _, k := range []kind{adjusted, kept, skipped} {
		lines := r.lines(k)
		if len(lines) == 0 {
			lines = []string{"nothing"}
		}
		fmt.Fprintf(&b, "\n%s:\n\n", k.title())
		for _, line := range lines {
			fmt.Fprintf(&b, "- %s\n", line)
		}
	}
	return b.String()
}

// lines returns the remarks of a kind, a line for each: texts of the source cannot add lines.
func (r *Report) lines(k kind) []string {
	var list []string
	for _, m := range r.remarks {
		if m.kind == k {
			list = append(list, oneLine(m.where+": "+m.text))
		}
	}
	return list
}

// oneLine escapes control characters, so that texts of the source cannot move the cursor of
// a terminal.
func oneLine(s string) string {
	var b strings.Builder
	for _, c := range s {
		if c < ' ' || c >= 0x7f && c < 0xa0 || c == '\u2028' || c == '\u2029' {
			fmt.Fprintf(&b, "\\u%04x", c)
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

// write stores the report in the folder.
func (r *Report) write(dir string) error {
	return os.WriteFile(filepath.Join(dir, ReportFile), []byte(r.String()), 0o600)
}
