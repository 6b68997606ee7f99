package records

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/admin/internal/sheet"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// importing is the page of an import.
type importing struct {
	sheet.View
	in      *schema.Collection
	job     *sheet.Job
	all     *schema.Snapshot
	problem string
	making  map[int]newField // new fields that are being typed, by the index of the column
	again   bool             // the plan is the plan of the last import of a file with these columns
}

// newField is a field that the superuser may add to the collection for a column.
type newField struct{ name, kind string }

// toNew is the value of the option "a new field" of a column.
const toNew = "+"

func importPath(in *schema.Collection) string { return console.CollectionPath(in) + "/import" }

func (i *importing) path() string { return importPath(i.in) + "/" + i.job.ID }

// running reports whether rows are being checked or written.
func (i *importing) running() bool { return i.Task != nil && !i.Status.Over }

// showUpload answers with the page that takes a file.
func showUpload(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	if in.View != nil {
		return fault.New(fault.Forbidden, "Records of a view come from its query.")
	}
	page := about(c, in, "Import")
	return c.Page(page, uploadPage(in))
}

// upload reads the file and answers with a redirect to the page of its import. A plan that is
// stored for files with these columns is used.
func upload(c *console.Call) error {
	defer form.Close(c)
	in, err := c.Collection()
	if err != nil {
		return err
	}
	if err := form.Read(c, sheet.MaxFile+form.Small); err != nil {
		return err
	}
	file, header, err := c.R.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) {
		return form.Refuse(c, http.StatusUnprocessableEntity, []form.Problem{{Name: "file", Message: "Choose a file."}})
	}
	if err != nil {
		return fault.Wrap(fault.Invalid, "The file could not be read.", err)
	}
	defer file.Close()
	job, err := c.Imports.Open(c.R.Context(), in.ID, header.Filename, file)
	switch fault.KindOf(err) {
	case fault.Invalid, fault.TooLarge:
		return form.Refuse(c, http.StatusUnprocessableEntity, []form.Problem{{Name: "file", Message: message(err)}})
	}
	if err != nil {
		return err
	}
	if plan, ok, err := recalled(c, job); err != nil {
		return err
	} else if ok {
		if err := job.SetPlan(plan); err != nil {
			return err
		}
	}
	return c.Go((&importing{in: in, job: job}).path())
}

// message returns the sentence of a fault.
func message(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return cmp.Or(f.Message, f.Reason)
	}
	return err.Error()
}

// importOf returns the import in the address. The fault is NotFound for an unknown import and for a
// removed one.
func importOf(c *console.Call) (*importing, error) {
	in, err := c.Collection()
	if err != nil {
		return nil, err
	}
	job := c.Imports.Find(c.Param("job"))
	if job == nil || job.Collection != in.ID {
		return nil, fault.New(fault.NotFound, "This import is not known any more. Choose the file again: repeated by a unique field it makes nothing twice.")
	}
	return &importing{View: job.View(), in: in, job: job, all: c.App.Snapshot()}, nil
}

// showImport answers with the page of an import, or with its part that shows the progress. When the
// import no longer runs, the answer to a request for the progress replaces the whole part.
func showImport(c *console.Call) error {
	i, err := importOf(c)
	if err != nil {
		return err
	}
	if plan, ok, err := recalled(c, i.job); err != nil {
		return err
	} else if ok && i.Stage == sheet.Mapping {
		i.again = reflect.DeepEqual(plan, i.Plan)
	}
	switch {
	case !c.IsPart("import-meter"):
		return c.Page(about(c, i.in, "Import"), importPart(i))
	case i.running():
		return c.Part(importMeter(i))
	}
	return c.PartOf("#import", importPart(i))
}

// changeImport sets the plan of the form and does the action of the button that was pressed: check,
// run, cancel, or "make.N" to make a field for column N. Without a button it sets the plan alone.
func changeImport(c *console.Call) error {
	i, err := importOf(c)
	if err != nil {
		return err
	}
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	do, at, _ := strings.Cut(c.R.PostForm.Get("do"), ".")
	made := -1
	switch do {
	case "make":
		n, wrong := strconv.Atoi(at)
		if wrong != nil || n < 0 || n >= len(i.Plan.Columns) {
			return fault.New(fault.Invalid, "There is no such column.")
		}
		if err = i.makeField(c, n, strings.TrimSpace(c.R.PostForm.Get("name."+at)), c.R.PostForm.Get("kind."+at)); err == nil {
			made = n
		}
	case "cancel":
		if i.Task != nil {
			i.Task.Cancel()
		}
	default:
		err = i.follow(c, do)
	}
	if kind := fault.KindOf(err); err != nil && kind != fault.Invalid {
		return err
	}
	if err != nil {
		i.problem = problemsOf(err)
	}
	i.View = i.job.View()
	i.making = i.newFields(c, made)
	return c.Part(importPart(i))
}

// follow applies the sent form to the import: it sets the plan, then does the action do, which is
// "check", "run" or another word for no action. Only a plan whose rows were checked is run.
func (i *importing) follow(c *console.Call, do string) error {
	plan, err := i.planOf(c)
	if err != nil {
		return err
	}
	if do == "run" && reflect.DeepEqual(plan, i.Plan) {
		if err := confirmFor(c, i.in); err != nil {
			return err
		}
		if err := i.job.Run(c.Caller); err != nil {
			return err
		}
		return remember(c, i.job, plan)
	}
	if do == "run" {
		i.problem = "The plan is another one than the rows were checked by. Check them again."
	}
	if err := i.job.SetPlan(plan); err != nil || do != "check" {
		return err
	}
	return i.job.Check(c.Caller)
}

// newFields returns the new fields of the form by the index of the column. It leaves out the column
// made, whose field was just created; made is -1 for none.
func (i *importing) newFields(c *console.Call, made int) map[int]newField {
	list := map[int]newField{}
	for n, column := range i.Plan.Columns {
		at := strconv.Itoa(n)
		if n == made || c.R.PostForm.Get("field."+at) != toNew {
			continue
		}
		list[n] = newField{
			name: cmp.Or(c.R.PostForm.Get("name."+at), sheet.FieldName(i.in, column.Name)),
			kind: cmp.Or(c.R.PostForm.Get("kind."+at), i.job.Kind(n)),
		}
	}
	return list
}

// problemsOf joins the messages of an error, those about single fields included, into one line.
func problemsOf(err error) string {
	problems, wrong := console.Problems(err)
	if wrong != nil {
		return message(err)
	}
	return strings.Join(slices.Sorted(maps.Values(problems)), " ")
}

// planOf reads the plan from the form. A column with a new field gets the proposed way of reading
// and the proposed meaning of empty cells.
func (i *importing) planOf(c *console.Call) (sheet.Plan, error) {
	p := sheet.Plan{
		Match: c.R.PostForm.Get("match"), Existing: sheet.Existing(c.R.PostForm.Get("existing")), SkipBad: c.R.PostForm.Get("skipbad") == "true",
	}
	for n, was := range i.Plan.Columns {
		at := strconv.Itoa(n)
		column, err := i.job.Reads(c.R.Context(), n, c.R.PostForm.Get("field."+at))
		if err != nil {
			return p, err
		}
		if column.Field == was.Field {
			column.As = cmp.Or(c.R.PostForm.Get("as."+at), column.As)
			column.Empty = sheet.Empty(cmp.Or(c.R.PostForm.Get("empty."+at), string(column.Empty)))
		}
		p.Columns = append(p.Columns, column)
	}
	return p, nil
}

// rejects answers with the bad rows as a CSV file.
func rejects(c *console.Call) error {
	i, err := importOf(c)
	if err != nil {
		return err
	}
	return i.job.Rejects(&console.Download{W: c.W, Kind: "text/csv; charset=utf-8", Name: i.in.Name + "-rejects.csv"})
}

// ways returns the ways in which the values of a column can be read.
func (i *importing) ways(c sheet.Column) []sheet.Way {
	f := i.in.Field(c.Field)
	if f == nil {
		return nil
	}
	return sheet.Ways(f, i.all.ByID(idOfTarget(f)))
}

func idOfTarget(f *schema.Field) string {
	if kind, ok := f.Kind.(*schema.Relation); ok {
		return kind.CollectionID
	}
	return ""
}

// matchable returns the names of the fields by which a row can be matched with a record.
func (i *importing) matchable() (names []string) {
	for _, f := range i.in.Fields {
		if sheet.Matchable(i.in, f) {
			names = append(names, f.Name)
		}
	}
	return names
}

// kindOf returns the type of the field of a column, "" for a column that is left out.
func (i *importing) kindOf(c sheet.Column) string {
	if f := i.in.Field(c.Field); f != nil {
		return f.Type()
	}
	return ""
}

// step returns the step of the import: 2 columns, 3 check, 4 import. Step 1 is the upload.
func (i *importing) step() int {
	switch {
	case i.Stage == sheet.Done:
		return 4
	case i.running() && i.Task.Title == "Import":
		return 4
	case i.Stage == sheet.Checked, i.running():
		return 3
	}
	return 2
}

// about describes the file: name, number of rows, encoding, separator.
func (i *importing) about() string {
	words := []string{i.Name, ui.Counted(i.Rows, "row"), i.Encoding}
	if i.Format == sheet.CSV {
		words = append(words, map[string]string{",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}[i.Separator])
	}
	return strings.Join(words, " · ")
}

// outcome describes the effect of the import in numbers of created, changed and skipped records.
func (i *importing) outcome() string {
	r, verbs := i.Report, []string{"will be created", "will change", "are left out"}
	if i.Stage == sheet.Done {
		verbs = []string{"created", "updated", "skipped"}
	}
	return ui.Number(r.Created) + " " + verbs[0] + ", " + ui.Number(r.Updated) + " " + verbs[1] + ", " + ui.Number(r.Skipped) + " " + verbs[2]
}

// rowsOf names the rows of a problem by their numbers.
func rowsOf(p sheet.Problem) string {
	var numbers []string
	for _, n := range p.Rows {
		numbers = append(numbers, ui.Number(n))
	}
	words := strings.Join(numbers, ", ")
	if p.Count > len(p.Rows) {
		words += " …"
	}
	if p.Count == 1 {
		return "Row " + words
	}
	return ui.Number(p.Count) + " rows: " + words
}
