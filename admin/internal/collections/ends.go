package collections

import (
	"net/http"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/schema"
)

// end is a dialog that deletes all records of a collection, or the collection. The superuser has to
// type the name of the collection.
type end struct {
	in                        *schema.Collection
	id, title, about, verb    string
	action, problem, rowCount string // rowCount is "" for a view
}

func askTruncate(c *console.Call) error { return ask(c, truncateOf, http.StatusOK, "") }

func askDrop(c *console.Call) error { return ask(c, dropOf, http.StatusOK, "") }

func truncateOf(in *schema.Collection) end {
	return end{in: in, id: "truncate", title: "Delete all records of " + in.Name + "?", verb: "Delete the records",
		about: "They are lost for good, with their files. The collection stays.", action: console.CollectionPath(in) + "/truncate"}
}

func dropOf(in *schema.Collection) end {
	e := end{in: in, id: "drop", title: "Delete the collection " + in.Name + "?", verb: "Delete " + in.Name,
		about: "It is lost for good, with its records and their files.", action: console.CollectionPath(in) + "/drop"}
	if in.IsView() {
		e.about = "It is lost for good. The records that it reads stay."
	}
	return e
}

// ask shows the dialog before a deletion, with the number of records that it deletes. If another program has
// dropped the table of the collection, the dialog says that the number is unknown.
func ask(c *console.Call, of func(*schema.Collection) end, status int, problem string) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	e := of(in)
	e.problem = problem
	if !in.IsView() {
		e.rowCount = "An unknown number of records"
		if n, err := c.App.Records().Count(c.R.Context(), in.ID); err == nil {
			e.rowCount = ui.Counted(n, "record")
		}
	}
	return c.Dialog(status, endDialog(e))
}

// confirmed reports whether the typed name is right. If not, it answers with the dialog and a
// problem.
func confirmed(c *console.Call, of func(*schema.Collection) end) (in *schema.Collection, yes bool, err error) {
	if in, err = c.Collection(); err != nil {
		return nil, false, err
	}
	if err := form.Read(c, form.Small); err != nil {
		return nil, false, err
	}
	if c.R.PostForm.Get("name") == in.Name {
		return in, true, nil
	}
	return nil, false, ask(c, of, http.StatusUnprocessableEntity, "This is not the name of the collection.")
}

// refuse shows the dialog again with the reason of an Invalid fault. It returns any other error.
func refuse(c *console.Call, of func(*schema.Collection) end, err error) error {
	reason, err := refusal(err)
	if err != nil {
		return err
	}
	return ask(c, of, http.StatusUnprocessableEntity, reason)
}

func truncate(c *console.Call) error {
	in, yes, err := confirmed(c, truncateOf)
	if !yes || err != nil {
		return err
	}
	if err := c.App.Records().Truncate(c.R.Context(), c.Caller, in.ID); err != nil {
		return refuse(c, truncateOf, err)
	}
	c.Toast("Deleted the records")
	return c.Go(console.CollectionPath(in))
}

func drop(c *console.Call) error {
	in, yes, err := confirmed(c, dropOf)
	if !yes || err != nil {
		return err
	}
	if err := c.App.Collections().Delete(c.R.Context(), c.Caller, in.ID); err != nil {
		return refuse(c, dropOf, err)
	}
	c.Toast("Deleted " + in.Name)
	return c.Go("/_/")
}

// backUp makes a backup of the server for a dialog that asks whether data may be lost.
func backUp(c *console.Call) error {
	key, err := c.App.Backups().Create(c.R.Context(), c.Caller, "")
	if err != nil {
		return err
	}
	return c.Part(backedUp(key))
}
