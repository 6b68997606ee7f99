package sql

import (
	"bufio"
	"strconv"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/admin/internal/sheet"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/sqlrun"
)

// more answers with the next page of rows of a query that only reads. The input skip is the number
// of rows that the page shows already.
func more(c *console.Call) error {
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	skip, err := strconv.Atoi(c.R.PostForm.Get("skip"))
	if err != nil || skip < 0 {
		return fault.New(fault.Invalid, "The number of shown rows is missing.")
	}
	result, err := c.App.SQL().Page(c.R.Context(), c.Caller, c.R.PostForm.Get("query"), skip)
	return answer(c, result, err)
}

// exportCSV answers with a CSV file of all rows of a query that only reads. If the query fails
// after the first bytes are sent, the connection is aborted, so that nobody takes a part for the
// whole file.
func exportCSV(c *console.Call) error {
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	file := &console.Download{W: c.W, Kind: "text/csv; charset=utf-8", Name: "rows.csv"}
	out := bufio.NewWriterSize(file, 64<<10)
	begun := false
	begin := func(columns []sqlrun.Column) {
		names := make([]*string, len(columns))
		for i := range columns {
			names[i] = &columns[i].Name
		}
		begun = true
		writeRow(out, names) //nolint:errcheck // Flush has the error
	}
	columns, err := c.App.SQL().Each(c.R.Context(), c.Caller, c.R.PostForm.Get("query"), func(columns []sqlrun.Column, row []*string) error {
		if !begun {
			begin(columns)
		}
		return writeRow(out, row)
	})
	switch {
	case err != nil && file.Begun():
		return err
	case err != nil:
		return refuse(c, err)
	case !begun:
		begin(columns)
	}
	return out.Flush()
}

// writeRow writes a line of a CSV file (RFC 4180). An empty text becomes two quotation marks (""),
// and NULL an empty cell.
func writeRow(w *bufio.Writer, row []*string) error {
	for i, value := range row {
		if i > 0 {
			w.WriteByte(',') //nolint:errcheck // the last write has the error
		}
		switch {
		case value == nil:
		case *value == "":
			w.WriteString(`""`) //nolint:errcheck // the last write has the error
		default:
			w.WriteString(sheet.Quote(*value)) //nolint:errcheck // the last write has the error
		}
	}
	_, err := w.WriteString("\r\n")
	return err
}
