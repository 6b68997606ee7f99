package records

import (
	"encoding/json"
	"slices"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/sheet"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// mapping is the plan of a superuser's last import of a file with these columns.
type mapping struct {
	Collection string     `json:"collection"` // id of the collection
	Plan       sheet.Plan `json:"plan"`
}

const (
	keptMappings = "imports" // name of the document, for core.Kept
	maxMappings  = 20
)

// recalled returns the stored plan for a file with the columns of the job; ok is false if no stored
// plan fits.
func recalled(c *console.Call, job *sheet.Job) (p sheet.Plan, ok bool, err error) {
	var list []mapping
	if err := c.App.Kept(c.R.Context(), c.Caller, keptMappings, &list); err != nil {
		return p, false, err
	}
	for _, m := range list {
		if m.Collection != job.Collection {
			continue
		}
		if p, ok = job.Like(m.Plan); ok {
			return p, true, nil
		}
	}
	return p, false, nil
}

// remember stores the plan of an import, replacing the plan for the same columns. The last 20 plans
// are kept. A plan that is too large for a document is not stored, without an error.
func remember(c *console.Call, job *sheet.Job, p sheet.Plan) error {
	err := core.ChangeKept(c.R.Context(), c.App, c.Caller, keptMappings, func(list []mapping) ([]mapping, error) {
		list = slices.DeleteFunc(list, func(m mapping) bool {
			_, same := job.Like(m.Plan)
			return m.Collection == job.Collection && same
		})
		list = slices.Insert(list, 0, mapping{job.Collection, p})
		return list[:min(len(list), maxMappings)], nil
	})
	if fault.KindOf(err) == fault.Invalid {
		return nil
	}
	return err
}

// makeField adds a field to the collection, and maps the column to it.
func (i *importing) makeField(c *console.Call, column int, name, kind string) error {
	if !slices.Contains(sheet.Kinds, kind) {
		return fault.New(fault.Invalid, "A column becomes no field of this kind.")
	}
	body, err := json.Marshal(map[string]any{"fields": append(fieldsOf(i.in), map[string]string{"name": name, "type": kind})})
	if err != nil {
		return err
	}
	changed, err := c.App.Collections().Update(c.R.Context(), c.Caller, i.in.ID, body)
	if err != nil {
		return err
	}
	i.in = changed
	plan, err := i.planOf(c)
	if err != nil {
		return err
	}
	if plan.Columns[column], err = i.job.Reads(c.R.Context(), column, name); err != nil {
		return err
	}
	return i.job.SetPlan(plan)
}

func fieldsOf(in *schema.Collection) (list []any) {
	for _, f := range in.Fields {
		list = append(list, f)
	}
	return list
}
