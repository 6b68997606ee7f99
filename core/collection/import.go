// Import of collections (PUT /api/collections/import): items are matched with stored collections by
// id or name and merged; missing collections are deleted on request.

package collection

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/alter"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// Import is a list of collections to create or change.
type Import struct {
	Collections   []json.RawMessage `json:"collections"`
	DeleteMissing bool              `json:"deleteMissing"` // deletes the collections, and the fields of listed collections, that are not in the list
	Convert       bool              `json:"convert"`       // allows changes of the kind of a field
}

// head is the part of an item by which it is matched with a stored collection.
type head struct{ ID, Name string }

// failed returns the error of an item that cannot be decoded.
func (h head) failed(err error) error {
	return &ItemError{&schema.Collection{ID: h.ID, Name: h.Name}, err}
}

// check validates the body: it has an item, and each item is an object whose id and name are texts
// or missing.
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

// Import creates, updates and deletes collections until they match the import, all or nothing
// (docs/wire/records.md §2.10). The faults are Invalid, with the reason under "collections" unless
// the body has the wrong form. Hooks run for each collection that the import changes.
func (s *Service) Import(ctx context.Context, caller record.Caller, in *Import) error {
	e := &OperationEvent{Operation: OpImport, Caller: caller, Import: in}
	return s.around(ctx, e, "", func(e *OperationEvent) error { return s.importAsked(ctx, e.Caller, e.Import) })
}

// importAsked does the work of Import, within the Request hooks.
func (s *Service) importAsked(ctx context.Context, caller record.Caller, in *Import) error {
	if err := caller.RequireSuperuser(); err != nil {
		return err
	}
	if err := in.check(); err != nil {
		return err
	}
	parts := s.requestsOf(in)
	return s.withAllHooks(ctx, caller, parts, func() error {
		submitted := *in
		submitted.Collections = slices.Clone(in.Collections)
		for i := range submitted.Collections {
			submitted.Collections[i] = parts[i].body
		}
		if err := submitted.check(); err != nil { // hooks may have changed the import
			return err
		}
		var warnings []string
		err := s.change(ctx, caller, importFailed, func(w *schemaChange) (next *schema.Snapshot, err error) {
			next, err = w.applyImport(&submitted)
			warnings = w.warnings
			return next, err
		})
		if err == nil && len(warnings) > 0 {
			s.cfg.Log.Warn("collections were imported", "warnings", warnings)
		}
		return err
	})
}

// partRequest is a create, update or delete of an import, for the hooks.
type partRequest struct {
	action change.Action
	name   string
	body   []byte
}

// requestsOf returns the parts of an import for the hooks: its items in their order, then
// the collections that it deletes.
func (s *Service) requestsOf(in *Import) (list []*partRequest) {
	snapshot, met, heads := s.cfg.Snapshots.Load(), map[string]bool{}, in.heads()
	for i, item := range in.Collections {
		a := &partRequest{change.Create, "", item}
		if c := match(snapshot, heads[i], heads); c != nil {
			a.action, a.name, met[c.ID] = change.Update, c.ID, true
		}
		list = append(list, a)
	}
	for _, c := range snapshot.All() {
		if in.DeleteMissing && !c.System && !met[c.ID] {
			list = append(list, &partRequest{change.Delete, c.ID, nil})
		}
	}
	return list
}

// withAllHooks nests withHooks around do, once for each part, so that a failure reaches the
// AfterFailure hooks of all parts.
func (s *Service) withAllHooks(ctx context.Context, caller record.Caller, list []*partRequest, do func() error) error {
	if len(list) == 0 {
		return do()
	}
	first := list[0]
	return s.withHooks(ctx, caller, first.action, first.name, first.body, func(body []byte) error {
		first.body = body
		return s.withAllHooks(ctx, caller, list[1:], do)
	})
}

// heads returns the head of each item.
func (i *Import) heads() []head {
	list := make([]head, len(i.Collections))
	for n, item := range i.Collections {
		_ = json.Unmarshal(item, &list[n]) // check has decoded the item
	}
	return list
}

// match returns the stored collection of an item: the collection with the id of the item, else the
// collection with its name. A collection whose id is that of another item does not match by name,
// since the other item may rename it.
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

// applyImport runs an import within the change.
func (w *schemaChange) applyImport(in *Import) (*schema.Snapshot, error) {
	w.message, w.convert, w.wrapError = importFailed, in.Convert, collectionError
	w.explicitRules = map[*schema.Collection]map[string]bool{}
	changes, err := w.importChanges(in)
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

// importChanges returns the changes of an import. Of two items for the same collection, the later
// is merged over the earlier.
func (w *schemaChange) importChanges(in *Import) (changes []alter.Change, err error) {
	ids := map[string]string{} // ids of the import to the stored ids that differ
	heads := in.heads()
	for i, item := range in.Collections {
		h, now := heads[i], schema.NewSnapshot(0, w.after(changes))
		c := match(now, h, heads)
		if c == nil {
			draft, err := alter.DecodeNew(item, now, w.now())
			if err != nil {
				return nil, h.failed(err)
			}
			w.warnItem(i, draft, item)
			changes = append(changes, alter.Change{New: draft})
			continue
		}
		if h.ID != "" && h.ID != c.ID {
			ids[h.ID] = c.ID
		}
		draft, err := w.mergeItem(c, item, in)
		if err != nil {
			return nil, h.failed(err)
		}
		w.warnItem(i, draft, item)
		if i := slices.IndexFunc(changes, func(ch alter.Change) bool { return ch.New == c }); i >= 0 {
			changes[i].New = draft
		} else {
			changes = append(changes, alter.Change{Old: c, New: draft})
		}
	}
	// An item that was matched by name keeps the stored id; relations in other items still
	// use the id of the import.
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

// warnItem adds a warning for each unknown key of an item.
func (w *schemaChange) warnItem(i int, draft *schema.Collection, item json.RawMessage) {
	for _, text := range alter.UnknownKeys(draft, item) {
		w.warnings = append(w.warnings, "collections."+fault.Index(i)+"."+text)
	}
}

// mergeItem merges an item over the stored collection, and notes which rules the item has.
func (w *schemaChange) mergeItem(c *schema.Collection, item json.RawMessage, in *Import) (*schema.Collection, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(item, &object); err != nil {
		return nil, err
	}
	delete(object, "id") // the stored id is kept
	body, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	draft, err := alter.DecodeImported(c, body, in.DeleteMissing, in.Convert, w.now())
	if err != nil {
		return nil, err
	}
	w.explicitRules[draft] = map[string]bool{"mfa.rule": object["mfa"] != nil}
	for property := range object {
		w.explicitRules[draft][property] = true
	}
	return draft, nil
}

// relink replaces the old collection ids of relations by the new ids.
func relink(c *schema.Collection, ids map[string]string) {
	for _, f := range c.Fields {
		if k, ok := f.Kind.(*schema.Relation); ok && ids[k.CollectionID] != "" {
			k.CollectionID = ids[k.CollectionID]
		}
	}
}

// orphans returns a fault if the import deletes a collection to which an unchanged collection
// refers. References of changed collections are checked by their validation.
func (w *schemaChange) orphans(changes []alter.Change) error {
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
