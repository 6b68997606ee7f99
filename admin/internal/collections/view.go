package collections

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/schema"
)

// trial is the result of a dry run of a view query: the fields and the first records, or the reason
// why the query cannot be used.
type trial struct {
	problem string
	fields  []*schema.Field
	rows    [][]string // the values of each record in the order of fields
	took    time.Duration
}

// widestCell is the maximum number of bytes of a value in a trial.
const widestCell = 160

// tryView answers with the trial of the typed query.
func tryView(c *console.Call) error {
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	query := strings.TrimSpace(c.R.PostForm.Get("viewQuery"))
	if query == "" {
		return c.Part(trialPart(nil))
	}
	start := time.Now()
	dry, err := c.App.Collections().DryRunView(c.R.Context(), c.Caller, query)
	if err != nil {
		problem, err := refusal(err)
		if err != nil {
			return err
		}
		return c.Part(trialPart(&trial{problem: problem}))
	}
	t := &trial{fields: dry.Fields, took: time.Since(start)}
	var records []map[string]json.RawMessage
	if err := json.Unmarshal(dry.Sample, &records); err != nil {
		return err
	}
	for _, r := range records {
		var row []string
		for _, f := range dry.Fields {
			row = append(row, cell(r[f.Name]))
		}
		t.rows = append(t.rows, row)
	}
	return c.Part(trialPart(t))
}

// refusal returns the messages of an Invalid fault, one a line. It returns any other error as
// other.
func refusal(err error) (reason string, other error) {
	problems, err := console.Problems(err)
	if err != nil {
		return "", err
	}
	var lines []string
	for _, message := range slices.Sorted(maps.Values(problems)) {
		_, raw, found := strings.Cut(message, "Raw error:")
		if !found {
			raw = message
		}
		lines = append(lines, strings.TrimSpace(raw))
	}
	return strings.Join(lines, "\n"), nil
}

// cell returns a JSON value as the text of a table cell, cut to widestCell bytes.
func cell(value json.RawMessage) string {
	text := string(value)
	var inner string
	if json.Unmarshal(value, &inner) == nil {
		text = inner
	}
	if len(text) > widestCell {
		text = strings.ToValidUTF8(text[:widestCell], "") + "…"
	}
	return text
}
