package records

import (
	"cmp"
	"net/http"
	"time"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/sheet"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// deleted is a deleted record that the change log still holds.
type deleted struct {
	in        *schema.Collection
	r         *record.Record // the state before the deletion, without passwords
	by        string         // the title of the account that deleted the record
	at        time.Time      // the time of the deletion
	obstacle  string         // the reason why the record cannot be restored; "" if it can
	referring []string       // the names of the collections with relations to the collection
}

func (d *deleted) title() string { return cmp.Or(cut(d.r.Text(sheet.TitleField(d.in).Name)), d.r.ID()) }

func (d *deleted) path() string { return recordPath(d.in, d.r.ID()) + "/gone" }

// deletedOf reads a deleted record from the change log. The fault is NotFound if the record exists,
// or if the change log does not hold its deletion.
func deletedOf(c *console.Call, in *schema.Collection, id string) (*deleted, error) {
	missing := fault.New(fault.NotFound, "There is no record "+id+" in "+in.Name+" any more.")
	if in.View != nil {
		return nil, missing
	}
	p := &panel{in: in}
	var err error
	if p.past, err = c.App.Records().History(c.R.Context(), c.Caller, in.ID, id, 1); err != nil {
		return nil, err
	}
	if len(p.past.Revisions) == 0 || p.past.Revisions[0].Action != change.Delete {
		return nil, missing
	}
	if err := p.nameActors(c); err != nil {
		return nil, err
	}
	last := p.past.Revisions[0]
	d := &deleted{in: in, by: p.actor(last), at: last.At, referring: referring(c, in)}
	if d.r, err = c.App.Records().BeforeOf(last.Change); err != nil {
		return nil, err
	}
	switch {
	case hasPasswords(in):
		d.obstacle = "It cannot be put back: the change log has no passwords."
	case hasFiles(d.r):
		d.obstacle = "It cannot be put back: its files are lost."
	}
	return d, nil
}

// showDeleted answers with the panel of a deleted record, or with a page that consists of this
// panel.
func showDeleted(c *console.Call, in *schema.Collection, id string) error {
	d, err := deletedOf(c, in, id)
	switch {
	case err != nil:
		return err
	case c.IsPart("panel"):
		return c.Part(deletedPanel(d))
	}
	return c.PageAs(http.StatusNotFound, about(c, in, d.title()), deletedPage(d))
}

// showNotice answers with the notice above an open form whose record was deleted.
func showNotice(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	d, err := deletedOf(c, in, c.Param("id"))
	if err != nil {
		return err
	}
	return c.Part(deletedNotice(d))
}

// restore creates a deleted record again, with its id and its dates. The fault is Invalid for a
// record whose files or passwords are lost. The notice above an open form gets no new form but the
// event "restored", so that the typed values stay.
func restore(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	id := c.Param("id")
	d, err := deletedOf(c, in, id)
	switch {
	case err != nil:
		return err
	case d.obstacle != "":
		return fault.New(fault.Invalid, d.obstacle)
	}
	again := deletion{collection: in.ID, records: []*record.Record{d.r}}
	err = c.App.Transaction(c.R.Context(), func(tx *core.Tx) error { return again.putBack(tx.Context, tx.Records, c.Caller) })
	if err != nil {
		return named(err, "It was not put back.")
	}
	switch {
	case c.IsPart("panel"):
		return saved(c, in, id, "Put back")
	case c.FromScript():
		c.Toast("Put back")
		return c.Event("restored", map[string]string{"id": id})
	}
	c.Toast("Put back")
	return c.Go(recordPath(in, id))
}
