package logs

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// export answers with a JSON file of the entries whose ids are in the address, in the order of the
// ids.
func export(c *console.Call) error {
	ids := c.R.URL.Query()["id"]
	if len(ids) == 0 || len(ids) > usualRows {
		return fault.New(fault.Invalid, fmt.Sprintf("Choose 1 to %d entries.", usualRows))
	}
	list := make([]json.RawMessage, len(ids))
	for i, id := range ids {
		text, err := c.App.Logs().Get(c.R.Context(), c.Caller, id)
		if err != nil {
			return err
		}
		list[i] = text
	}
	c.W.Header().Set("Content-Disposition", `attachment; filename="logs.json"`)
	return c.IndentedJSON(list)
}

// askClear answers with the dialog that asks before all entries are deleted.
func askClear(c *console.Call) error {
	count, err := countAll(c)
	if err != nil {
		return err
	}
	return c.Dialog(http.StatusOK, clearDialog(count, false))
}

// clearAll deletes all entries. The superuser has to type the number that the dialog has shown.
func clearAll(c *console.Call) error {
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	if sent := c.R.PostForm; sent.Get("typed") == "" || sent.Get("typed") != sent.Get("count") {
		count, err := countAll(c)
		if err != nil {
			return err
		}
		return c.Dialog(http.StatusUnprocessableEntity, clearDialog(count, true))
	}
	if err := c.App.Logs().Truncate(c.R.Context(), c.Caller); err != nil {
		return err
	}
	c.Toast("Cleared")
	return c.Go("/_/logs")
}

// countAll returns the number of all entries.
func countAll(c *console.Call) (int, error) {
	page, err := c.App.Logs().List(c.R.Context(), c.Caller, record.ListParams{Page: 1, PerPage: 1})
	if err != nil {
		return 0, err
	}
	return page.TotalItems, nil
}
