package records

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/sheet"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/where"
)

// maxLive is the maximum number of rows in an answer of live.
const maxLive = 50

// longestRead is the number of characters to which the database cuts a longer value for a cell.
const longestRead = 16 * maxCell

// longestQuery is the time limit of the query of a page.
const longestQuery = 10 * time.Second

// read reads the rows of the page. If the filter, the sort or a cursor is wrong, read sets problem
// to the message and reads the first page of all records instead. A query that takes longer than
// most is stopped; then the view has no rows and slow is true.
func (v *view) read(c *console.Call, most time.Duration) error {
	ctx, cancel := context.WithTimeout(c.R.Context(), most)
	defer cancel()
	err := v.readPage(ctx, c)
	if err != nil && ctx.Err() != nil && c.R.Context().Err() == nil {
		v.slow = true
		return nil
	}
	if fault.KindOf(err) == fault.Invalid && (v.filter != "" || v.sort != "" || v.after != "" || v.before != "") {
		problems, _ := console.Problems(err)
		for _, words := range problems {
			v.problem = words
		}
		all := view{in: v.in, rows: v.rows, columns: v.columns}
		err = all.readPage(ctx, c)
		v.list, v.next, v.prev, v.after, v.before = all.list, all.next, "", "", ""
	}
	return err
}

// readPage reads the page of the address. If less than a full page stands before the cursor
// v.before, it reads the first page instead.
func (v *view) readPage(ctx context.Context, c *console.Call) error {
	n := v.node()
	n.Filter, n.Limit, n.Cursors = v.expression(), v.rows, true
	n.After, n.Before, n.Backward = v.after, v.before, v.before != ""
	if v.before != "" {
		n.After = ""
	}
	list, err := v.readTree(ctx, c, n)
	if err != nil {
		return err
	}
	if v.before != "" && !list.More {
		v.before = ""
		return v.readPage(ctx, c)
	}
	v.next, v.prev = "", ""
	if len(list.Items) > 0 {
		if list.More || v.before != "" {
			v.next = list.Items[len(list.Items)-1].Cursor
		}
		if v.after != "" || v.before != "" {
			v.prev = list.Items[0].Cursor
		}
	}
	return nil
}

// node returns the query for the columns of the view, without a filter.
func (v *view) node() *record.Node {
	n := &record.Node{Collection: v.in.ID, Sort: v.sort, Cut: longestRead}
	if v.sort == "" && v.in.View == nil {
		n.Sort = "-@rowid" // the newest first
	}
	for _, f := range v.columns {
		n.Fields = append(n.Fields, f.Name)
	}
	return n
}

// readTree sets v.list to the rows of the query. The rows and the titles of their related records
// are read from one snapshot of the database.
func (v *view) readTree(ctx context.Context, c *console.Call, n *record.Node) (list record.List, err error) {
	var relations []*schema.Field
	for _, f := range v.columns {
		kind, ok := f.Kind.(*schema.Relation)
		if !ok {
			continue
		}
		if target := c.App.Snapshot().ByID(kind.CollectionID); target != nil {
			relations = append(relations, f)
			n.Children = append(n.Children, &record.Node{Relation: f.Name, Fields: []string{sheet.TitleField(target).Name}, Cut: longestRead, Limit: maxChips})
		}
	}
	branch, err := c.App.Records().Tree(ctx, c.Caller, n)
	if err == nil {
		err = branch.Err
	}
	if err != nil {
		return list, err
	}
	names := map[string]map[string]string{}
	for i, f := range relations {
		if names[f.Name], err = titlesOf(c, f, branch.Children[i]); err != nil {
			return list, err
		}
	}
	list = branch.Lists[0]
	v.list = make([]row, len(list.Items))
	for i, item := range list.Items {
		var values map[string]json.RawMessage
		if err := json.Unmarshal(branch.Records[item.Record], &values); err != nil {
			return list, err
		}
		v.list[i] = v.row(values, names)
	}
	return list, nil
}

// titlesOf returns the titles of related records by their ids.
func titlesOf(c *console.Call, f *schema.Field, of *record.Branch) (map[string]string, error) {
	list, err := choicesOf(of, sheet.TitleField(c.App.Snapshot().ByID(targetOf(f))))
	titles := map[string]string{}
	for _, found := range list {
		titles[found.ID] = found.Label
	}
	return titles, err
}

// row makes the cells of a record.
func (v *view) row(values map[string]json.RawMessage, names map[string]map[string]string) row {
	r := row{id: textOf(values["id"]), cells: make([]cell, len(v.columns))}
	h := fnv.New64a()
	for i, f := range v.columns {
		r.cells[i] = cellOf(f, values[f.Name])
		for j, id := range r.cells[i].list {
			if name := names[f.Name][id]; name != "" {
				r.cells[i].list[j] = name
			}
		}
		h.Write(values[f.Name]) //nolint:errcheck // it never fails
		for _, text := range r.cells[i].list {
			h.Write([]byte(text)) //nolint:errcheck // it never fails
		}
	}
	r.mark = strconv.FormatUint(h.Sum64(), 36)
	return r
}

// live answers with the current rows of the records whose ids are in the address.
func live(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	v := viewOf(c, in)
	ids := c.R.URL.Query()["id"]
	if err := v.readRows(c, ids[:min(len(ids), maxLive)]); err != nil {
		return err
	}
	return c.Part(liveRows(v))
}

// readRows reads the rows of the records with these ids, at most maxLive.
func (v *view) readRows(c *console.Call, ids []string) error {
	n := v.node()
	n.Sort, n.Where, n.Limit = "", where.In("id", anyOf(ids)...), maxLive
	_, err := v.readTree(c.R.Context(), c, n)
	return err
}
