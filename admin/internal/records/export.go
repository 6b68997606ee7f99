package records

import (
	"net/http"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/sheet"
)

// export answers with a file of the selected records, or of all records that match the filter. If
// the export fails midway, the connection is aborted, and the browser reports a failed download.
func export(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	q := c.R.URL.Query()
	e := sheet.Export{Collection: in.ID, Format: sheet.CSV, Mark: q.Get("mark") == "1"}
	if q.Get("format") == "json" {
		e.Format = sheet.JSON
	}
	if ids := q["id"]; len(ids) > 0 && q.Get("all") != "1" {
		e.IDs = anyOf(ids[:min(len(ids), readTogether)])
	} else {
		e.Filter = (&view{in: in, filter: q.Get("filter")}).expression()
	}
	name := in.Name + "-" + c.App.Now().UTC().Format("2006-01-02") + "." + string(e.Format)
	out := &console.Download{W: c.W, Kind: map[sheet.Format]string{sheet.CSV: "text/csv; charset=utf-8", sheet.JSON: "application/json"}[e.Format], Name: name}
	err = e.Write(c.R.Context(), c.App.Records(), c.App.Snapshot(), c.Caller, out)
	if err != nil && out.Begun() {
		c.App.Log().Warn("an export was cut off", "collection", in.Name, "error", err)
		panic(http.ErrAbortHandler)
	}
	return err
}
