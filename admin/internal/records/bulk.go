package records

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/task"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/where"
	"github.com/loambase/loam/internal/wire"
)

const (
	atOnce        = 1000 // the page waits for so many records in one transaction; a task writes more
	writeTogether = 200  // records in one write, and in one transaction of a task
)

// bulk is a change or a deletion of many records.
type bulk struct {
	*selection
	verb    string // "Delete", "Change"
	path    string // address that the form is sent to
	count   int
	typed   bool // the superuser has to type the number of records
	problem string
	field   *schema.Field // the field to set; nil for a deletion
	blank   *panel        // an empty record, for the input of the field
}

// words returns the label of the button.
func (b *bulk) words() string { return b.verb + " " + ui.Counted(b.count, "record") }

// about describes the selection.
func (b *bulk) about() string {
	switch {
	case !b.all:
		return "Those that you have selected."
	case b.view.filter == "":
		return "All records of " + b.in.Name + "."
	}
	return "All that match " + b.view.filter + "."
}

// begin finds the selected records and returns their ids. For more than a page of records the
// superuser has to type their number. The fault is NotFound if no record is left.
func begin(c *console.Call, verb, path string) (*bulk, []string, error) {
	s, err := selectionOf(c)
	if err != nil {
		return nil, nil, err
	}
	ids, err := s.find(c.R.Context(), c)
	if err != nil {
		return nil, nil, err
	}
	if len(ids) == 0 {
		return nil, nil, fault.New(fault.NotFound, "None of these records is there any more.")
	}
	return &bulk{selection: s, verb: verb, path: console.CollectionPath(s.in) + path, count: len(ids), typed: len(ids) > usualRows}, ids, nil
}

// confirmed reports whether the number of records was typed, if it is required. The typed number
// must be the current one: if the number has changed since the dialog was shown, it is asked again.
func (b *bulk) confirmed(c *console.Call) bool {
	if !b.typed {
		return true
	}
	typed := strings.NewReplacer(",", "", " ", "", ".", "", " ", "").Replace(c.R.PostForm.Get("_number"))
	if typed == strconv.Itoa(b.count) {
		return true
	}
	b.problem = fmt.Sprintf("There are %s now. Type %s to go on.", ui.Counted(b.count, "record"), ui.Number(b.count))
	return false
}

func askDeleteMany(c *console.Call) error {
	b, _, err := begin(c, "Delete", "/bulk/delete")
	if err != nil {
		return err
	}
	return c.Dialog(http.StatusOK, bulkDelete(b, referring(c, b.in)))
}

func (s *shelf) deleteMany(c *console.Call) error {
	b, ids, err := begin(c, "Delete", "/bulk/delete")
	if err != nil {
		return err
	}
	if !b.confirmed(c) {
		return c.Dialog(http.StatusUnprocessableEntity, bulkDelete(b, referring(c, b.in)))
	}
	undo := ""
	if len(ids) <= atOnce {
		if undo, err = s.keep(c, b.in, ids); err != nil {
			return err
		}
	}
	return b.run(c, ids, record.Op{Action: record.ActionDelete}, "Deleted", undo)
}

// askSet shows the dialog in which a field of many records is set: first its name, then its input.
func askSet(c *console.Call) error {
	b, _, err := begin(c, "Change", "/bulk/set")
	if err != nil {
		return err
	}
	b.choose(c)
	return c.Dialog(http.StatusOK, bulkSet(b))
}

// choose sets the field whose name is in the form, and an empty record for its input.
func (b *bulk) choose(c *console.Call) {
	f := b.in.Field(c.R.Form.Get("_field"))
	if f == nil || !isSettable(b.in, f) {
		return
	}
	b.field = f
	b.blank = &panel{in: b.in, r: record.Blank(b.in), isNew: true, prefix: "set-", related: map[string][]choice{}, names: map[string]string{}}
	if kind, ok := f.Kind.(*schema.Relation); ok {
		if target := c.App.Snapshot().ByID(kind.CollectionID); target != nil {
			b.blank.names[target.ID] = target.Name
		}
	}
}

// isSettable reports whether many records may get the same value of the field.
func isSettable(in *schema.Collection, f *schema.Field) bool {
	return isEditable(in, f) && !f.IsID() && !f.IsPassword() && f.Type() != "file"
}

func setMany(c *console.Call) error {
	b, ids, err := begin(c, "Change", "/bulk/set")
	if err != nil {
		return err
	}
	b.choose(c)
	if b.field == nil {
		return fault.New(fault.Invalid, "No field is chosen.")
	}
	value, sent, wrong := valueFrom(c, b.field)
	switch {
	case wrong != "":
		b.problem = wrong
	case !sent:
		b.problem = "There is no value."
	}
	if b.problem != "" || !b.confirmed(c) {
		return c.Dialog(http.StatusUnprocessableEntity, bulkSet(b))
	}
	op := record.Op{Action: record.ActionUpdate, Input: record.Input{Body: map[string]any{b.field.Name: value}}}
	err = b.run(c, ids, op, "Changed", "")
	if fault.KindOf(err) == fault.Invalid { // the dialog keeps the value, to be corrected
		_, shown := wire.Describe(err)
		b.problem = shown.Message
		return c.Dialog(http.StatusUnprocessableEntity, bulkSet(b))
	}
	return err
}

// run applies the operation to each record. Up to 1,000 records are written in one transaction;
// more are written by a task, which continues when the page is closed.
func (b *bulk) run(c *console.Call, ids []string, op record.Op, done, undo string) error {
	if len(ids) <= atOnce {
		if err := writeMany(c.R.Context(), c, b.in, op, ids); err != nil {
			return named(err, "Nothing was changed.")
		}
		return c.Event("bulkdone", map[string]any{"words": done + " " + ui.Counted(len(ids), "record"), "undo": undo})
	}
	caller := *c // the call ends before the task
	t := c.Tasks.Start(b.words(), len(ids), func(ctx context.Context, t *task.Task) error {
		for at := 0; at < len(ids); at += writeTogether {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := writeMany(ctx, &caller, b.in, op, ids[at:min(at+writeTogether, len(ids))]); err != nil {
				return named(err, fmt.Sprintf("%s of %s are done, and stay so.", ui.Number(at), ui.Number(len(ids))))
			}
			t.Progress(min(at+writeTogether, len(ids)), len(ids))
		}
		return nil
	})
	return c.Dialog(http.StatusOK, progress(t, console.CollectionPath(b.in)))
}

// writeMany applies the operation to each record in one transaction.
func writeMany(ctx context.Context, c *console.Call, in *schema.Collection, op record.Op, ids []string) error {
	var ops []record.Op
	op.Caller, op.Collection, op.AtMost = c.Caller, in.ID, writeTogether
	for chunk := range slices.Chunk(ids, writeTogether) {
		op.Where = where.In("id", anyOf(chunk)...)
		ops = append(ops, op)
	}
	_, err := c.App.Records().WriteAll(ctx, nil, ops)
	return err
}

// named returns a fault whose message is the sentence so, followed by the problems of the fields.
// An error without problems of fields is returned unchanged.
func named(err error, so string) error {
	var at *record.OpError
	if errors.As(err, &at) {
		err = at.Err
	}
	problems, err := console.Problems(err)
	if err != nil {
		return err
	}
	return fault.New(fault.Invalid, so+" "+console.OneLine(problems, ""))
}

// showTask answers with the progress of a task; after the end of the task, with the whole body of
// the dialog.
func showTask(c *console.Call) error {
	t, err := taskOf(c)
	if err != nil {
		return err
	}
	s, back := t.Status(), c.R.URL.Query().Get("back")
	if s.Over {
		return c.PartOf("#task-body", progressBody(t, s, back))
	}
	return c.Part(meter(t, s, back))
}

func cancelTask(c *console.Call) error {
	t, err := taskOf(c)
	if err != nil {
		return err
	}
	t.Cancel()
	return c.Part(progressBody(t, t.Status(), c.R.URL.Query().Get("back")))
}

func taskOf(c *console.Call) (*task.Task, error) {
	if t := c.Tasks.Find(c.Param("task")); t != nil {
		return t, nil
	}
	return nil, fault.New(fault.NotFound, "This work is not known any more.")
}

// failureOf returns the message of the error of a failed task.
func failureOf(s task.Status) string {
	_, shown := wire.Describe(s.Err)
	return shown.Message
}

// fraction returns the progress of a task in percent.
func fraction(s task.Status) string { return strconv.Itoa(100 * s.Done / max(1, s.Total)) }

// taskPath returns the address of a task; back is the page to open after its end.
func taskPath(t *task.Task, act, back string) string {
	return "/_/tasks/" + t.ID + act + "?back=" + url.QueryEscape(back)
}

// someJSON answers with the selected records in the form of the API. The fault is TooLarge for more
// than 1,000 records.
func someJSON(c *console.Call) error {
	s, err := selectionOf(c)
	if err != nil {
		return err
	}
	branch, err := s.read(c.R.Context(), c, nil, "")
	if err != nil {
		return err
	}
	if branch.Lists[0].More {
		return fault.New(fault.TooLarge, "More than "+ui.Number(readTogether)+" records are not copied. Export them.")
	}
	c.W.Header().Set("Content-Type", "application/json")
	out := []byte("[")
	for i, item := range branch.Lists[0].Items {
		if i > 0 {
			out = append(out, ",\n"...)
		}
		out = append(out, branch.Records[item.Record]...)
	}
	c.W.Write(append(out, ']')) //nolint:errcheck // a client that has disconnected gets no answer
	return nil
}

// hiddenIDs returns the ids of the selection for hidden inputs of a form; nil for all records.
func (s *selection) hiddenIDs() []string {
	if s.all {
		return nil
	}
	return s.ids
}
