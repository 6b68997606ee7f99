package sheet

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/loambase/loam/admin/internal/task"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/where"
)

// together is the number of rows in a transaction, unless all rows share one transaction.
const together = 500

// lookedUp is the number of values in one query of lookUp. It is far below the limit of records in
// the query, since several records may have the same value.
const lookedUp = 200

// errUndo rolls back the transaction of a check, and of an import with bad rows.
var errUndo = errors.New("sheet: this was a check")

// work is one pass over the rows of a file.
type work struct {
	app    *core.App
	in     *schema.Collection
	file   *file
	plan   Plan
	caller record.Caller
	task   *task.Task

	slow    bool                      // passwords are hashed, which must not happen in a long transaction
	later   []*schema.Field           // relations to the same collection: set after all rows are created
	ids     map[string]bool           // the ids in the file, valid targets of the fields in later
	seen    map[string]map[string]int // by unique field and value: the number of the row
	created int
	updated int
	skipped int
	rejects []reject
}

// op is the operation of a row: it creates or updates a record.
type op struct {
	at    int // the index in file.rows
	id    string
	make  bool // the row creates a record, else it updates the record id
	input record.Input
	later map[string]any // the values of the fields in work.later
}

func newWork(j *Job, in *schema.Collection, p Plan, caller record.Caller, t *task.Task) *work {
	w := &work{app: j.service.app, in: in, file: j.file, plan: p, caller: caller, task: t}
	w.slow = in.IsAuth()
	for i, c := range p.Columns {
		f := in.Field(c.Field)
		if f == nil {
			continue
		}
		w.slow = w.slow || f.IsPassword()
		if targetOf(f, w.app.Snapshot()) == in && c.As == "id" && !f.Required {
			w.later = append(w.later, f)
		}
		if f.IsID() {
			w.ids = map[string]bool{}
			for _, row := range w.file.rows {
				text, _ := row.cells[i].plain()
				w.ids[text] = true
			}
		}
	}
	return w
}

// run checks all rows or, if write is true, writes them. Bad rows are in the report; they cause no
// error.
func (w *work) run(ctx context.Context, write bool) (Report, error) {
	w.begin()
	size := together
	if w.slow {
		size = 1
	}
	var err error
	switch {
	case write && !w.plan.SkipBad && w.slow:
		err = w.writeHashed(ctx)
	case write && !w.plan.SkipBad:
		err = w.app.Transaction(ctx, func(tx *core.Tx) error {
			w.begin()
			err := w.each(ctx, len(w.file.rows), func(ops []*op) error { return w.apply(ctx, tx.Records, ops) })
			if err == nil && len(w.rejects) > 0 {
				err = errUndo
			}
			return err
		})
	case write && w.slow:
		err = w.each(ctx, size, func(ops []*op) error { return w.apply(ctx, w.app.Records(), ops) })
	default:
		err = w.each(ctx, size, func(ops []*op) error { return w.transact(ctx, ops, write) })
	}
	undone := err != nil && !w.plan.SkipBad
	if errors.Is(err, errUndo) {
		err = nil
	}
	report := w.report()
	if report.Undone = write && undone; report.Undone {
		report.Created, report.Updated, report.Skipped = 0, 0, 0
	}
	return report, err
}

// begin resets the counts and rejects: a transaction may run its function more than once.
func (w *work) begin() {
	w.created, w.updated, w.skipped, w.rejects = 0, 0, 0, nil
	w.seen = map[string]map[string]int{}
	for _, c := range w.plan.Columns {
		if f := w.in.Field(c.Field); f != nil && (Matchable(w.in, f) || c.Field == w.plan.Match) {
			w.seen[f.Name] = map[string]int{}
		}
	}
}

// each prepares and applies the rows in batches of size. Relations to the same collection are set
// after all rows were applied.
func (w *work) each(ctx context.Context, size int, apply func([]*op) error) error {
	var waiting []*op
	for at := 0; at < len(w.file.rows); at += size {
		if err := ctx.Err(); err != nil {
			return err
		}
		ops, err := w.prepare(ctx, at, min(at+size, len(w.file.rows)))
		if err != nil {
			return err
		}
		if err := apply(ops); err != nil {
			return err
		}
		for _, o := range ops {
			if len(o.later) > 0 && o.id != "" {
				waiting = append(waiting, &op{at: o.at, id: o.id, input: record.Input{Body: o.later, Dates: o.input.Dates}})
			}
		}
		w.task.Progress(min(at+size, len(w.file.rows)), len(w.file.rows))
	}
	counts := *w
	defer func() { w.created, w.updated = counts.created, counts.updated }()
	for at := 0; at < len(waiting); at += size {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := apply(waiting[at:min(at+size, len(waiting))]); err != nil {
			return err
		}
	}
	return nil
}

// transact applies rows in a transaction, which is rolled back unless write is true.
func (w *work) transact(ctx context.Context, ops []*op, write bool) error {
	before := *w
	err := w.app.Transaction(ctx, func(tx *core.Tx) error {
		w.created, w.updated, w.rejects = before.created, before.updated, before.rejects
		if err := w.apply(ctx, tx.Records, ops); err != nil {
			return err
		}
		if !write {
			return errUndo
		}
		return nil
	})
	if !write {
		for _, o := range ops {
			if o.make {
				o.id = "" // the rollback has removed the record
			}
		}
	}
	if errors.Is(err, errUndo) {
		return nil
	}
	return err
}

// apply writes rows. A row that the record service refuses becomes a reject.
func (w *work) apply(ctx context.Context, records *record.Service, ops []*op) error {
	for _, o := range ops {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := w.write(ctx, records, o)
		switch fault.KindOf(err) {
		case fault.Invalid, fault.NotFound, fault.Forbidden:
			w.reject(o.at, err)
		default:
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *work) write(ctx context.Context, records *record.Service, o *op) error {
	if o.make {
		r, err := records.Create(ctx, w.caller, w.in.ID, o.input)
		if err == nil {
			w.created++
			o.id = r.ID()
		}
		return err
	}
	_, err := records.Update(ctx, w.caller, w.in.ID, o.id, o.input)
	if err == nil {
		w.updated++
	}
	return err
}

// writeHashed writes all rows in one transaction; their passwords are hashed before it begins.
func (w *work) writeHashed(ctx context.Context) error {
	later := w.later
	w.later = nil
	defer func() { w.later = later }()
	var all []record.Op
	var at []int
	for begin := 0; begin < len(w.file.rows); begin += together {
		ops, err := w.prepare(ctx, begin, min(begin+together, len(w.file.rows)))
		if err != nil {
			return err
		}
		for _, o := range ops {
			action := record.ActionUpdate
			if o.make {
				action = record.ActionCreate
				w.created++
			} else {
				w.updated++
			}
			at = append(at, o.at)
			all = append(all, record.Op{Caller: w.caller, Action: action, Collection: w.in.ID, ID: o.id, Input: o.input})
		}
	}
	if len(w.rejects) > 0 {
		return errUndo
	}
	_, err := w.app.Records().WriteAll(ctx, nil, all)
	var failed *record.OpError
	if errors.As(err, &failed) && fault.KindOf(failed.Err) == fault.Invalid {
		w.reject(at[failed.Op], failed.Err)
		return errUndo
	}
	return err
}

// reject records the error of a row, by its field if it has one.
func (w *work) reject(at int, err error) {
	var f *fault.Error
	if !errors.As(err, &f) {
		f = fault.New(fault.Invalid, "This row cannot be written.")
	}
	if len(f.Fields) == 0 {
		w.rejects = append(w.rejects, reject{at, "", cmp.Or(f.Reason, f.Message, "This row cannot be written.")})
		return
	}
	for _, name := range slices.Sorted(maps.Keys(f.Fields)) {
		w.rejects = append(w.rejects, reject{at, name, f.Fields[name].Message})
		return // one problem is enough to find the row
	}
}

// report makes a Report from the counts and groups the rejects by field and message.
func (w *work) report() Report {
	r := Report{Created: w.created, Updated: w.updated, Skipped: w.skipped, rejects: w.rejects}
	slices.SortStableFunc(w.rejects, func(a, b reject) int { return a.at - b.at })
	bad := map[int]bool{}
	kinds := map[[2]string]*Problem{}
	for _, reject := range w.rejects {
		bad[reject.at] = true
		key := [2]string{reject.field, reject.message}
		if kinds[key] == nil {
			kinds[key] = &Problem{Field: reject.field, Message: reject.message}
		}
		kinds[key].Count++
		if len(kinds[key].Rows) < 5 {
			kinds[key].Rows = append(kinds[key].Rows, w.file.rows[reject.at].number)
		}
	}
	r.Bad = len(bad)
	for _, p := range kinds {
		r.Problems = append(r.Problems, *p)
	}
	slices.SortFunc(r.Problems, func(a, b Problem) int {
		return cmp.Or(b.Count-a.Count, a.Rows[0]-b.Rows[0], strings.Compare(a.Field, b.Field))
	})
	return r
}

// prepare returns the operations of the good rows with indexes from ≤ i < to, and rejects the bad
// rows.
func (w *work) prepare(ctx context.Context, from, to int) ([]*op, error) {
	var ops []*op
	for at := from; at < to; at++ {
		o := &op{at: at, make: true, input: record.Input{Body: map[string]any{}, Dates: map[string]time.Time{}}, later: map[string]any{}}
		if field, wrong := w.fill(o); wrong != "" {
			w.rejects = append(w.rejects, reject{at, field, wrong})
			continue
		}
		ops = append(ops, o)
	}
	ops, err := w.follow(ctx, ops)
	if err != nil {
		return nil, err
	}
	return w.match(ctx, ops)
}

// fill sets the input of an operation from the cells of its row. If a cell is bad, it returns the
// name of the field and a message.
func (w *work) fill(o *op) (field, wrong string) {
	row := w.file.rows[o.at]
	if row.beyond != nil {
		columns := len(w.file.columns)
		return "", fmt.Sprintf("The row has %d cells, and there are %d columns: %q is beyond the last.", columns+len(row.beyond), columns, short(strings.Join(row.beyond, " ")))
	}
	for i, column := range w.plan.Columns {
		f := w.in.Field(column.Field)
		if f == nil || row.cells[i].missing || column.Empty == AsDefault && row.cells[i].isEmpty() {
			continue
		}
		v, wrong := row.cells[i].value(f, column)
		if wrong != "" {
			return f.Name, wrong
		}
		if text, ok := v.(string); ok && text != "" && w.seen[f.Name] != nil {
			if other := w.seen[f.Name][text]; other > 0 {
				return f.Name, fmt.Sprintf("Row %d has the same value.", other)
			}
			w.seen[f.Name][text] = row.number
		}
		w.assign(o, f, v)
	}
	return "", ""
}

// assign puts the value of a field into the input of an operation, or into later.
func (w *work) assign(o *op, f *schema.Field, v any) {
	switch {
	case f.Type() == "autodate":
		if at, ok := schema.ParseTime(v.(string)); ok {
			o.input.Dates[f.Name] = at
		}
	case slices.Contains(w.later, f):
		o.later[f.Name] = v
	default:
		o.input.Body[f.Name] = v
		if f.Name == "password" && w.in.IsAuth() {
			o.input.Body["passwordConfirm"] = v
		}
	}
}

// follow resolves the relations of the operations: texts become ids. Rows whose relation has no
// target are rejected and left out of the result.
func (w *work) follow(ctx context.Context, ops []*op) ([]*op, error) {
	for _, column := range w.plan.Columns {
		f := w.in.Field(column.Field)
		by, found := strings.CutPrefix(column.As, "by ")
		if f == nil || targetOf(f, w.app.Snapshot()) == nil {
			continue
		}
		if found {
			names := map[string]bool{}
			for _, o := range ops {
				for _, name := range texts(o.input.Body[f.Name]) {
					names[name] = true
				}
			}
			ids, twice, err := w.lookUp(ctx, targetOf(f, w.app.Snapshot()), by, slices.Collect(maps.Keys(names)))
			if err != nil {
				return nil, err
			}
			ops = slices.DeleteFunc(ops, func(o *op) bool { return w.named(o, f, ids, twice) })
		} else if slices.Contains(w.later, f) {
			var err error
			if ops, err = w.within(ctx, ops, f); err != nil {
				return nil, err
			}
		}
	}
	return ops, nil
}

// named replaces the texts of a relation by ids. It rejects the row and returns true for a text
// that no record has, or more than one.
func (w *work) named(o *op, f *schema.Field, ids map[string]string, twice map[string]bool) bool {
	list := texts(o.input.Body[f.Name])
	for i, name := range list {
		switch {
		case ids[name] == "":
			w.rejects = append(w.rejects, reject{o.at, f.Name, fmt.Sprintf("%q is not there.", short(name))})
			return true
		case twice[name]:
			w.rejects = append(w.rejects, reject{o.at, f.Name, fmt.Sprintf("%q is there more than once.", short(name))})
			return true
		}
		list[i] = ids[name]
	}
	if len(list) > 0 {
		if o.input.Body[f.Name] = any(list); !f.Multiple() {
			o.input.Body[f.Name] = list[0]
		}
	}
	return false
}

// within rejects rows whose relation to the same collection has an id that is neither in the file
// nor in the collection.
func (w *work) within(ctx context.Context, ops []*op, f *schema.Field) ([]*op, error) {
	unknown := map[string]bool{}
	for _, o := range ops {
		for _, id := range texts(o.later[f.Name]) {
			if !w.ids[id] {
				unknown[id] = true
			}
		}
	}
	there, _, err := w.lookUp(ctx, w.in, "id", slices.Collect(maps.Keys(unknown)))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(ops, func(o *op) bool {
		for _, id := range texts(o.later[f.Name]) {
			if unknown[id] && there[id] == "" {
				w.rejects = append(w.rejects, reject{o.at, f.Name, fmt.Sprintf("%q is not there.", short(id))})
				return true
			}
		}
		return false
	}), nil
}

// match finds the existing record of each row by the Match field of the plan. Rows that are skipped
// or refused are left out of the result.
func (w *work) match(ctx context.Context, ops []*op) ([]*op, error) {
	if w.plan.Match != "" {
		var values []string
		for _, o := range ops {
			if text, _ := o.input.Body[w.plan.Match].(string); text != "" {
				values = append(values, text)
			}
		}
		ids, _, err := w.lookUp(ctx, w.in, w.plan.Match, values)
		if err != nil {
			return nil, err
		}
		ops = slices.DeleteFunc(ops, func(o *op) bool {
			text, _ := o.input.Body[w.plan.Match].(string)
			return ids[text] != "" && w.exists(o, ids[text])
		})
	}
	for _, o := range ops {
		if o.make && w.in.IsAuth() && o.input.Body["password"] == nil {
			o.input.Password = schema.RandomString(30, schema.AlphabetID) // the owner of the account resets it
		}
	}
	return ops, nil
}

// exists applies the Existing of the plan to a row that matches a record. It returns true if the
// row is left out.
func (w *work) exists(o *op, id string) bool {
	switch w.plan.Existing {
	case Skip:
		w.skipped++
		return true
	case Refuse:
		w.rejects = append(w.rejects, reject{o.at, w.plan.Match, "A record with this value is there already."})
		return true
	}
	o.make, o.id = false, id
	delete(o.input.Body, "id")
	return false
}

// lookUp finds records by the values of a field. It returns the id of a record for each value that
// exists, and the values that several records have.
func (w *work) lookUp(ctx context.Context, in *schema.Collection, field string, values []string) (ids map[string]string, twice map[string]bool, err error) {
	ids, twice = map[string]string{}, map[string]bool{}
	slices.Sort(values)
	for chunk := range slices.Chunk(values, lookedUp) {
		list := make([]any, len(chunk))
		for i, v := range chunk {
			list[i] = v
		}
		n := &record.Node{Collection: in.ID, Fields: []string{field}, Where: where.In(field, list...), Sort: "id", Limit: 1000}
		branch, err := w.app.Records().Tree(ctx, w.caller, n)
		if err == nil {
			err = branch.Err
		}
		if err != nil {
			return nil, nil, err
		}
		for _, text := range branch.Records {
			var r map[string]json.RawMessage
			if err := json.Unmarshal(text, &r); err != nil {
				return nil, nil, err
			}
			var id, value string
			if json.Unmarshal(r["id"], &id) != nil || json.Unmarshal(r[field], &value) != nil {
				continue
			}
			twice[value] = ids[value] != ""
			ids[value] = id
		}
	}
	return ids, twice, nil
}

// texts returns the strings of a value, a string or a []string; nil for "" and for other values.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		if v != "" {
			return []string{v}
		}
	case []string:
		return slices.Clone(v)
	}
	return nil
}
