package records

import (
	"mime"
	"net/http"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/sheet"
)

// export answers with a file of the selected records, or of all records that match the filter. If
// the export fails midway, the connection is aborted, and the browser reports a failed download.
func export(c *console.Call) error {
	in, err := collectionOf(c)
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
	out := &download{w: c.W, kind: map[sheet.Format]string{sheet.CSV: "text/csv; charset=utf-8", sheet.JSON: "application/json"}[e.Format], name: name}
	err = e.Write(c.R.Context(), c.App.Records(), c.App.Snapshot(), c.Caller, out)
	if err != nil && out.begun {
		c.App.Log().Warn("an export was cut off", "collection", in.Name, "error", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

// download writes a response that the browser saves as a file. The headers are set at the first
// Write, so that an earlier error can still be answered with a page.
type download struct {
	w          http.ResponseWriter
	kind, name string
	begun      bool
}

func (d *download) Write(text []byte) (int, error) {
	if !d.begun {
		d.begun = true
		h := d.w.Header()
		h.Set("Content-Type", d.kind)
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.name}))
		h.Set("X-Content-Type-Options", "nosniff")
	}
	return d.w.Write(text)
}
