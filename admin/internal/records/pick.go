package records

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/sheet"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

const (
	maxFound = 20   // records on a page of the answers
	maxAll   = 1000 // records that "Add all" adds to a relation

	// minIDPart is the least number of characters that match a part of an id. Shorter words are in
	// many random ids: a word of three letters in 28 of 100,000 ids, a word of four letters in one.
	minIDPart = 4
)

// picking is a search for records that a relation may hold.
type picking struct {
	in    *schema.Collection
	words string
	max   int  // maximum number of records of the relation
	plain bool // the search does not offer a new record
	list  []choice
	next  string // cursor of the next page, "" for none
}

func pickingOf(c *console.Call) (*picking, error) {
	in, err := c.Collection()
	if err != nil {
		return nil, err
	}
	q := c.R.URL.Query()
	p := &picking{in: in, words: q.Get("_q"), max: 1, plain: q.Has("_plain") || in.View != nil}
	if n, err := strconv.Atoi(q.Get("_max")); err == nil {
		p.max = n
	}
	return p, nil
}

// path returns the address of a part of the search, with more parameters.
func (p *picking) path(part string, more url.Values) string {
	q := url.Values{"_q": {p.words}, "_max": {strconv.Itoa(p.max)}}
	for name, values := range more {
		q[name] = values
	}
	return console.CollectionPath(p.in) + "/pick" + part + "?" + q.Encode()
}

// read reads up to limit records after the cursor, and the cursor of the next page.
func (p *picking) read(c *console.Call, after string, limit int) error {
	title := sheet.TitleField(p.in)
	n := &record.Node{Collection: p.in.ID, Fields: []string{title.Name}, After: after, Limit: limit, Cursors: p.in.View == nil}
	n.Filter, n.Params = search(p.in, p.words)
	branch, err := c.App.Records().Tree(c.R.Context(), c.Caller, n)
	if err == nil {
		err = branch.Err
	}
	if err != nil {
		return err
	}
	list := branch.Lists[0]
	if list.More && len(list.Items) > 0 {
		p.next = list.Items[len(list.Items)-1].Cursor
	}
	p.list, err = choicesOf(branch, title)
	return err
}

// choicesOf returns the records of a branch with their titles.
func choicesOf(branch *record.Branch, title *schema.Field) ([]choice, error) {
	list := make([]choice, len(branch.Records))
	for i, text := range branch.Records {
		var values map[string]json.RawMessage
		if err := json.Unmarshal(text, &values); err != nil {
			return nil, err
		}
		list[i] = choice{textOf(values["id"]), cut(textOf(values[title.Name]))}
	}
	return list, nil
}

// pick answers with a page of the records that match the words of the search.
func pick(c *console.Call) error {
	p, err := pickingOf(c)
	if err != nil {
		return err
	}
	after := c.R.URL.Query().Get("_after")
	if err := p.read(c, after, maxFound); err != nil {
		return err
	}
	if after != "" {
		return c.Part(foundPage(p))
	}
	return c.Part(foundRecords(p))
}

// countPicks answers with the number of records that match. The page asks for it after it has the
// records, because counting may take longer; after two seconds the number is given up.
func countPicks(c *console.Call) error {
	p, err := pickingOf(c)
	if err != nil {
		return err
	}
	n := &record.Node{Collection: p.in.ID, Fields: []string{"id"}, Limit: 1, Total: true}
	n.Filter, n.Params = search(p.in, p.words)
	ctx, cancel := contextOf(c)
	defer cancel()
	branch, err := c.App.Records().Tree(ctx, c.Caller, n)
	if err == nil {
		err = branch.Err
	}
	switch {
	case err == nil:
		return c.Part(foundTotal(p, branch.Lists[0].Total))
	case ctx.Err() != nil && c.R.Context().Err() == nil:
		return c.Part(foundTotal(p, -1))
	}
	return err
}

// pickAll answers with the first records that match, as many as atOnce allows, as JSON.
func pickAll(c *console.Call) error {
	p, err := pickingOf(c)
	if err != nil {
		return err
	}
	if err := p.read(c, "", p.atOnce()); err != nil {
		return err
	}
	return c.JSON(p.list)
}

// atOnce returns the maximum number of records that "Add all" adds.
func (p *picking) atOnce() int { return max(1, min(p.max, maxAll)) }

// allWords returns the label of "Add all"; total is -1 if the number of matches is not known.
func (p *picking) allWords(total int) string {
	if total >= 0 && total <= p.atOnce() {
		return "Add all " + ui.Number(total)
	}
	return "Add the first " + ui.Number(p.atOnce())
}

// totalWords formats the number of matches; -1 if it is not known.
func totalWords(total int) string {
	switch total {
	case -1:
		return "Many match"
	case 1:
		return "1 matches"
	}
	return ui.Number(total) + " match"
}

func (c choice) title() string {
	if c.Label == "" {
		return c.ID
	}
	return c.Label
}

// isForRelation reports whether the new record is created from the relation input of another form.
func isForRelation(c *console.Call) bool { return c.R.URL.Query().Has("_related") }

// newForRelation answers with the form of a new record in a dialog. The words of the search are the
// first value of the title field.
func newForRelation(c *console.Call, p *panel) error {
	p.prefix = "new-"
	title := sheet.TitleField(p.in)
	if isEditable(p.in, title) && !title.IsID() {
		p.r.Set(title.Name, strings.TrimSpace(c.R.URL.Query().Get("_related")))
	}
	p, err := withRelated(c, p)
	if err != nil {
		return err
	}
	return c.Dialog(http.StatusOK, newRelated(p))
}

// search returns a filter for words in the title field and presentable text fields, or for an id.
func search(in *schema.Collection, words string) (filter string, params map[string]any) {
	words = strings.TrimSpace(words)
	if words == "" {
		return "", nil
	}
	filter = "id = {:q}"
	title := sheet.TitleField(in)
	if title.IsID() || utf8.RuneCountInString(words) >= minIDPart {
		filter = "id ~ {:q}"
	}
	for _, f := range in.Fields {
		if f.Kind.Class() == schema.ClassText && isShown(in, f) && !f.IsID() && (f == title || f.Presentable) {
			filter += " || " + f.Name + " ~ {:q}"
		}
	}
	return filter, map[string]any{"q": words}
}
