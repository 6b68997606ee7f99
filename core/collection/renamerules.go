// Renames in the rules of all collections, and in the labels of rate limits. The text of one rule
// is rewritten by query.Renamed.

package collection

import (
	"fmt"
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/alter"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/schema"
)

// renameInRules rewrites rules that contain a renamed collection or field: those of the drafts,
// and those of other collections, for which it appends changes. A rule of a draft that differs
// from the stored one was submitted with the new names and is not changed.
func (w *schemaChange) renameInRules(changes []alter.Change) ([]alter.Change, error) {
	if !slices.ContainsFunc(changes, renames) {
		return changes, nil
	}
	is := w.snapshot(w.after(changes))
	requested := len(changes)
	for _, c := range w.stored.All() {
		i := slices.IndexFunc(changes[:requested], func(ch alter.Change) bool { return ch.Old == c })
		draft := c.Clone()
		if i >= 0 {
			draft = changes[i].New
		}
		if draft == nil {
			continue
		}
		changed, err := w.renameInRulesOf(c, draft, is)
		if err != nil {
			return nil, err
		}
		if changed && i < 0 {
			draft.Updated = w.now()
			changes = append(changes, alter.Change{Old: c, New: draft})
		}
	}
	return changes, nil
}

// renames reports whether the change gives the collection or one of its fields a new name.
// Fields are matched by id.
func renames(ch alter.Change) bool {
	if ch.Old == nil || ch.New == nil {
		return false
	}
	return ch.Old.Name != ch.New.Name || slices.ContainsFunc(ch.Old.Fields, func(was *schema.Field) bool {
		f := ch.New.FieldByID(was.ID)
		return f != nil && f.Name != was.Name
	})
}

// renameInRulesOf rewrites the rules of one draft and reports whether any of them changed.
// c is the stored collection.
func (w *schemaChange) renameInRulesOf(c, draft *schema.Collection, is *schema.Snapshot) (changed bool, err error) {
	stored := map[string]string{}
	c.Clone().MapRules(func(property, text string) string {
		stored[property] = text
		return text
	})
	draft.MapRules(func(property, text string) string {
		if stored[property] != text || w.explicitRules[draft][property] || err != nil {
			return text
		}
		renamed, refused := query.Renamed(text, c, w.stored, is)
		if refused != nil {
			err = ambiguous(w.message, draft, property, refused)
			return text
		}
		if renamed != text {
			changed = true
			w.recorder.rewrite(draft.Name, property, text, renamed)
		}
		return renamed
	})
	return changed, err
}

// ambiguous returns the fault of a rule that cannot be updated for a rename, since the new name
// would mean something else in it.
func ambiguous(message string, c *schema.Collection, property string, err error) error {
	fails := fault.Fields{}
	fails.Set(fault.Leaf("validation_ambiguous_rename", fmt.Sprintf(
		"The %s of %s cannot follow the new name: %s. Let the rule name both first", property, c.Name, err)), "fields")
	return fault.Invalidate(message, fails)
}

// relabel renames collections in the labels of rate limits (settings.rateLimits.rules).
func (w *schemaChange) relabel(changes []alter.Change) error {
	names := map[string]string{}
	for _, ch := range changes {
		if ch.Old != nil && ch.New != nil && ch.Old.Name != ch.New.Name {
			names[ch.Old.Name] = ch.New.Name
		}
	}
	if len(names) == 0 || w.cfg.Settings == nil {
		return nil
	}
	labels, err := w.cfg.Settings.RenameCollections(w.tx, w.caller, names)
	for _, l := range labels {
		w.recorder.rewrite("", "settings.rateLimits.rules."+fault.Index(l.Rule)+".label", l.From, l.To)
	}
	return err
}
