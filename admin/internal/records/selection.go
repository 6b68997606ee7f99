package records

import (
	"context"
	"encoding/json"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/where"
)

const (
	readTogether = 1000 // ids in one read
	mostSelected = 1_000_000
)

// selection is a selection of records: ticked rows, or all records that match the filter of a view.
type selection struct {
	in   *schema.Collection
	ids  []string
	all  bool
	view *view // has the filter, for all
}

// selectionOf reads the selection from the form: id=ID for each record, or all=1 and the filter.
func selectionOf(c *console.Call) (*selection, error) {
	in, err := c.Collection()
	if err != nil {
		return nil, err
	}
	if err := c.R.ParseForm(); err != nil {
		return nil, fault.Wrap(fault.Invalid, "The form could not be read.", err)
	}
	s := &selection{in: in, ids: c.R.Form["id"], all: c.R.Form.Get("all") == "1"}
	s.view = &view{in: in, filter: c.R.Form.Get("filter")}
	if len(s.ids) == 0 && !s.all {
		return nil, fault.New(fault.Invalid, "No record is selected.")
	}
	return s, nil
}

// read reads the selected records after the cursor, up to readTogether. If fields is nil, all
// fields are read. The fault is Invalid if the filter is no longer valid.
func (s *selection) read(ctx context.Context, c *console.Call, fields []string, after string) (*record.Branch, error) {
	n := &record.Node{Collection: s.in.ID, Fields: fields, Sort: "id", Limit: readTogether, Cursors: true, After: after}
	if s.all {
		n.Filter = s.view.expression()
	} else {
		n.Where = where.In("id", anyOf(s.ids[:min(len(s.ids), readTogether)])...)
	}
	branch, err := c.App.Records().Tree(ctx, c.Caller, n)
	if err == nil {
		err = branch.Err
	}
	if fault.KindOf(err) == fault.Invalid {
		return nil, fault.New(fault.Invalid, problemsOf(err))
	}
	return branch, err
}

// find returns the ids of the selected records that exist. Each id is there once.
func (s *selection) find(ctx context.Context, c *console.Call) (found []string, err error) {
	after := ""
	for {
		branch, err := s.read(ctx, c, []string{"id"}, after)
		if err != nil {
			return nil, err
		}
		list := branch.Lists[0]
		for _, item := range list.Items {
			var r struct{ ID string }
			if err := json.Unmarshal(branch.Records[item.Record], &r); err != nil {
				return nil, err
			}
			found = append(found, r.ID)
			after = item.Cursor
		}
		if !list.More {
			return found, nil
		}
		if len(found) >= mostSelected {
			return nil, fault.New(fault.Invalid, "More than "+ui.Number(mostSelected)+" records match. Narrow the filter.")
		}
	}
}
