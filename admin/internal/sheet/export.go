// Package sheet exports the records of a collection to CSV and JSON files and imports them from
// such files. An export is streamed. An import is a Job, which reads a whole file, checks its rows
// and then writes them. DESIGN.md describes both, and the text of each kind of value.
package sheet

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/where"
)

// Format is the format of a file.
type Format string

// The formats.
const (
	CSV  Format = "csv"  // comma, a header with the names of fields, CRLF, UTF-8
	JSON Format = "json" // an array of objects, one per line
)

// Export selects the records of a file and its format.
type Export struct {
	Collection string // id or name
	Filter     string // a filter expression, as in a list; "" selects every record
	IDs        []any  // the ids of the records; nil selects all that satisfy Filter
	Format     Format
	Mark       bool // a CSV begins with a byte order mark, by which some programs recognise UTF-8
}

// readTogether is the number of records that an export reads at a time.
const readTogether = 500

// Write writes the records that the caller may list to w, ordered by id. Other writers are not
// blocked: each record is written at most once, and whole. A record that exists from the beginning
// to the end of the export is in the file; a record that is created or deleted meanwhile may be
// missing. Passwords and token keys are never written. The faults are NotFound for an unknown
// collection and those of a list; an error after the first byte means that the file is incomplete.
func (e Export) Write(ctx context.Context, records *record.Service, snapshot *schema.Snapshot, caller record.Caller, w io.Writer) error {
	in := snapshot.Find(e.Collection)
	if in == nil {
		return fault.New(fault.NotFound, "")
	}
	fields := exported(in)
	n := &record.Node{Collection: in.ID, Filter: e.Filter, Sort: "id", Limit: readTogether, Cursors: true}
	for _, f := range fields {
		n.Fields = append(n.Fields, f.Name)
	}
	if e.IDs != nil {
		n.Where = where.In("id", e.IDs...)
	}
	out := newWriter(w)
	out.format, out.fields = e.Format, fields
	for first := true; ; first = false {
		branch, err := records.Tree(ctx, caller, n)
		if err == nil {
			err = branch.Err
		}
		if err != nil {
			return err
		}
		if first {
			out.begin(e.Mark)
		}
		list := branch.Lists[0]
		for _, item := range list.Items {
			if err := out.record(branch.Records[item.Record]); err != nil {
				return err
			}
			n.After = item.Cursor
		}
		if !list.More {
			out.end()
			return out.Flush()
		}
	}
}

// exported returns the fields of the collection that are written to a file: all but passwords and
// token keys.
func exported(in *schema.Collection) (list []*schema.Field) {
	for _, f := range in.Fields {
		if !f.IsPassword() && !(in.IsAuth() && f.Name == "tokenKey") {
			list = append(list, f)
		}
	}
	return list
}

type writer struct {
	*bufio.Writer
	format Format
	fields []*schema.Field
	count  int
}

func newWriter(w io.Writer) *writer { return &writer{Writer: bufio.NewWriter(w)} }

func (w *writer) begin(mark bool) {
	if w.format == JSON {
		w.WriteString("[") //nolint:errcheck // Flush has the error
		return
	}
	if mark {
		w.WriteString("\ufeff") //nolint:errcheck // Flush has the error
	}
	names := make([]string, len(w.fields))
	for i, f := range w.fields {
		names[i] = f.Name
	}
	w.row(names) //nolint:errcheck // Flush has the error
}

func (w *writer) record(text json.RawMessage) error {
	w.count++
	if w.format == JSON {
		if w.count > 1 {
			w.WriteString(",") //nolint:errcheck // Flush has the error
		}
		w.WriteString("\n") //nolint:errcheck // Flush has the error
		_, err := w.Write(text)
		return err
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil {
		return err
	}
	cells := make([]string, len(w.fields))
	for i, f := range w.fields {
		cells[i] = cellText(f, values[f.Name])
	}
	return w.row(cells)
}

func (w *writer) end() {
	if w.format == JSON {
		w.WriteString("\n]\n") //nolint:errcheck // Flush has the error
	}
}

// cellText returns the text of a value in a CSV: a string without its quotes, any other value as
// JSON.
func cellText(f *schema.Field, value json.RawMessage) string {
	if f.Kind.Class() == schema.ClassJSON {
		return string(value)
	}
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

// Quote returns a text as a cell of a CSV (RFC 4180). A text that contains a quotation mark, a line
// end or a common separator, or that has white space at an end, is quoted.
func Quote(cell string) string {
	if strings.ContainsAny(cell, ",;\t|\"\r\n") || cell != strings.TrimSpace(cell) {
		return `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
	}
	return cell
}

func (w *writer) row(cells []string) error {
	for i, cell := range cells {
		if i > 0 {
			w.WriteByte(',') //nolint:errcheck // the last write has the error
		}
		w.WriteString(Quote(cell)) //nolint:errcheck // the last write has the error
	}
	_, err := w.WriteString("\r\n")
	return err
}
