package collection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/schema/alter"
)

const (
	importFailed   = "Failed to import collections."
	loadFailed     = "An error occurred while loading the submitted data."
	validateFailed = "An error occurred while validating the submitted data."
)

// Import is a set of collections, as they are to be here.
type Import struct {
	Collections   []json.RawMessage `json:"collections"`
	DeleteMissing bool              `json:"deleteMissing"` // what is not among them goes: collections, and fields of those that are
	Convert       bool              `json:"convert"`       // fields may become ones of another kind
}

// head is what a collection is matched by.
type head struct{ ID, Name string }

// check judges the form.
func (i *Import) check() error {
	if len(i.Collections) == 0 {
		fails := fault.Fields{}
		fails.Set(fault.Leaf("validation_required", "Cannot be blank"), "collections")
		return fault.Invalidate(validateFailed, fails)
	}
	for _, item := range i.Collections {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(item, &object); err != nil || object == nil {
			return fault.Wrap(fault.Invalid, loadFailed, err)
		}
		if err := json.Unmarshal(item, &head{}); err != nil {
			return fault.Wrap(fault.Invalid, loadFailed, err)
		}
	}
	return nil
}

// Import creates, changes and deletes collections until they are those of the import,
// all or nothing (docs/wire/records.md §2.10). What is no failure of a form is told
// under "collections".
func (s *Service) Import(ctx context.Context, caller record.Caller, in *Import) error {
	if err := caller.RequireSuperuser(); err != nil {
		return err
	}
	if err := in.check(); err != nil {
		return err
	}
	asked := s.askedBy(in)
	return s.askedAll(ctx, caller, asked, func() error {
		brought := *in
		brought.Collections = slices.Clone(in.Collections)
		for i := range brought.Collections {
			brought.Collections[i] = asked[i].body
		}
		if err := brought.check(); err != nil { // hooks may have changed it
			return err
		}
		var warnings []string
		err := s.change(ctx, caller, importFailed, func(w *work) (next *schema.Snapshot, err error) {
			next, err = w.bring(&brought)
			warnings = w.warnings
			return next, err
		})
		if err == nil && len(warnings) > 0 {
			s.cfg.Log.Warn("collections were imported", "warnings", warnings)
		}
		return err
	})
}

// asking is one part of a request, as the hooks see it.
type asking struct {
	action change.Action
	name   string
	body   []byte
}

// askedBy is what the import asks for, item by item, then what it deletes.
func (s *Service) askedBy(in *Import) (list []*asking) {
	snapshot, met, heads := s.cfg.Snapshots.Load(), map[string]bool{}, in.heads()
	for i, item := range in.Collections {
		a := &asking{change.Create, "", item}
		if c := match(snapshot, heads[i], heads); c != nil {
			a.action, a.name, met[c.ID] = change.Update, c.ID, true
		}
		list = append(list, a)
	}
	for _, c := range snapshot.All() {
		if in.DeleteMissing && !c.System && !met[c.ID] {
			list = append(list, &asking{change.Delete, c.ID, nil})
		}
	}
	return list
}

// askedAll is asked for several requests that are one.
func (s *Service) askedAll(ctx context.Context, caller record.Caller, list []*asking, do func() error) error {
	if len(list) == 0 {
		return do()
	}
	first := list[0]
	return s.asked(ctx, caller, first.action, first.name, first.body, func(body []byte) error {
		first.body = body
		return s.askedAll(ctx, caller, list[1:], do)
	})
}

// heads are those of all items.
func (i *Import) heads() []head {
	list := make([]head, len(i.Collections))
	for n, item := range i.Collections {
		_ = json.Unmarshal(item, &list[n]) // was checked
	}
	return list
}

// match is the collection that an item is about: that with its id, else that with its
// name, unless another of the items has its id.
func match(s *schema.Snapshot, h head, all []head) *schema.Collection {
	if c := s.ByID(h.ID); c != nil {
		return c
	}
	c := s.Find(h.Name)
	if c == nil || c.ID == h.Name || slices.ContainsFunc(all, func(o head) bool { return o.ID == c.ID }) {
		return nil
	}
	return c
}

// bring makes the import.
func (w *work) bring(in *Import) (*schema.Snapshot, error) {
	w.message, w.convert, w.blame = importFailed, in.Convert, blame
	w.said = map[*schema.Collection]map[string]bool{}
	changes, err := w.brought(in)
	if err == nil {
		err = w.orphans(changes)
	}
	var next *schema.Snapshot
	if err == nil {
		next, err = w.apply(changes)
	}
	if err != nil {
		return nil, unimported(err)
	}
	return next, nil
}

// brought are the changes that an import asks for. An item that is about a collection
// of an earlier one goes over it.
func (w *work) brought(in *Import) (changes []alter.Change, err error) {
	ids := map[string]string{} // of collections that have another one here
	heads := in.heads()
	for i, item := range in.Collections {
		h, now := heads[i], schema.NewSnapshot(0, w.after(changes))
		c := match(now, h, heads)
		if c == nil {
			draft, err := alter.DecodeNew(item, now, w.now())
			if err != nil {
				return nil, err
			}
			w.warnItem(i, draft, item)
			changes = append(changes, alter.Change{New: draft})
			continue
		}
		if h.ID != "" && h.ID != c.ID {
			ids[h.ID] = c.ID
		}
		draft, err := w.over(c, item, in)
		if err != nil {
			return nil, err
		}
		w.warnItem(i, draft, item)
		if i := slices.IndexFunc(changes, func(ch alter.Change) bool { return ch.New == c }); i >= 0 {
			changes[i].New = draft
		} else {
			changes = append(changes, alter.Change{Old: c, New: draft})
		}
	}
	for _, ch := range changes {
		relink(ch.New, ids)
	}
	if in.DeleteMissing {
		for _, c := range w.stored.All() {
			if !c.System && !slices.ContainsFunc(changes, func(ch alter.Change) bool { return ch.Old == c }) {
				changes = append(changes, alter.Change{Old: c})
			}
		}
	}
	return changes, nil
}

// warnItem warns of the keys of an item that mean nothing.
func (w *work) warnItem(i int, draft *schema.Collection, item json.RawMessage) {
	for _, text := range alter.UnknownKeys(draft, item) {
		w.warnings = append(w.warnings, "collections."+fault.Index(i)+"."+text)
	}
}

// over is an item over the collection that it is about.
func (w *work) over(c *schema.Collection, item json.RawMessage, in *Import) (*schema.Collection, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(item, &object); err != nil {
		return nil, err
	}
	delete(object, "id") // here it is known by its own
	body, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	draft, err := alter.DecodeImported(c, body, in.DeleteMissing, in.Convert, w.now())
	if err != nil {
		return nil, err
	}
	w.said[draft] = map[string]bool{"mfa.rule": object["mfa"] != nil}
	for property := range object {
		w.said[draft][property] = true
	}
	return draft, nil
}

// relink gives relations the ids that their collections have here.
func relink(c *schema.Collection, ids map[string]string) {
	for _, f := range c.Fields {
		if k, ok := f.Kind.(*schema.Relation); ok && ids[k.CollectionID] != "" {
			k.CollectionID = ids[k.CollectionID]
		}
	}
}

// orphans fails if a collection goes that one which the import is not about needs.
func (w *work) orphans(changes []alter.Change) error {
	next := schema.NewSnapshot(0, w.after(changes))
	for _, ch := range changes {
		if ch.New == nil {
			if err := referred(next, ch.Old); err != nil && !slices.ContainsFunc(next.References(ch.Old.ID), func(r schema.Reference) bool {
				return slices.ContainsFunc(changes, func(o alter.Change) bool { return o.New == r.Collection })
			}) {
				return err
			}
		}
	}
	return nil
}

// blame is the failure of one collection of an import.
func blame(c *schema.Collection, err error) error {
	var e *fault.Error
	if !errors.As(err, &e) {
		return err
	}
	text, failed := json.MarshalIndent(plainFields(e.Fields), "", "  ")
	if failed != nil {
		return failed
	}
	return undone(fmt.Sprintf("Data validations failed for collection %q (%s):\n%s", c.Name, c.ID, text), err)
}

// joinFailures is the failure of an import of which several collections are wrong.
func joinFailures(list []error) error {
	if len(list) < 2 {
		return errors.Join(list...)
	}
	var texts []string
	for _, err := range list {
		var e *fault.Error
		if !errors.As(err, &e) || e.Fields["collections"] == nil {
			return err
		}
		texts = append(texts, e.Fields["collections"].Message)
	}
	return undone(strings.Join(texts, "\n"), errors.Join(list...))
}

// plainFields are failures as their messages.
func plainFields(fields fault.Fields) map[string]any {
	out := map[string]any{}
	for name, f := range fields {
		if f.Code == "" {
			out[name] = plainFields(f.Fields)
		} else {
			out[name] = f.Message
		}
	}
	return out
}

// unimported is any failure of an import as the wire has it. What is internal stays so.
func unimported(err error) error {
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind == fault.Internal || e.Fields["collections"] != nil {
		return err
	}
	reason := strings.TrimPrefix(e.Message, importFailed+" Raw error: \n")
	if leaf := e.Fields["fields"]; leaf != nil {
		reason = leaf.Message
	}
	if e.Err != nil && reason == e.Message {
		reason += " " + e.Err.Error()
	}
	return undone("Failed to import the collections configuration. Raw error:\n"+reason, err)
}

func undone(message string, err error) error {
	fails := fault.Fields{}
	fails.Set(fault.Leaf("validation_collections_import_failure", message), "collections")
	return &fault.Error{Kind: fault.Invalid, Message: importFailed, Fields: fails, Err: err}
}
