package sheet

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/loambase/loam/admin/internal/task"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

const (
	maxJobs = 8 // jobs that are kept; each holds its file in memory
	jobLife = 6 * time.Hour
)

// Service holds the imports of a process. It is safe for concurrent use.
type Service struct {
	app   *core.App
	tasks *task.Service

	mu   sync.Mutex // guards the fields below
	jobs []*Job     // the oldest first
}

// New returns a service without jobs. Jobs run as tasks of the task service.
func New(app *core.App, tasks *task.Service) *Service { return &Service{app: app, tasks: tasks} }

// Stage is the stage of an import.
type Stage string

// The stages, in their order.
const (
	Mapping Stage = "mapping" // the plan is made
	Checked Stage = "checked" // the report says what the import will do
	Done    Stage = "done"    // the report says what it has done
)

// Job is the import of one file. It is safe for concurrent use.
type Job struct {
	ID         string
	Collection string // id

	service *Service
	file    *file
	begun   time.Time

	mu     sync.Mutex // guards the fields below
	plan   Plan
	stage  Stage
	task   *task.Task
	report Report
}

// View is the state of a job at one moment. The slices of Plan and Report are shared with the job
// and must not be changed.
type View struct {
	Name, Encoding string
	Format         Format
	Separator      string
	Rows           int
	Plan           Plan
	Stage          Stage
	Report         Report
	Task           *task.Task  // the running task, or the last one; nil before the first
	Status         task.Status // of Task, read together with Stage and Report; the task may have ended since
	Samples        [][]string  // by column: up to three different values
}

// Report counts the rows of a check or of an import by outcome.
type Report struct {
	Created, Updated, Skipped, Bad int

	Problems []Problem // the problems of bad rows, the most frequent first
	Total    int       // records of the collection after the import
	Undone   bool      // nothing was written: a bad row or another error has undone the import
	rejects  []reject
}

// Problem is an error that one or more rows have in common.
type Problem struct {
	Field, Message string
	Rows           []int // the numbers of the first five such rows
	Count          int
}

// reject is a bad row with the error that prevents its import.
type reject struct {
	at             int // the index in file.rows
	field, message string
}

// Open reads a file and returns a job that can import it into the collection. Faults: NotFound for
// an unknown collection; Invalid for a view, an unreadable file and an empty file; TooLarge for a
// file of more than MaxFile bytes.
func (s *Service) Open(ctx context.Context, collection, name string, r io.Reader) (*Job, error) {
	in := s.app.Snapshot().Find(collection)
	switch {
	case in == nil:
		return nil, fault.New(fault.NotFound, "")
	case in.IsView():
		return nil, fault.New(fault.Invalid, "Records of a view come from its query.")
	}
	f, err := read(name, r)
	if err != nil {
		return nil, err
	}
	j := &Job{ID: schema.RandomString(15, schema.AlphabetID), Collection: in.ID, service: s, file: f, begun: s.app.Now(), stage: Mapping}
	if j.plan, err = s.guess(ctx, f, in); err != nil {
		return nil, err
	}
	s.keep(j)
	return j, nil
}

// keep adds a job. It removes jobs that have expired, and the oldest job if there are too many; a
// running job is never removed.
func (s *Service) keep(j *Job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs = slices.DeleteFunc(s.jobs, func(other *Job) bool {
		return !other.running() && s.app.Now().Sub(other.begun) > jobLife
	})
	if len(s.jobs) >= maxJobs {
		if i := slices.IndexFunc(s.jobs, func(other *Job) bool { return !other.running() }); i >= 0 {
			s.jobs = slices.Delete(s.jobs, i, i+1)
		}
	}
	s.jobs = append(s.jobs, j)
}

// Find returns the job with the id; nil for an unknown id and for a removed job.
func (s *Service) Find(id string) *Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(s.jobs, func(j *Job) bool { return j.ID == id }); i >= 0 {
		return s.jobs[i]
	}
	return nil
}

func (j *Job) running() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.runningLocked()
}

func (j *Job) runningLocked() bool { return j.task != nil && !j.task.Status().Over }

// View returns the current state of the job.
func (j *Job) View() View {
	j.mu.Lock()
	defer j.mu.Unlock()
	v := View{
		Name: j.file.name, Encoding: j.file.encoding, Format: j.file.format, Rows: len(j.file.rows),
		Plan: j.plan, Stage: j.stage, Report: j.report, Task: j.task,
	}
	if j.task != nil {
		v.Status = j.task.Status()
	}
	if j.file.format == CSV {
		v.Separator = string(j.file.sep)
	}
	for i := range j.file.columns {
		v.Samples = append(v.Samples, j.file.samples(i))
	}
	return v
}

// samples returns up to three different values of a column, from its first 200 rows.
func (f *file) samples(column int) (list []string) {
	for _, row := range f.rows[:min(len(f.rows), 200)] {
		text, _ := row.cells[column].plain()
		if text = short(text); text != "" && !slices.Contains(list, text) {
			if list = append(list, text); len(list) == 3 {
				break
			}
		}
	}
	return list
}

// SetPlan replaces the plan and discards the report of an earlier check. Faults: Invalid for a
// plan that does not fit the file and the collection, and for a job that runs or is done; NotFound
// if the collection no longer exists.
func (j *Job) SetPlan(p Plan) error {
	in, err := j.collection()
	if err != nil {
		return err
	}
	if err := p.check(in, j.file.columns); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.runningLocked() || j.stage == Done {
		return fault.New(fault.Invalid, "The import has begun.")
	}
	j.plan, j.stage, j.report = p, Mapping, Report{}
	return nil
}

// check returns an Invalid fault for a plan that does not fit the columns and the collection.
func (p Plan) check(in *schema.Collection, columns []string) error {
	if len(p.Columns) != len(columns) {
		return fault.New(fault.Invalid, "The plan has not as many columns as the file.")
	}
	var taken []string
	for _, c := range p.Columns {
		if c.Field == "" {
			continue
		}
		f := in.Field(c.Field)
		if f == nil || !Importable(in, f) {
			return fault.New(fault.Invalid, fmt.Sprintf("Nothing can be put into %q.", c.Field))
		}
		if slices.Contains(taken, c.Field) {
			return fault.New(fault.Invalid, fmt.Sprintf("Two columns go to %s.", c.Field))
		}
		taken = append(taken, c.Field)
	}
	switch f := in.Field(p.Match); {
	case len(taken) == 0:
		return fault.New(fault.Invalid, "No column goes to a field.")
	case p.Match == "":
		return nil
	case f == nil || !Matchable(in, f):
		return fault.New(fault.Invalid, fmt.Sprintf("%q does not identify a record: it has no unique index.", p.Match))
	case !slices.Contains(taken, p.Match):
		return fault.New(fault.Invalid, fmt.Sprintf("No column goes to %s, by which rows are recognised.", p.Match))
	}
	return nil
}

// Check starts a task that checks all rows and stores nothing. Faults: Invalid for a job that runs
// or is done, NotFound if the collection no longer exists.
func (j *Job) Check(caller record.Caller) error { return j.start("Check the rows", caller, false) }

// Run starts a task that writes the rows of a checked job. Faults: Invalid for a job that is not
// checked, and for bad rows that the plan does not skip; otherwise as Check.
func (j *Job) Run(caller record.Caller) error { return j.start("Import", caller, true) }

func (j *Job) start(title string, caller record.Caller, write bool) error {
	in, err := j.collection()
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.runningLocked(), j.stage == Done:
		return fault.New(fault.Invalid, "The import has begun.")
	case write && j.stage != Checked:
		return fault.New(fault.Invalid, "The rows were not checked yet.")
	case write && !j.plan.SkipBad && j.report.Bad > 0:
		return fault.New(fault.Invalid, "There are bad rows. Mend them, or leave them out.")
	}
	plan := j.plan
	j.task = j.service.tasks.Start(title, len(j.file.rows), func(ctx context.Context, t *task.Task) error {
		w := newWork(j, in, plan, caller, t)
		report, err := w.run(ctx, write)
		if err == nil && write {
			report.Total, err = j.service.app.Records().Count(ctx, in.ID)
		}
		j.finish(report, write, err)
		return err
	})
	return nil
}

func (j *Job) finish(report Report, wrote bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case wrote:
		j.stage, j.report = Done, report
	case err == nil:
		j.stage, j.report = Checked, report
	}
}

func (j *Job) collection() (*schema.Collection, error) {
	if in := j.service.app.Snapshot().ByID(j.Collection); in != nil {
		return in, nil
	}
	return nil, fault.New(fault.NotFound, "The collection is gone.")
}

// Rejects writes the bad rows to w as a CSV: the columns of the file, the number of the row, and
// its problem.
func (j *Job) Rejects(w io.Writer) error {
	j.mu.Lock()
	rejects := j.report.rejects
	j.mu.Unlock()
	out := newWriter(w)
	out.row(append(slices.Clone(j.file.columns), "row", "problem")) //nolint:errcheck // Flush has the error
	for _, r := range rejects {
		var cells []string
		for _, c := range j.file.rows[r.at].cells {
			text, _ := c.plain()
			cells = append(cells, text)
		}
		message := r.message
		if r.field != "" {
			message = r.field + ": " + message
		}
		out.row(append(cells, fmt.Sprint(j.file.rows[r.at].number), message)) //nolint:errcheck // Flush has the error
	}
	return out.Flush()
}

// Reads returns the proposed mapping of the column at an index to a field. Its Field is "" if the
// collection has no importable field of that name.
func (j *Job) Reads(ctx context.Context, column int, field string) (Column, error) {
	in, err := j.collection()
	if err != nil {
		return Column{}, err
	}
	if f := in.Field(field); f != nil && Importable(in, f) {
		return j.service.reads(ctx, j.file, column, in, f)
	}
	return Column{Name: j.file.columns[column], Empty: AsEmpty}, nil
}
