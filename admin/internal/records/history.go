package records

import (
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// maxRevisions is the number of changes that the history of a record shows.
const maxRevisions = 100

// showHistory answers with the changes of a record that are in the change log.
func showHistory(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	p, err := panelOf(c, in, c.Param("id"))
	if err != nil {
		return err
	}
	if p.past, err = c.App.Records().History(c.R.Context(), c.Caller, in.ID, c.Param("id"), maxRevisions); err != nil {
		return err
	}
	if err := p.nameActors(c); err != nil {
		return err
	}
	return answer(c, p)
}

// nameActors sets actors to the titles of the accounts that have changed the record.
func (p *panel) nameActors(c *console.Call) error {
	p.actors = map[string]string{}
	byCollection := map[string][]string{}
	for _, r := range p.past.Revisions {
		if collection, id, ok := strings.Cut(r.By, "/"); ok && p.actors[r.By] == "" {
			p.actors[r.By] = id
			byCollection[collection] = append(byCollection[collection], id)
		}
	}
	for collection, ids := range byCollection {
		names, err := labels(c.R.Context(), c, collection, ids)
		if err != nil {
			return err
		}
		for _, name := range names {
			p.actors[collection+"/"+name.ID] = name.Label
		}
	}
	return nil
}

// actor returns the title of the account that made the change.
func (p *panel) actor(r record.Revision) string {
	if r.By == "" {
		return "a guest, a job or a hook"
	}
	return p.actors[r.By]
}

// changer returns the title of the account that made the last change of the field, "Somebody else"
// if the change is not in the change log.
func (p *panel) changer(field string) string {
	for _, r := range p.past.Revisions {
		switch {
		case !slices.ContainsFunc(r.Values, func(v record.ValueChange) bool { return v.Field.Name == field }):
		case r.By == "":
			return "A guest, a job or a hook"
		default:
			return p.actor(r)
		}
	}
	return "Somebody else"
}

// putBack writes the values that a change has replaced, as a new change. File fields are left out,
// since removed files are deleted.
func putBack(c *console.Call) error {
	defer form.Close(c)
	in, err := c.Collection()
	if err != nil {
		return err
	}
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	id := c.Param("id")
	past, err := c.App.Records().History(c.R.Context(), c.Caller, in.ID, id, maxRevisions)
	if err != nil {
		return err
	}
	for _, r := range past.Revisions {
		if strconv.FormatInt(r.Seq, 10) != c.R.PostForm.Get("seq") || strconv.Itoa(r.N) != c.R.PostForm.Get("n") {
			continue
		}
		input := record.Input{Body: map[string]any{}}
		for _, v := range r.Values {
			if canPutBack(in, v) {
				input.Body[v.Field.Name] = v.Before
			}
		}
		if _, err := c.App.Records().Update(c.R.Context(), c.Caller, in.ID, id, input); err != nil {
			return err
		}
		return saved(c, in, id, "Put back")
	}
	return fault.New(fault.NotFound, "The change log does not hold this change any more.")
}

// canPutBack reports whether putBack can write the old value of the field.
func canPutBack(in *schema.Collection, v record.ValueChange) bool {
	return isEditable(in, v.Field) && v.Field.Type() != "file"
}

// isRevertible reports whether the change has a value that can be put back.
func isRevertible(in *schema.Collection, r record.Revision) bool {
	for _, v := range r.Values {
		if canPutBack(in, v) {
			return true
		}
	}
	return false
}

// withoutAutodates returns the changes of fields other than autodates.
func withoutAutodates(list []record.ValueChange) (rest []record.ValueChange) {
	for _, v := range list {
		if v.Field.Type() != "autodate" {
			rest = append(rest, v)
		}
	}
	return rest
}

// shortly formats a value as one line, truncated.
func shortly(f *schema.Field, v any) string {
	if list, ok := v.([]string); ok {
		v = strings.Join(list, ", ")
	}
	text := cut(whole(v))
	if f.Type() == "json" && text == "" {
		return "null"
	}
	return text
}

// revisionWords returns a verb and an icon for the action of a revision.
func revisionWords(r record.Revision) (words, icon string) {
	switch r.Action {
	case change.Create:
		return "created it", "plus"
	case change.Delete:
		return "deleted it", "trash"
	}
	return "changed it", "edit"
}

// historyPath returns the address of the history tab.
func historyPath(p *panel) string { return recordPath(p.in, p.r.ID()) + "/history" }
